using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Models;
using CsCheck;

namespace AgentSociety.Web.Tests;

/// <summary>Each token's log-probability stands at its text, whatever the tokens are.</summary>
public sealed class TranscriptTests
{
    private static readonly BytePairTokenizer Pairs = BytePairTrainer.Train(Enumerable.Repeat("the answer is 42, the question is why; naïve café 👍🏽 the end", 20), 320);

    [Fact]
    public void Byte_pairs_are_coloured_whole_and_nothing_of_the_text_is_lost()
    {
        string[] pieces = ["the answer", " is 42", "👍🏽", "é", "日本語", "\n", " "];
        Gen<string> text = Gen.OneOf(Gen.Int[0, pieces.Length - 1].Select(piece => pieces[piece]), Gen.String[Gen.Char.AlphaNumeric, 1, 6]).Array[1, 8].Select(string.Concat);
        Gen.Select(text, text, text, text).Sample((prompt, first, reply, second) =>
        {
            EpisodeRecord episode = Episode(Pairs, new(Source.Prompt, prompt), new(Source.Model, first), new(Source.Tool, reply), new(Source.Model, second));
            (IReadOnlyList<TranscriptTurn> turns, bool aligned) = Transcript.Of(episode, Pairs);
            Assert.True(aligned);
            Assert.Equal(episode.Segments, turns.Select(turn => new Segment(turn.Source, string.Concat(turn.Tokens.Select(token => token.Text)))));
            Assert.All(turns.Where(turn => turn.Source != Source.Model).SelectMany(turn => turn.Tokens), token => Assert.Null(token.LogProbability));
            // A character of several tokens is as likely as all of them together.
            Assert.Equal(episode.LogProbabilities.Sum(), turns.SelectMany(turn => turn.Tokens).Sum(token => token.LogProbability ?? 0), 3);
            Assert.Equal("", turns[^1].Tokens[^1].Text);
        });
    }

    [Fact]
    public void A_common_word_is_one_token()
    {
        (IReadOnlyList<TranscriptTurn> turns, bool _) = Transcript.Of(Episode(Pairs, new(Source.Prompt, "the"), new(Source.Model, " answer is 42")), Pairs);
        Assert.Contains(" answer", turns[1].Tokens.Select(token => token.Text));
    }

    [Fact]
    public void Characters_need_no_tokenizer_and_a_foreign_one_is_not_believed()
    {
        Segment[] segments = [new(Source.Prompt, "b4="), new(Source.Model, "b4?"), new(Source.Tool, "2"), new(Source.Model, "#2")];
        EpisodeRecord episode = Episode(new CharacterTokenizer("b4=?#2"), segments);
        foreach (ITokenizer? known in (ITokenizer?[])[null, new CharacterTokenizer("b4=?#2"), Pairs])
        {
            (IReadOnlyList<TranscriptTurn> turns, bool aligned) = Transcript.Of(episode, known);
            Assert.True(aligned);
            Assert.Equal(["b", "4", "?"], turns[1].Tokens.Select(token => token.Text));
            Assert.Equal(["#", "2", ""], turns[3].Tokens.Select(token => token.Text));
        }

        (IReadOnlyList<TranscriptTurn> plain, bool told) = Transcript.Of(Episode(Pairs, new(Source.Prompt, "the"), new(Source.Model, " answer is 42")));
        Assert.False(told);
        Assert.Equal(" answer is 42", Assert.Single(plain[1].Tokens).Text);
    }

    [Fact]
    public void An_agent_at_an_endpoint_has_text_and_no_tokens()
    {
        EpisodeRecord episode = Episode(Pairs, new(Source.Prompt, "the"), new(Source.Model, " answer")) with { Tokens = [], LogProbabilities = [], LossMask = [] };
        Assert.False(Transcript.Of(episode, Pairs).Aligned);
    }

    private static EpisodeRecord Episode(ITokenizer tokenizer, params Segment[] segments)
    {
        (int Token, bool Mine)[] tokens = [.. segments.SelectMany((segment, place) => (place == 0 ? tokenizer.Encode(segment.Text) : tokenizer.EncodeContinuation(segment.Text)).Select(token => (token, segment.Source == Source.Model))), (tokenizer.EndOfText, true)];
        return new EpisodeRecord
        {
            Id = "1/solve/0/0",
            Round = 1,
            Agent = "solver-1",
            Role = Role.Solver,
            Attempt = 0,
            Checkpoint = "round-0",
            Segments = segments,
            Tokens = [.. tokens.Select(token => token.Token)],
            LogProbabilities = [.. tokens.Select((token, place) => token.Mine ? -0.25f * (1 + (place % 7)) : 0)],
            LossMask = [.. tokens.Select(token => token.Mine)],
            Outcome = Outcome.Correct,
            Reason = "",
            Sound = true,
            Reward = 1,
        };
    }
}
