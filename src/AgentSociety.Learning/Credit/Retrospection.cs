using AgentSociety.Core.Environments;

namespace AgentSociety.Learning;

/// <summary>Credit by the agent's own review of its finished attempt, in the place of a program's word on each step.</summary>
/// <remarks>
/// The marks count as far as they have been right: their weight is Youden's J (1950), sensitivity + specificity - 1, of marks against the verifier's
/// verdicts over the steps of the round, and 0 where that is negative. A reviewer that praises everything has J = 0, whatever the share of valid steps. It
/// departs from self-rewarding training (Yuan et al. 2024), where the judge is believed without a check.
/// </remarks>
public static class Retrospection
{
    /// <summary>Steps of the rarer kind at which J counts by half.</summary>
    private const double Doubt = 5;

    /// <summary>
    /// J = TP / P + TN / N - 1 of P valid and N wrong steps, at least 0, times n / (n + 5) with n = min(P, N), so that a few marks of either kind do not count as
    /// certain; 0 where one kind is not there: who is right about it cannot be said.
    /// </summary>
    /// <param name="marks">Mark and verdict of each step.</param>
    public static double Trust(IEnumerable<(bool Mark, bool Valid)> marks)
    {
        int rightlyPraised = 0, valid = 0, rightlyBlamed = 0, wrong = 0;
        foreach ((bool mark, bool isValid) in marks)
        {
            if (isValid)
            {
                valid++;
                if (mark) rightlyPraised++;
            }
            else
            {
                wrong++;
                if (!mark) rightlyBlamed++;
            }
        }

        // Each rate by itself must not be drawn towards one half: one of a thousand steps and one of none would add up to half a trust in a reviewer who guesses.
        double rarer = Math.Min(valid, wrong);
        return rarer == 0 ? 0 : Math.Max(0, (double)rightlyPraised / valid + (double)rightlyBlamed / wrong - 1) * rarer / (rarer + Doubt);
    }

    /// <summary>The verifier's steps with the reviewer's marks in the place of its verdicts; none where the review could not be read.</summary>
    public static IReadOnlyList<StepVerdict> Marked(IReadOnlyList<StepVerdict> steps, IReadOnlyList<bool>? marks) =>
        marks is null || marks.Count != steps.Count ? [] : [.. steps.Select((step, index) => step with { Valid = marks[index] })];

    /// <summary>Mark and verdict of every step of a round that was reviewed.</summary>
    public static IEnumerable<(bool Mark, bool Valid)> Compared(IEnumerable<JudgedEpisode> round) =>
        round.Where(judged => judged.Marks is not null && judged.Marks.Count == judged.Steps.Count).SelectMany(judged => judged.Marks!.Zip(judged.Steps, (mark, step) => (mark, step.Valid)));
}
