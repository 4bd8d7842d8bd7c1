using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Learning.Tests;

[Collection("Torch")]
public sealed class ChatLogTests : IDisposable
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz<>|:. ";
    private readonly string _folder = Directory.CreateTempSubdirectory("chats-").FullName;
    private readonly LanguageModel _model = Model();

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [Theory]
    [InlineData("""{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "ab"}, {"role": "tool", "content": "t"}, {"role": "assistant", "content": "c"}]}""")]
    [InlineData("""{"conversations": [{"from": "system", "value": "s"}, {"from": "human", "value": "hi"}, {"from": "gpt", "value": "ab"}, {"from": "observation", "value": "t"}, {"from": "gpt", "value": "c"}], "source": "elsewhere"}""")]
    [InlineData("""{"messages": [{"role": "developer", "content": "s"}, {"role": "user", "content": [{"type": "text", "text": "h"}, {"type": "text", "text": "i"}]}, {"role": "assistant", "content": "ab"}, {"role": "tool", "content": "t"}, {"role": "assistant", "content": "c"}], "id": 7}""")]
    public void What_the_assistant_wrote_is_learned_and_nothing_else(string line)
    {
        TrainingSequence text = Assert.Single(Read(line, ""));
        Assert.Equal("shiabtc", Decoded(text, learned: null));
        Assert.Equal("abc", Decoded(text, learned: true));
        Assert.Equal((_model.Tokenizer.EndOfText, true), (text.Tokens[^1], text.Mask[^1]));
    }

    [Fact]
    public void A_chat_is_laid_out_by_the_models_template_where_it_has_one()
    {
        string folder = Path.Combine(_folder, "model");
        _model.Save(folder);
        File.WriteAllText(Path.Combine(folder, ChatTemplate.FileName), "{% for m in messages %}<{{ m.role }}>{% if m.role == 'assistant' %}{% generation %}{{ m.content }}|{% endgeneration %}{% else %}{{ m.content }}|{% endif %}{% endfor %}");
        using LanguageModel model = LanguageModel.Load(folder);
        TrainingSequence text = Assert.Single(ChatLog.Read([Write("""{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ab"}, {"role": "user", "content": "x"}, {"role": "assistant", "content": "c"}]}""")], model));
        Assert.Equal("<user>hi|<assistant>ab|<user>x|<assistant>c|", Decoded(text, learned: null));
        Assert.Equal("ab|c|", Decoded(text, learned: true));
    }

    [Theory]
    [InlineData(ExportFormat.ChatML, true)]
    [InlineData(ExportFormat.ChatML, false)]
    [InlineData(ExportFormat.ShareGpt, true)]
    [InlineData(ExportFormat.ShareGpt, false)]
    public void An_exported_episode_comes_back_token_by_token(ExportFormat format, bool ended)
    {
        Segment[] segments = [new(Source.Prompt, "ask:"), new(Source.Model, "look"), new(Source.Tool, "b"), new(Source.Model, "so")];
        (int[] tokens, bool[] mask) = _model.Text().Encode(segments);
        if (!ended) (tokens, mask) = (tokens[..^1], mask[..^1]);
        EpisodeRecord episode = new()
        {
            Id = "1/solve/0/0",
            Round = 1,
            Agent = "solver-1",
            Role = Role.Solver,
            Attempt = 0,
            Checkpoint = "base",
            Segments = segments,
            Tokens = tokens,
            LossMask = mask,
            LogProbabilities = new float[tokens.Length],
            Outcome = Outcome.Correct,
            Reason = "",
            Sound = true,
            Reward = 1,
        };
        TrainingSequence text = Assert.Single(Read(JsonLines.Line(new LoggedEpisode("run", episode, null), format)));
        Assert.Equal(tokens, text.Tokens);
        Assert.Equal(mask, text.Mask);
    }

    [Theory]
    [InlineData("{", "is no JSON")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "a", "tool_calls": [{"function": {"name": "look", "arguments": "{\"a\":1,\"a\":2}"}}]}]}""", "is no JSON")]
    [InlineData("[]", "is no JSON object")]
    [InlineData("""{"text": "a"}""", "has neither \"messages\" nor \"conversations\"")]
    [InlineData("""{"messages": "a"}""", "its turns are no list")]
    [InlineData("""{"messages": [{"role": "narrator", "content": "a"}]}""", "turn 1 is by 'narrator'")]
    [InlineData("""{"messages": [{"content": "a"}]}""", "turn 1 has no \"role\"")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant"}]}""", "turn 2 has no text in \"content\"")]
    [InlineData("""{"messages": [{"role": "user", "content": [{"type": "image"}]}]}""", "holds something else than text")]
    [InlineData("""{"messages": [{"role": "user", "content": "a"}]}""", "no turn of the assistant")]
    [InlineData("""{"messages": [{"role": "user", "content": "É"}, {"role": "assistant", "content": "a"}]}""", "line 2")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}]}""", "the model's context is 64")]
    [InlineData("""{"messages": [{"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]}]}""", "no chat template")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "a"}], "tokens": [1], "loss_mask": [true, true]}""", "has 1 tokens and a mask of 2")]
    [InlineData("""{"messages": [{"role": "assistant", "content": "a"}], "tokens": ["x"], "loss_mask": [true]}""", "a value of the wrong kind")]
    public void What_is_no_chat_is_refused_by_file_and_line(string line, string says)
    {
        string file = Write("""{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}""", line);
        SocietyException refusal = Assert.Throws<SocietyException>(() => ChatLog.Read([file], _model));
        Assert.StartsWith($"{file}, line 2: ", refusal.Message);
        Assert.Contains(says, refusal.Message);
    }

    [Fact]
    public void A_file_without_chats_or_that_is_not_there_is_refused()
    {
        string empty = Write("", " ");
        Assert.Contains("holds no chat", Assert.Throws<SocietyException>(() => ChatLog.Read([empty], _model)).Message);
        Assert.Contains("cannot be read", Assert.Throws<SocietyException>(() => ChatLog.Read([Path.Combine(_folder, "nowhere.jsonl")], _model)).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Chats_are_learned_until_the_model_says_them(bool packing)
    {
        IReadOnlyList<TrainingSequence> chats = Read("""{"messages": [{"role": "user", "content": "ping"}, {"role": "assistant", "content": "pong"}]}""", """{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "bcdefgh"}]}""");
        FineTuneSettings settings = new() { Method = FineTuneMethod.Imitation, Epochs = 250, LearningRate = 3e-3, WarmupSteps = 2, Packing = packing };
        TrainingProgress reached = new FineTuner(_model, settings, 1).Train(chats);
        Assert.True(reached.Loss < 0.1, $"loss {reached.Loss}");
        Assert.Contains("neither verdicts nor groups", Assert.Throws<SocietyException>(() => new FineTuner(_model, settings with { Method = FineTuneMethod.Dpo }, 1).Train(chats)).Message);
    }

    private static LanguageModel Model() => LanguageModel.Create(
        new ArchitectureSettings { Width = 32, Layers = 2, Heads = 4, KeyValueHeads = 2, FeedForward = 64, Context = 64 }, new CharacterTokenizer(Letters), 1);

    private IReadOnlyList<TrainingSequence> Read(params string[] lines) => ChatLog.Read([Write(lines)], _model);

    private string Write(params string[] lines)
    {
        string file = Path.Combine(_folder, $"{Guid.NewGuid():N}.jsonl");
        File.WriteAllLines(file, lines);
        return file;
    }

    private string Decoded(TrainingSequence text, bool? learned) => _model.Tokenizer.Decode([.. text.Tokens.Where((token, index) => token != _model.Tokenizer.EndOfText && (learned is null || text.Mask[index] == learned))]);
}
