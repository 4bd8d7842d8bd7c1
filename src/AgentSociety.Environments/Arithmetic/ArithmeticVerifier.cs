using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Environments.Arithmetic;

/// <summary>Judges worked arithmetic: the number that stands written at the end against the exact result, each step against what stood before it.</summary>
static class ArithmeticVerifier
{
    public static Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript, int places)
    {
        int segment = -1;
        for (int index = 0; index < transcript.Count; index++)
        {
            if (transcript[index] is not { Source: Source.Model, Text.Length: > 0 }) continue;
            if (segment >= 0) return Malformed("the work must be one piece", []);
            segment = index;
        }

        if (segment < 0) return Malformed("nothing was written", []);
        int first = ColumnText.FirstLetter(transcript[0].Text);
        ColumnWork work = new(problem.Text, first);
        if (transcript[0].Source != Source.Prompt || first < 0 || first + work.Places > places) return Malformed("the transcript does not begin with this problem's prompt", []);
        return Judge(problem.Text, work, transcript[segment].Text, segment);
    }

    private static Verdict Judge(string problem, ColumnWork work, string text, int segment)
    {
        List<StepVerdict> steps = new(work.Steps + 1);
        int length = ColumnText.StepLength(work.Operation), position = 0;
        Span<char> due = stackalloc char[length];
        bool readable = true;
        // One step too many is enough to judge; whatever follows is one invalid rest, however long.
        while (readable && text.Length - position > length && steps.Count <= work.Steps)
        {
            ReadOnlySpan<char> step = text.AsSpan(position, length);
            bool valid = work.Next(due) && step.SequenceEqual(due);
            readable = work.Write(step);
            if (!readable) break;
            steps.Add(new(segment, position, length, valid));
            position += length;
        }

        if (text.Length - position != 1 || text[position] != ColumnText.End)
        {
            steps.Add(new(segment, position, text.Length - position, false));
            return Malformed($"the work does not go on with a step or end with '{ColumnText.End}'", steps);
        }

        if (position == 0) return Malformed("no step, and so no number, was written", [new(segment, 0, 1, false)]);
        steps.Add(new(segment, position, 1, work.Complete && steps.Count == work.Steps));
        string given = work.Written(), truth = work.Truth().ToString();
        if (given != truth) return new() { Outcome = Outcome.Wrong, Reason = $"{problem}{truth}, not {given}", Steps = steps };
        string slip = steps.TrueForAll(step => step.Valid) ? "" : ", reached by a wrong, missing or needless step";
        return new() { Outcome = Outcome.Correct, Reason = $"{problem}{truth}{slip}", Steps = steps };
    }

    private static Verdict Malformed(string reason, IReadOnlyList<StepVerdict> steps) => new() { Outcome = Outcome.Malformed, Reason = reason, Steps = steps };
}
