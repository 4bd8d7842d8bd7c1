using System.Text.Json.Nodes;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using static TorchSharp.torch;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class AdapterFileTests : IDisposable
{
    private const string Name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";

    private readonly string _folder = Directory.CreateTempSubdirectory("adapter-").FullName;
    private readonly LanguageModel _model = Torch.Model();

    private string Weights => Path.Combine(_folder, "adapter_model.safetensors");

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("not a number")]
    [InlineData("infinite")]
    [InlineData("whole numbers")]
    public void Weights_that_are_no_numbers_are_refused_with_file_and_tensor(string kind)
    {
        Write();
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> tensors = SafetensorsFile.Read(Weights);
        if (kind == "whole numbers") tensors[Name] = tensors[Name].to(ScalarType.Int64);
        else tensors[Name][0, 3] = kind == "infinite" ? float.PositiveInfinity : float.NaN;
        SafetensorsFile.Write(Weights, tensors.Select(tensor => (tensor.Key, tensor.Value)));
        string message = Assert.Throws<SocietyException>(() => _model.LoadAdapter("a", _folder)).Message;
        Assert.Contains(Weights, message, StringComparison.Ordinal);
        Assert.Contains(Name, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("peft_type", "\"IA3\"", "IA3")]
    [InlineData("r", "0", "r 0")]
    [InlineData("bias", "\"all\"", "bias")]
    [InlineData("fan_in_fan_out", "true", "fan_in_fan_out")]
    [InlineData("use_dora", "true", "use_dora")]
    [InlineData("modules_to_save", "[\"lm_head\"]", "modules_to_save")]
    [InlineData("rank_pattern", "{\"q_proj\":4}", "rank_pattern")]
    [InlineData("alpha_pattern", "{\"q_proj\":4}", "alpha_pattern")]
    [InlineData("alora_invocation_tokens", "[1,2]", "alora_invocation_tokens")]
    [InlineData("init_lora_weights", "\"pissa\"", "init_lora_weights \"pissa\"")]
    [InlineData("init_lora_weights", "\"pissa_niter_16\"", "path_initial_model_for_weight_conversion")]
    [InlineData("init_lora_weights", "\"olora\"", "olora")]
    [InlineData("init_lora_weights", "\"corda\"", "corda")]
    [InlineData("init_lora_weights", "\"loftq\"", "loftq")]
    [InlineData("lora_alpha", "1e39", "lora_alpha 1E+39")]
    [InlineData("lora_alpha", "-1e999", "lora_alpha")]
    [InlineData("target_modules", "[\"q_proj\",\"gate_proj\"]", "gate_proj")]
    [InlineData("r", "\"two\"", "cannot be read")]
    public void A_configuration_that_asks_for_more_than_plain_low_rank_updates_is_refused_by_name(string key, string value, string named)
    {
        Write();
        string file = Path.Combine(_folder, "adapter_config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        config[key] = JsonNode.Parse(value);
        File.WriteAllText(file, config.ToJsonString());
        string message = Assert.Throws<SocietyException>(() => _model.LoadAdapter("a", _folder)).Message;
        Assert.Contains(_folder, message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    [InlineData("null")]
    [InlineData("\"gaussian\"")]
    [InlineData("\"eva\"")]
    [InlineData("\"orthogonal\"")]
    public void An_adapter_whose_beginning_left_the_weights_beside_it_alone_is_read(string start)
    {
        Write();
        Configure(config =>
        {
            config["init_lora_weights"] = JsonNode.Parse(start);
            config["alora_invocation_tokens"] = null;
        });
        Assert.Equal(2, _model.LoadAdapter("a", _folder).Settings.Rank);
    }

    [Fact]
    public void An_adapter_that_would_make_the_weights_infinite_is_not_merged_and_changes_nothing()
    {
        Adapter adapter = _model.AddAdapter("huge", new LoraSettings { Rank = 2, Targets = ["q_proj", "v_proj"] }, 1);
        using (no_grad())
        {
            foreach ((string name, Tensor weight) in adapter.Parameters)
            {
                // Each factor can be written down, their product cannot; the first matrix alone would take its update.
                if (name.Contains("layers.1.self_attn.v_proj", StringComparison.Ordinal)) weight.fill_(3e38f);
                else if (name.EndsWith("lora_B.weight", StringComparison.Ordinal)) weight.fill_(1);
            }
        }

        float[] before = Values();
        string message = Assert.Throws<SocietyException>(() => _model.Merge("huge")).Message;
        Assert.Contains("'huge'", message, StringComparison.Ordinal);
        Assert.Contains("model.layers.1.self_attn.v_proj.weight", message, StringComparison.Ordinal);
        Assert.Equal(before, Values());
        Assert.Same(adapter, _model.Adapters["huge"]);

        float[] Values() => [.. _model.Decoder.Parameters.SelectMany(parameter =>
        {
            using Tensor detached = parameter.Weight.detach(), plain = detached.contiguous();
            return plain.data<float>().ToArray();
        })];
    }

    [Fact]
    public void Tensors_that_do_not_fit_the_model_are_refused_by_name()
    {
        Write();
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> good = SafetensorsFile.Read(Weights);
        Refused(good.Where(tensor => tensor.Key != Name), Name);
        Refused(good.Append(KeyValuePair.Create("base_model.model.model.layers.7.self_attn.q_proj.lora_A.weight", good[Name])), "layers.7");
        Refused(good.Select(tensor => tensor.Key == Name ? KeyValuePair.Create(Name, zeros(2, 5)) : tensor), "[2, 5]");

        void Refused(IEnumerable<KeyValuePair<string, Tensor>> tensors, string named)
        {
            SafetensorsFile.Write(Weights, [.. tensors.Select(tensor => (tensor.Key, tensor.Value))]);
            string message = Assert.Throws<SocietyException>(() => _model.LoadAdapter("a", _folder)).Message;
            Assert.Contains(Weights, message, StringComparison.Ordinal);
            Assert.Contains(named, message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("[\"q_proj\",\"v_proj\"]", null, false)]
    [InlineData("[\"q_proj\",\"v_proj\"]", "[0]", true)]
    [InlineData("[\"q_proj\",\"v_proj\"]", "0", true)]
    [InlineData("[\"q_proj\",\"v_proj\"]", "[0,1]", false)]
    [InlineData("[\"layers.0.self_attn.q_proj\",\"model.layers.0.self_attn.v_proj\"]", null, true)]
    [InlineData("\".*layers\\\\.0\\\\..*\\\\.[qv]_proj\"", null, true)]
    [InlineData("\".*[qv]_proj\"", null, false)]
    [InlineData("\"(?!a).*[qv]_proj\"", null, false)]
    public void An_adapter_of_some_layers_is_one_only_where_its_configuration_says_so(string targets, string? layers, bool whole)
    {
        Write();
        using var scope = NewDisposeScope();
        SafetensorsFile.Write(Weights, [.. SafetensorsFile.Read(Weights).Where(tensor => tensor.Key.Contains("layers.0.", StringComparison.Ordinal)).Select(tensor => (tensor.Key, tensor.Value))]);
        Configure(config =>
        {
            config["target_modules"] = JsonNode.Parse(targets);
            if (layers is not null) config["layers_to_transform"] = JsonNode.Parse(layers);
        });
        if (!whole)
        {
            Assert.Contains("model.layers.1.self_attn.q_proj.lora_A.weight is missing", Assert.Throws<SocietyException>(() => _model.LoadAdapter("a", _folder)).Message, StringComparison.Ordinal);
            return;
        }

        // What is written again says so too.
        string again = Path.Combine(_folder, "again");
        _model.LoadAdapter("a", _folder).Save(again);
        Assert.Equal(4, _model.LoadAdapter("b", again).Parameters.Count());
    }

    [Theory]
    [InlineData("target_modules", "[\"\\ud800\"]")]
    [InlineData("target_modules", "\"\\ud800\"")]
    [InlineData("layers_to_transform", "[0.5]")]
    [InlineData("peft_type", "\"\\ud800\"")]
    [InlineData("init_lora_weights", "\"\\ud800\"")]
    public void A_configuration_that_holds_no_text_where_one_is_meant_is_refused_by_file(string key, string value)
    {
        Write();
        string file = Path.Combine(_folder, "adapter_config.json");
        Configure(config => config[key] = "HERE");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"HERE\"", value, StringComparison.Ordinal));
        Assert.Contains(file, Assert.Throws<SocietyException>(() => _model.LoadAdapter("a", _folder)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("base")]
    [InlineData("")]
    public void An_adapter_cannot_bear_a_name_that_means_the_shared_weights(string name)
    {
        Write();
        Assert.Contains("another name", Assert.Throws<SocietyException>(() => _model.LoadAdapter(name, _folder)).Message, StringComparison.Ordinal);
        Assert.Throws<SocietyException>(() => _model.AddAdapter(name, new LoraSettings(), 1));
        if (name.Length == 0) return;
        string model = Path.Combine(_folder, "model");
        _model.Save(model);
        Directory.CreateDirectory(Path.Combine(model, "adapters"));
        Directory.CreateDirectory(Path.Combine(model, "adapters", name));
        foreach (string file in Directory.GetFiles(_folder)) File.Copy(file, Path.Combine(model, "adapters", name, Path.GetFileName(file)));
        Assert.Contains(Path.Combine("adapters", name), Assert.Throws<SocietyException>(() => LanguageModel.Load(model)).Message, StringComparison.Ordinal);
    }

    private void Configure(Action<JsonObject> change)
    {
        string file = Path.Combine(_folder, "adapter_config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(config);
        File.WriteAllText(file, config.ToJsonString());
    }

    [Fact]
    public void An_adapter_whose_weights_became_no_numbers_fails_its_own_requests_by_name_and_no_others()
    {
        Adapter adapter = _model.AddAdapter("broken", new LoraSettings(), 1);
        using (no_grad())
        {
            foreach ((_, Tensor weight) in adapter.Parameters) weight.fill_(float.NaN);
        }

        _model.WeightsChanged();
        using DecodingEngine engine = new(_model);
        GenerationRequest request = new() { Id = "whole", Prompt = [1, 2], MaximumTokens = 5, MinimumTokens = 5 };
        foreach (double temperature in (double[])[0, 1])
        {
            SamplingSettings sampling = new() { Temperature = temperature };
            Dictionary<string, Generation> done = Torch.Decode(engine, request with { Sampling = sampling }, request with { Id = "fails", Adapter = "broken", Sampling = sampling });
            Assert.Equal((FinishReason.MaximumTokens, 7), (done["whole"].FinishReason, done["whole"].Tokens.Length));
            Assert.Equal((FinishReason.NotFinite, 2), (done["fails"].FinishReason, done["fails"].Tokens.Length));
            Assert.Contains("'broken'", done["fails"].Failure, StringComparison.Ordinal);
        }
    }

    private void Write()
    {
        using LanguageModel other = Torch.Model();
        other.AddAdapter("a", new LoraSettings { Rank = 2, Targets = ["q_proj", "v_proj"] }, 1).Save(_folder);
    }
}
