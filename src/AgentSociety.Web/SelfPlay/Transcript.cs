using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Web;

/// <summary>A piece of a transcript that is one token.</summary>
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
    /// <remarks>A home-grown model's tokens are its characters, so that text and tokens run in step. Where the counts do not fit, the text is shown plain.</remarks>
    internal static (IReadOnlyList<TranscriptTurn> Turns, bool Aligned) Of(EpisodeRecord episode)
    {
        int characters = episode.Segments.Sum(segment => segment.Text.Length), ends = episode.Tokens.Length - characters;
        bool aligned = ends is 0 or 1 && InStep(episode);
        if (!aligned) return ([.. episode.Segments.Select(segment => new TranscriptTurn(segment.Source, [new TranscriptToken(segment.Text, null, null)]))], false);
        List<TranscriptTurn> turns = [];
        int place = 0;
        foreach (Segment segment in episode.Segments)
        {
            List<TranscriptToken> tokens = [.. segment.Text.Select(letter => Token(episode, place++, letter.ToString()))];
            turns.Add(new TranscriptTurn(segment.Source, tokens));
        }

        if (ends == 1 && turns is [.., { Source: Source.Model } last]) turns[^1] = last with { Tokens = [.. last.Tokens, Token(episode, place, "")] };
        return (turns, true);
    }

    private static TranscriptToken Token(EpisodeRecord episode, int place, string text) =>
        new(text, episode.LossMask[place] ? episode.LogProbabilities[place] : null, episode.TokenAdvantages?[place]);

    private static bool InStep(EpisodeRecord episode)
    {
        int place = 0;
        foreach (Segment segment in episode.Segments)
        {
            for (int letter = 0; letter < segment.Text.Length; letter++, place++)
                if (episode.LossMask[place] != (segment.Source == Source.Model)) return false;
        }

        return true;
    }
}
