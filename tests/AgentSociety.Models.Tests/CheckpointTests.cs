using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using CsCheck;
using Xunit.Abstractions;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class CheckpointTests(ITestOutputHelper output) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("checkpoint-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_saved_model_loads_with_the_same_bits_and_the_same_adapters()
    {
        using LanguageModel model = Torch.Model(Torch.Small with { TiedHead = false });
        model.AddAdapter("solver", new LoraSettings { Rank = 2, Alpha = 3, RankStabilised = true, Targets = ["q_proj", "down_proj"] }, 9);
        model.Save(_folder);
        using LanguageModel again = LanguageModel.Load(_folder);
        Assert.Equal(model.Decoder.Config, again.Decoder.Config with { Architectures = model.Decoder.Config.Architectures, Others = model.Decoder.Config.Others });
        Assert.Equal(Bytes(model.Decoder.Parameters), Bytes(again.Decoder.Parameters));
        Assert.Equal(Bytes(model.Adapters["solver"].Parameters), Bytes(again.Adapters["solver"].Parameters));
        Assert.Equal(model.Adapters["solver"].Scale, again.Adapters["solver"].Scale);
        Assert.Equal(model.Tokenizer.Encode("abc=1\n"), again.Tokenizer.Encode("abc=1\n"));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*.tmp", SearchOption.AllDirectories));
    }

    [Fact]
    public void A_model_made_here_says_which_token_ends_a_text_where_other_tools_look_and_decodes_as_before()
    {
        string file = Path.Combine(_folder, "config.json");
        using LanguageModel model = Torch.Model();
        model.Save(_folder);
        JsonObject written = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        Assert.Equal(model.Tokenizer.EndOfText, written["eos_token_id"]!.GetValue<int>());
        Assert.True(written.TryGetPropertyValue("bos_token_id", out JsonNode? begin));
        Assert.Null(begin);
        // The file's mere presence would mean greedy decoding.
        Assert.False(File.Exists(Path.Combine(_folder, GenerationConfig.FileName)));
        Read();
        // As models were saved before.
        written.Remove("eos_token_id");
        written.Remove("bos_token_id");
        File.WriteAllText(file, written.ToJsonString());
        Read();

        void Read()
        {
            using LanguageModel again = LanguageModel.Load(_folder);
            Assert.Equal(model.EndTokens, again.EndTokens);
            Assert.Equal((model.Generation.Sampling, null, null), (again.Generation.Sampling, again.Generation.Source, again.Tokenizer.BeginningOfText));
        }
    }

    [Theory]
    [InlineData("""{"eos_token_id":[3,5],"bos_token_id":4}""", null, "[3,5]", "4")]
    [InlineData("{}", """{"eos_token_id":3}""", null, null)]
    public void Ids_that_a_models_files_give_already_are_written_as_they_were(string config, string? generation, string? end, string? begin)
    {
        string file = Path.Combine(_folder, "config.json"), copy = Path.Combine(_folder, "copy");
        using (LanguageModel made = Torch.Model()) made.Save(_folder);
        JsonObject written = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        foreach (string key in (string[])["eos_token_id", "bos_token_id"])
        {
            written.Remove(key);
            if (JsonNode.Parse(config)![key] is { } id) written[key] = id.DeepClone();
        }

        File.WriteAllText(file, written.ToJsonString());
        if (generation is not null) File.WriteAllText(Path.Combine(_folder, GenerationConfig.FileName), generation);
        using LanguageModel model = LanguageModel.Load(_folder);
        model.Save(copy);
        JsonNode again = JsonNode.Parse(File.ReadAllText(Path.Combine(copy, "config.json")))!;
        Assert.Equal((end, begin), (again["eos_token_id"]?.ToJsonString(), again["bos_token_id"]?.ToJsonString()));
    }

    [Fact]
    public void What_another_model_left_in_the_folder_goes()
    {
        ArchitectureSettings shape = new() { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32 };
        using (LanguageModel made = LanguageModel.Create(shape, BytePairTrainer.Train(["the cat sat on the mat"], 270), 1)) made.Save(_folder);
        File.WriteAllText(Path.Combine(_folder, ChatTemplate.FileName), "{{ messages }}");
        File.WriteAllText(Path.Combine(_folder, GenerationConfig.FileName), "{}");
        using LanguageModel before = LanguageModel.Load(_folder);
        before.AddAdapter("old", new LoraSettings(), 1);
        before.AddAdapter("both", new LoraSettings(), 1);
        before.Save(_folder);
        File.WriteAllText(Path.Combine(_folder, "notes.txt"), "mine");
        using LanguageModel model = Torch.Model();
        model.AddAdapter("both", new LoraSettings(), 1);
        model.Save(_folder);
        using (LanguageModel again = LanguageModel.Load(_folder))
        {
            Assert.Equal(["both"], again.Adapters.Keys);
            Assert.IsType<CharacterTokenizer>(again.Tokenizer);
            Assert.Null(again.Template);
            Assert.Null(again.Generation.Source);
        }

        // And the other way round: a character tokenizer would go before the other.
        before.Save(_folder);
        using (LanguageModel again = LanguageModel.Load(_folder)) Assert.Equal((true, true, 2), (again.Tokenizer is BytePairTokenizer, again.Template is not null, again.Adapters.Count));
        Assert.True(File.Exists(Path.Combine(_folder, "notes.txt")));
    }

    [Fact]
    public void Initial_weights_depend_on_the_seed_only()
    {
        using LanguageModel first = Torch.Model(), same = Torch.Model(), other = Torch.Model(seed: 2);
        Assert.Equal(Bytes(first.Decoder.Parameters), Bytes(same.Decoder.Parameters));
        Assert.NotEqual(Bytes(first.Decoder.Parameters), Bytes(other.Decoder.Parameters));
    }

    [Fact]
    public void Tensors_that_do_not_fit_the_configuration_are_named_with_their_file()
    {
        using LanguageModel model = Torch.Model();
        model.Save(_folder);
        string file = Path.Combine(_folder, "model.safetensors");
        (string Name, Tensor Weight)[] good = [.. model.Decoder.Parameters];
        using Tensor wrong = zeros(3, 3);
        Refused([.. good.Skip(1)], "model.embed_tokens.weight");
        Refused([.. good.Select((entry, index) => index == 4 ? (entry.Name, wrong) : entry)], good[4].Name);
        Refused([.. good, ("model.layers.9.extra", wrong)], "model.layers.9.extra");

        void Refused((string, Tensor)[] entries, string named)
        {
            SafetensorsFile.Write(file, entries);
            string message = Assert.Throws<SocietyException>(() => LanguageModel.Load(_folder)).Message;
            Assert.Contains(file, message, StringComparison.Ordinal);
            Assert.Contains(named, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Half_precision_on_disk_becomes_float32()
    {
        using LanguageModel model = Torch.Model();
        model.Save(_folder);
        foreach (ScalarType type in (ScalarType[])[ScalarType.BFloat16, ScalarType.Float16])
        {
            using var scope = NewDisposeScope();
            SafetensorsFile.Write(Path.Combine(_folder, "model.safetensors"), model.Decoder.Parameters.Select(entry => (entry.Name, entry.Weight.detach().to(type))));
            using LanguageModel again = LanguageModel.Load(_folder);
            foreach (((_, Tensor before), (_, Tensor after)) in model.Decoder.Parameters.Zip(again.Decoder.Parameters))
                Assert.Equal(before.detach().to(type).to(ScalarType.Float32).contiguous().bytes.ToArray(), after.detach().contiguous().bytes.ToArray());
        }
    }

    /// <summary>2,000 files, each damaged in one to four places (header text, lengths, offsets, ends): every one is read or refused by name.</summary>
    [Fact]
    public void A_damaged_file_is_refused_by_name_and_never_crashes()
    {
        string file = Path.Combine(_folder, "damaged.safetensors");
        using (Tensor a = ones(2, 3), b = arange(5))
            SafetensorsFile.Write(file, [("a", a), ("b", b)]);
        byte[] good = File.ReadAllBytes(file);
        int refused = 0;
        Gen.Select(Gen.Int[0, good.Length - 1], Gen.Byte, Gen.Int[0, 5]).Array[1, 4].Sample(changes =>
        {
            byte[] bytes = [.. good];
            foreach ((int place, byte value, int kind) in changes)
            {
                if (kind == 0) bytes = bytes[..Math.Min(place, bytes.Length)];
                else if (kind == 1) bytes = [.. bytes, value];
                else if (kind == 2 && bytes.Length >= 8) BinaryPrimitives.WriteInt64LittleEndian(bytes, (long)value << (place % 60));
                else if (place < bytes.Length) bytes[place] = kind == 3 ? (byte)"0123456789-,[]{}\""[value % 17] : value;
            }

            string damaged = Path.Combine(_folder, $"{Guid.NewGuid():n}.safetensors");
            File.WriteAllBytes(damaged, bytes);
            try
            {
                foreach (Tensor tensor in SafetensorsFile.Read(damaged).Values) tensor.Dispose();
            }
            catch (SocietyException failure)
            {
                Interlocked.Increment(ref refused);
                if (!failure.Message.Contains(damaged, StringComparison.Ordinal)) throw new InvalidOperationException($"the message does not name the file: {failure.Message}");
            }

            File.Delete(damaged);
        }, iter: 2000, threads: 1);
        output.WriteLine($"safetensors: 2000 damaged files, {refused} refused");
        Assert.InRange(refused, 500, 2000);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,16]}}", "tensor a" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[-1,-4],\"data_offsets\":[0,16]}}", "tensor a" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"b\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[8,24]}}", "tensor b" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}", "tensor a" },
        { "{\"a\":{\"dtype\":\"Q4\",\"shape\":[4],\"data_offsets\":[0,16]}}", "Q4" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]}}", "truncated" },
        { "{\"a\":7}", "tensor a" },
        { "{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]}}", "surrogate" },
        { "{\"a\":{\"dtype\":\"F32\",\"shape\":[0,4611686018427387904,4611686018427387904],\"data_offsets\":[0,0]},\"b\":{\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]}}", "tensor a" },
        { "[]", "JSON" },
        { "{\"a\"", "JSON" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void A_hostile_header_is_refused_by_name(string header, string named)
    {
        string file = Path.Combine(_folder, "hostile.safetensors");
        byte[] text = Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(file, [.. length, .. text, .. new byte[24]]);
        string message = Assert.Throws<SocietyException>(() => SafetensorsFile.Read(file)).Message;
        Assert.Contains(named, message, StringComparison.Ordinal);
        Assert.Contains(file, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model_type", "\"mamba\"", "mamba")]
    [InlineData("hidden_size", "50", "50")]
    [InlineData("vocab_size", "7", "vocabulary of 7")]
    [InlineData("vocab_size", "30", "tokens")]
    [InlineData("num_hidden_layers", "0", "less than 1")]
    [InlineData("hidden_size", "\"wide\"", "config.json")]
    [InlineData("rope_scaling", "{\"rope_type\":\"llama3\"}", "rope_scaling")]
    [InlineData("rms_norm_eps", "0", "rms_norm_eps is 0")]
    [InlineData("rms_norm_eps", "1.5", "rms_norm_eps is 1.5")]
    [InlineData("rms_norm_eps", "1e999", "rms_norm_eps")]
    [InlineData("rms_norm_eps", "1e-60", "rms_norm_eps")]
    [InlineData("rope_theta", "0.5", "rope_theta is 0.5")]
    [InlineData("rope_theta", "1e39", "rope_theta")]
    [InlineData("rope_parameters", "{\"rope_theta\":1e39}", "rope_theta")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"factor\":1e39}", "factor 1E+39")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"factor\":1e-39}", "factor 1E-39")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"factor\":-2}", "factor -2")]
    [InlineData("rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":1e39,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":32}", "factor 1E+39")]
    [InlineData("rope_scaling", "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":1e39,\"original_max_position_embeddings\":32}", "rope_scaling")]
    [InlineData("attention_bias", "true", "q_proj.bias")]
    [InlineData("hidden_act", "\"gelu\"", "gelu")]
    [InlineData("head_dim", "32", "q_proj.weight")]
    [InlineData("rope_scaling", "{\"rope_type\":\"yarn\",\"factor\":4}", "yarn")]
    [InlineData("quantization_config", "{\"quant_method\":\"gptq\"}", "quantization_config")]
    [InlineData("max_position_embeddings", "2000000000", "positions")]
    [InlineData("rope_parameters", "{\"rope_type\":7}", "config.json")]
    [InlineData("mlp_bias", "true", "mlp_bias")]
    [InlineData("rope_parameters", "{\"rope_theta\":10000,\"partial_rotary_factor\":0.5}", "partial_rotary_factor")]
    [InlineData("rope_parameters", "{\"full_attention\":{\"rope_theta\":10000},\"sliding_attention\":{\"rope_theta\":1000}}", "full_attention")]
    [InlineData("rope_parameters", "{\"rope_type\":\"linear\",\"factor\":2,\"mrope_section\":[1,2]}", "mrope_section")]
    [InlineData("rope_parameters", "7", "config.json")]
    [InlineData("rope_scaling", "{\"rope_type\":\"linear\",\"factor\":2,\"partial_rotary_factor\":0.25}", "partial_rotary_factor")]
    public void A_configuration_that_contradicts_itself_or_the_files_beside_it_is_refused(string key, string value, string named)
    {
        using LanguageModel model = Torch.Model();
        model.Save(_folder);
        string file = Path.Combine(_folder, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(file, config.ToJsonString());
        Assert.Contains(named, Assert.Throws<SocietyException>(() => LanguageModel.Load(_folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"rope_theta\":5000,\"partial_rotary_factor\":1.0,\"attention_factor\":null}", 5000, null)]
    [InlineData("{\"rope_theta\":5000,\"rope_type\":\"linear\",\"factor\":2}", 5000, "linear")]
    [InlineData("null", 10000, null)]
    public void Rotary_parameters_that_change_nothing_beyond_what_is_built_are_taken(string value, double theta, string? rule)
    {
        using LanguageModel model = Torch.Model();
        model.Save(_folder);
        Configure("rope_parameters", value);
        using LanguageModel read = LanguageModel.Load(_folder);
        Assert.Equal((theta, rule), (read.Decoder.Config.RopeTheta, read.Decoder.Config.RopeScaling?.Rule));
        Configure("rope_parameters", null);
        if (rule is null) return;
        Configure("rope_scaling", value);
        Assert.Equal(theta, DecoderConfig.Load(_folder).RopeTheta);
    }

    [Theory]
    [InlineData("mistral", "null", null)]
    [InlineData("mistral", null, 4096)]
    [InlineData("mistral", "64", 64)]
    [InlineData("llama", null, null)]
    public void A_window_that_is_not_there_is_the_familys_and_one_that_is_null_is_none(string family, string? window, int? seen)
    {
        using LanguageModel model = LanguageModel.Create(DecoderConfig.From(Torch.Small, Torch.Alphabet.Length + 1) with { ModelType = family }, new CharacterTokenizer(Torch.Alphabet), 1);
        model.Save(_folder);
        Configure("sliding_window", window);
        Assert.Equal(seen, DecoderConfig.Load(_folder).Window);
        // And again where it is written back.
        using (LanguageModel read = LanguageModel.Load(_folder)) read.Save(_folder);
        Assert.Equal(seen, DecoderConfig.Load(_folder).Window);
    }

    /// <summary>Writes a key of the configuration; null takes it away.</summary>
    private void Configure(string key, string? value)
    {
        string file = Path.Combine(_folder, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config.Remove(key);
        if (value is not null) config[key] = JsonNode.Parse(value);
        File.WriteAllText(file, config.ToJsonString());
    }

    [Theory]
    [InlineData("\"layer_types\":[\"\\ud800\"]")]
    [InlineData("\"dtype\":\"\\ud800\"")]
    public void A_configuration_with_half_of_a_surrogate_pair_is_refused_with_its_file(string entry)
    {
        using LanguageModel model = Torch.Model();
        model.Save(_folder);
        string file = Path.Combine(_folder, "config.json");
        File.WriteAllText(file, "{" + entry + "," + File.ReadAllText(file).TrimStart()[1..]);
        Assert.Contains(file, Assert.Throws<SocietyException>(() => LanguageModel.Load(_folder)).Message, StringComparison.Ordinal);
    }

    /// <summary>1,000 configurations, each with one to three values or characters that are not the model's: every one is loaded or refused by name.</summary>
    [Fact]
    public void A_damaged_configuration_is_refused_by_name_and_never_crashes()
    {
        using LanguageModel model = Torch.Model(Torch.Small with { Width = 16, Layers = 1, FeedForward = 16 });
        model.Save(_folder);
        string file = Path.Combine(_folder, "config.json"), good = File.ReadAllText(file);
        string[] keys = [.. JsonNode.Parse(good)!.AsObject().Select(pair => pair.Key), "rope_scaling", "rope_parameters", "sliding_window", "head_dim", "attention_bias", "layer_types", "eos_token_id"];
        string[] values = ["0", "-1", "1", "2", "3", "16", "2147483647", "9e99", "1.5", "true", "null", "\"\"", "\"qwen3\"", "\"mistral\"", "\"llama\"", "[]", "[1]", "{}", "{\"rope_type\":\"linear\",\"factor\":0}", "{\"a\":[[[]]]}"];
        int refused = 0;
        Gen.Select(Gen.Int[0, keys.Length - 1], Gen.Int[0, values.Length - 1], Gen.Int[0, good.Length - 1], Gen.Int[0, 9]).Array[1, 3].Sample(changes =>
        {
            string text = good;
            foreach ((int key, int value, int place, int kind) in changes)
            {
                if (kind == 0) text = text[..Math.Min(place, text.Length)] + values[value] + text[Math.Min(place + 1, text.Length)..];
                else if (kind == 1) text = text[..Math.Min(place, text.Length)];
                else if (Parsed(text) is { } config)
                {
                    config[keys[key]] = JsonNode.Parse(values[value]);
                    text = config.ToJsonString();
                }
            }

            File.WriteAllText(file, text);
            try
            {
                LanguageModel.Load(_folder).Dispose();
            }
            catch (SocietyException failure)
            {
                refused++;
                if (!failure.Message.Contains(_folder, StringComparison.Ordinal)) throw new InvalidOperationException($"the message does not name the file: {failure.Message}\n{text}");
            }
        }, iter: 1000, threads: 1);
        output.WriteLine($"config.json: 1000 damaged files, {refused} refused");
        Assert.InRange(refused, 500, 1000);

        static JsonObject? Parsed(string text)
        {
            try
            {
                return JsonNode.Parse(text) as JsonObject;
            }
            catch (System.Text.Json.JsonException)
            {
                return null;
            }
        }
    }

    [Fact]
    public void A_merged_adapter_gives_the_logits_of_base_and_adapter()
    {
        using LanguageModel model = Torch.Loud();
        Adapter adapter = model.AddAdapter("a", new LoraSettings(), 4);
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        KeyedRandom random = KeyedRandom.For(1, "b");
        foreach ((string name, Tensor weight) in adapter.Parameters)
        {
            if (name.Contains("lora_B")) weight.copy_(tensor(Enumerable.Range(0, (int)weight.numel()).Select(_ => (float)random.NextGaussian() * 0.1f).ToArray(), weight.shape));
        }

        Tensor tokens = randint(0, 22, [2, 20], dtype: int64), positions = arange(20).expand(2, 20);
        Tensor expected = model.Decoder.Forward(tokens, positions, adapter);
        long version = model.WeightsVersion;
        model.Merge("a");
        Assert.Empty(model.Adapters);
        Assert.NotEqual(version, model.WeightsVersion);
        Assert.True(allclose(expected, model.Decoder.Forward(tokens, positions), rtol: 1e-3, atol: 1e-3));
    }

    private static byte[] Bytes(IEnumerable<(string Name, Tensor Weight)> parameters) =>
        [.. parameters.SelectMany(parameter => parameter.Weight.detach().contiguous().bytes.ToArray())];
}
