using System.Text;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Models;

namespace AgentSociety.Web;

/// <summary>A piece of a transcript that is one token, or a few that only together make a character.</summary>
/// <param name="Text">What it says; empty for the end of the text.</param>
/// <param name="LogProbability">How likely the model found it; null where it did not write it.</param>
/// <param name="Advantage">What the step was trained on, where steps are checked.</param>
public sealed record TranscriptToken(string Text, float? LogProbability, float? Advantage)
{
    /// <summary>How surprising it was: 0 (expected) to 5.</summary>
    public int Surprise => LogProbability switch { null => 0, > -0.05f => 0, > -0.36f => 1, > -1.2f => 2, > -2.3f => 3, > -4.6f => 4, _ => 5 };

    /// <summary>Its probability in words.</summary>
    public string? Told => LogProbability is { } value ? $"{Math.Exp(value):P1} (log-probability {value:0.###}){(Advantage is { } advantage && advantage != 0 ? $", advantage {advantage:+0.##;−0.##}" : "")}" : null;
}

/// <summary>A turn: what one source wrote in a go.</summary>
/// <param name="Source">Who.</param>
/// <param name="Tokens">Its tokens; one without a log-probability where tokens and text could not be brought together.</param>
public sealed record TranscriptTurn(Source Source, IReadOnlyList<TranscriptToken> Tokens);

/// <summary>Brings the text of a transcript and the log-probabilities of its tokens together.</summary>
internal static class Transcript
{
    /// <summary>The turns of an episode, and whether tokens stand beside their text.</summary>
    /// <param name="episode">The episode.</param>
    /// <param name="tokenizer">What made its tokens; null where it is not known: then each is taken for a character, as a home-grown model's are.</param>
    internal static (IReadOnlyList<TranscriptTurn> Turns, bool Aligned) Of(EpisodeRecord episode, ITokenizer? tokenizer = null)
    {
        if ((tokenizer is null ? null : ByTokenizer(episode, tokenizer)) is { } known) return (known, true);
        if (ByCharacter(episode) is { } characters) return (characters, true);
        return ([.. episode.Segments.Select(segment => new TranscriptTurn(segment.Source, [new TranscriptToken(segment.Text, null, null)]))], false);
    }

    private static List<TranscriptTurn>? ByCharacter(EpisodeRecord episode)
    {
        int characters = episode.Segments.Sum(segment => segment.Text.Length), ends = episode.Tokens.Length - characters, place = 0;
        if (ends is not (0 or 1)) return null;
        List<TranscriptTurn> turns = [];
        foreach (Segment segment in episode.Segments)
        {
            if (Enumerable.Range(place, segment.Text.Length).Any(at => episode.LossMask[at] != (segment.Source == Source.Model))) return null;
            turns.Add(new TranscriptTurn(segment.Source, [.. segment.Text.Select(letter => Token(episode, place++, letter.ToString()))]));
        }

        if (ends == 1 && turns is [.., { Source: Source.Model } last]) turns[^1] = last with { Tokens = [.. last.Tokens, Token(episode, place, "")] };
        return turns;
    }

    /// <summary>Decodes the tokens beside the text; null where they do not say the same.</summary>
    private static List<TranscriptTurn>? ByTokenizer(EpisodeRecord episode, ITokenizer tokenizer)
    {
        List<TranscriptTurn> turns = [];
        int place = 0;
        foreach (Segment segment in episode.Segments)
        {
            bool mine = segment.Source == Source.Model;
            List<TranscriptToken> tokens = [];
            StringBuilder said = new();
            TextStream stream = new(tokenizer);
            int begun = place;
            void Say(string text)
            {
                // Some tokenizers mark the beginning of a text by a space that is none of its.
                if (turns.Count == 0 && said.Length == 0 && text.StartsWith(' ') && !segment.Text.StartsWith(' ')) text = text[1..];
                if (text.Length == 0) return;
                tokens.Add(Tokens(episode, begun, place, text));
                said.Append(text);
                begun = place;
            }

            // The special tokens behind a text are empty and belong to whoever wrote them.
            while (place < episode.Tokens.Length && episode.LossMask[place] == mine && (said.Length < segment.Text.Length || tokenizer.BytesOf(episode.Tokens[place]).IsEmpty))
            {
                int token = episode.Tokens[place++];
                if (!tokenizer.BytesOf(token).IsEmpty) Say(stream.Append(token));
                else if (mine)
                {
                    Say(stream.Finish());
                    tokens.Add(Tokens(episode, place - 1, place, ""));
                    begun = place;
                }
                else if (tokens.Count == 0) begun = place;
            }

            Say(stream.Finish());
            if (!said.Equals(segment.Text)) return null;
            turns.Add(new TranscriptTurn(segment.Source, tokens));
        }

        return place == episode.Tokens.Length ? turns : null;
    }

    private static TranscriptToken Token(EpisodeRecord episode, int place, string text) => Tokens(episode, place, place + 1, text);

    /// <summary>The tokens of one piece of text: together they are as likely as the product of their probabilities.</summary>
    private static TranscriptToken Tokens(EpisodeRecord episode, int from, int to, string text) =>
        new(text, to > from && episode.LossMask[from] ? episode.LogProbabilities[from..to].Sum() : null, to > from ? episode.TokenAdvantages?[from] : null);
}
