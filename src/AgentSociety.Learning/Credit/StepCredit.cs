using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Learning;

/// <summary>Brings the verifier's word on each step of the work to the tokens that the step was written with.</summary>
/// <remarks>
/// The process reward of Lightman et al. 2023 ("Let's verify step by step") with a program as the judge. It departs from GRPO's
/// process supervision (Shao et al. 2024, section 4.1.3), where a token is credited with all steps after it: here a verdict
/// stays with the tokens of its own step, because the checks say whether a step follows from what was known before it.
/// </remarks>
public static class StepCredit
{
    /// <summary>
    /// The part of each token's advantage that comes from steps: weight x (v - b) on the tokens of a step with v = 1 for a valid and
    /// 0 for a wrong step, and 0 elsewhere. b is the mean of v over all steps of the group, so that steps that everybody
    /// gets right carry no credit.
    /// </summary>
    /// <param name="attempts">The attempts of one group.</param>
    /// <param name="weight">The scenario's <c>learning.stepCredit</c>.</param>
    /// <returns>For each attempt one value a token, or null where nothing was checked in the group.</returns>
    public static float[]?[] OfGroup(IReadOnlyList<CheckedAttempt> attempts, double weight)
    {
        StepVerdict[] all = [.. attempts.SelectMany(attempt => attempt.Steps)];
        if (all.Length == 0) return new float[]?[attempts.Count];
        double baseline = all.Average(step => step.Valid ? 1.0 : 0.0);
        return [.. attempts.Select(attempt => Spread(attempt, step => (float)(weight * ((step.Valid ? 1 : 0) - baseline))))];
    }

    /// <summary>One value a token: the value of the step that the token belongs to, or 0.</summary>
    public static float[] Spread(CheckedAttempt attempt, Func<StepVerdict, float> value)
    {
        float[] credit = new float[attempt.TokenLengths.Count];
        int[] firstCharacter = FirstCharacters(attempt.Segments);
        foreach (StepVerdict step in attempt.Steps)
        {
            int start = firstCharacter[step.Segment] + step.Start, end = start + step.Length, character = 0;
            float stepValue = value(step);
            for (int token = 0; token < credit.Length && character < end; token++)
            {
                int next = character + attempt.TokenLengths[token];
                // A part of a character that a later token makes whole belongs to where that character stands.
                bool within = next > start || next == character && character == start;
                if (within && attempt.LossMask[token]) credit[token] += stepValue;
                character = next;
            }
        }

        return credit;
    }

    private static int[] FirstCharacters(IReadOnlyList<Segment> segments)
    {
        int[] first = new int[segments.Count];
        for (int index = 1; index < first.Length; index++) first[index] = first[index - 1] + segments[index - 1].Text.Length;
        return first;
    }
}

/// <summary>An attempt with the verdicts on its steps and the way from its characters to its tokens.</summary>
public sealed record CheckedAttempt
{
    /// <summary>The text by source.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Characters of the text that each token stands for, 0 for the end of text and for a part of a character; as many as tokens.</summary>
    public required IReadOnlyList<int> TokenLengths { get; init; }

    /// <summary>True where the model wrote the token; others get no credit.</summary>
    public required IReadOnlyList<bool> LossMask { get; init; }

    /// <summary>The verdicts.</summary>
    public required IReadOnlyList<StepVerdict> Steps { get; init; }
}
