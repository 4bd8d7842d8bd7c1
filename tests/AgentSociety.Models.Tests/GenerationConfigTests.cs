using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Models.Tests;

[Collection("Torch")]
public sealed class GenerationConfigTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("generation-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("""{"eos_token_id":[3,5],"do_sample":true,"temperature":0.6,"top_k":20,"top_p":0.95,"min_p":0.1,"repetition_penalty":1.1}""", "3,5", 0.6, 20, 0.95, 0.1, 1.1)]
    [InlineData("""{"eos_token_id":7,"do_sample":true}""", "7", 1, 50, 1, 0, 1)]
    [InlineData("""{"temperature":0.6,"top_p":0.5}""", "", 0, 0, 1, 0, 1)]
    [InlineData("{}", "", 0, 0, 1, 0, 1)]
    public void What_the_publisher_advises_is_read_as_hugging_face_reads_it(string text, string ends, double temperature, int topK, double topP, double minP, double penalty)
    {
        GenerationConfig config = Load(text);
        Assert.Equal(ends, string.Join(',', config.EndTokens));
        Assert.Equal(new SamplingSettings { Temperature = temperature, TopK = topK, TopP = topP, MinP = minP, RepetitionPenalty = penalty }, config.Sampling);
    }

    [Fact]
    public void A_model_without_the_file_draws_from_the_plain_distribution() => Assert.Equal(new SamplingSettings(), GenerationConfig.Load(_folder, Config).Sampling);

    [Fact]
    public void The_file_is_written_as_it_was_read()
    {
        const string Text = """{ "eos_token_id": 3, "transformers_version": "4.1" }""";
        GenerationConfig config = Load(Text);
        string other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        config.Save(other);
        Assert.Equal(Text, File.ReadAllText(Path.Combine(other, GenerationConfig.FileName)));
    }

    [Theory]
    [InlineData("""{"eos_token_id":1,"eos_token_id":2}""", "eos_token_id")]
    [InlineData("""{"eos_token_id":99}""", "99")]
    [InlineData("""{"eos_token_id":"end"}""", "cannot be read")]
    [InlineData("""{"do_sample":true,"temperature":-1}""", "temperature")]
    [InlineData("""{"do_sample":true,"top_k":-2}""", "top_k")]
    [InlineData("""{"do_sample":true,"top_p":1.5}""", "top_p")]
    [InlineData("""{"do_sample":true,"min_p":-0.1}""", "min_p")]
    [InlineData("""{"repetition_penalty":0}""", "repetition_penalty")]
    [InlineData("[]", "cannot be read")]
    [InlineData("{", "cannot be read")]
    public void Settings_that_nothing_can_be_drawn_by_are_refused_with_their_file(string text, string named)
    {
        string message = Assert.Throws<SocietyException>(() => Load(text)).Message;
        Assert.Contains(Path.Combine(_folder, GenerationConfig.FileName), message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("99", "99")]
    [InlineData("[1,99]", "99")]
    [InlineData("\"end\"", "cannot be read")]
    [InlineData("{}", "cannot be read")]
    public void A_wrong_end_token_is_refused_with_the_file_that_it_came_from(string value, string named)
    {
        DecoderConfig config = Config with { Others = new Dictionary<string, JsonElement> { ["eos_token_id"] = JsonDocument.Parse(value).RootElement } };
        File.WriteAllText(Path.Combine(_folder, GenerationConfig.FileName), "{}");
        string message = Assert.Throws<SocietyException>(() => GenerationConfig.Load(_folder, config)).Message;
        Assert.Contains(Path.Combine(_folder, DecoderConfig.FileName), message, StringComparison.Ordinal);
        Assert.DoesNotContain(GenerationConfig.FileName, message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    private static DecoderConfig Config => DecoderConfig.From(Torch.Small, 24);

    private GenerationConfig Load(string text)
    {
        File.WriteAllText(Path.Combine(_folder, GenerationConfig.FileName), text);
        return GenerationConfig.Load(_folder, Config);
    }
}
