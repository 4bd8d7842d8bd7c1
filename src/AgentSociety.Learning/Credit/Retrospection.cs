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
    /// <summary>
    /// J with one step of each kind added to either side, so that a few marks do not count as certain:
    /// (TP + 1) / (P + 2) + (TN + 1) / (N + 2) - 1, at least 0.
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

        return Math.Max(0, (rightlyPraised + 1.0) / (valid + 2) + (rightlyBlamed + 1.0) / (wrong + 2) - 1);
    }

    /// <summary>The verifier's steps with the reviewer's marks in the place of its verdicts; none where the review could not be read.</summary>
    public static IReadOnlyList<StepVerdict> Marked(IReadOnlyList<StepVerdict> steps, IReadOnlyList<bool>? marks) =>
        marks is null || marks.Count != steps.Count ? [] : [.. steps.Select((step, index) => step with { Valid = marks[index] })];

    /// <summary>Mark and verdict of every step of a round that was reviewed.</summary>
    public static IEnumerable<(bool Mark, bool Valid)> Compared(IEnumerable<JudgedEpisode> round) =>
        round.Where(judged => judged.Marks is not null && judged.Marks.Count == judged.Steps.Count).SelectMany(judged => judged.Marks!.Zip(judged.Steps, (mark, step) => (mark, step.Valid)));
}
