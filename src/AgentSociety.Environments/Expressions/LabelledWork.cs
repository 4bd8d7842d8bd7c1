using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Expressions;

/// <summary>Work that names numbers by their letters, an operation at a time: <c>a6-b2-c3=</c> is worked out by <c>a6-b2=4,a4-c3=1#</c>.</summary>
/// <remarks>
/// A step is valid where it does an operation that can be done next, between the numbers as they stand by then, and gets it right. A number that was got wrong stands as it was written: what follows from it is no
/// second slip. The answer is the last result.
/// </remarks>
static class LabelledWork
{
    private const char Next = ',';
    private const char Result = '=';
    private const char End = '#';

    /// <summary>The expression worked out from the left.</summary>
    /// <param name="problem">An expression with labels.</param>
    public static string Demonstrate(Expression problem)
    {
        List<string> steps = [];
        while (problem.Doable().FirstOrDefault() is { Value: { } value } due)
        {
            steps.Add($"{due}{Result}{value}");
            problem = problem.With(due.First, due.Second, value);
        }

        return $"{string.Join(Next, steps)}{End}";
    }

    /// <summary>Judges what was written.</summary>
    /// <param name="problem">The problem as it was posed.</param>
    /// <param name="left">Its expression with the labels that the solver saw.</param>
    /// <param name="text">What the solver wrote.</param>
    /// <param name="segment">Where it stands in the transcript.</param>
    /// <param name="mostSteps">Most steps that are read: exact numbers cost time.</param>
    public static Verdict Judge(string problem, Expression left, string text, int segment, int mostSteps)
    {
        Rational truth = left.Value!.Value;
        List<StepVerdict> steps = [];
        int end = text.IndexOf(End, StringComparison.Ordinal);
        if (end < 0 || end != text.Length - 1) return Malformed($"the work does not end with one '{End}'", [new(segment, 0, text.Length, false)]);
        Rational given = default;
        for (int start = 0; start < end;)
        {
            int next = text.IndexOf(Next, start);
            if (next < 0) next = end;
            if (steps.Count >= mostSteps || next == end - 1 || next - start > LongestStep || Read(text.AsSpan(start, next - start)) is not { } step)
            {
                steps.Add(new(segment, start, text.Length - start, false));
                return Malformed($"step {steps.Count} is no operation between two numbers with their letters", steps);
            }

            LabelledOperation? due = left.Doable().FirstOrDefault(operation => operation.First == step.First && operation.Second == step.Second && operation.Operator == step.Operator);
            steps.Add(new(segment, start, Math.Min(next + 1, end) - start, due is not null && due == step));
            if (due is not null) left = left.With(due.First, due.Second, step.Value!.Value);
            (given, start) = (step.Value!.Value, next + 1);
        }

        if (steps.Count == 0) return Malformed("no operation, and so no number, was written", [new(segment, 0, text.Length, false)]);
        steps.Add(new(segment, end, 1, left.Operations == 0));
        if (given != truth) return new() { Outcome = Outcome.Wrong, Reason = $"{problem}{truth}, not {given}", Steps = steps };
        string slip = steps.TrueForAll(step => step.Valid) ? "" : ", reached by a wrong, missing or needless step";
        return new() { Outcome = Outcome.Correct, Reason = $"{problem}{truth}{slip}", Steps = steps };
    }

    // Three numbers of the longest with their bars and signs, two letters, an operator and an equals sign.
    private static int LongestStep => (6 * Expression.LongestNumber) + 12;

    // The operator is the one before a letter: that of a fraction, and the sign of a number, stand before digits.
    private static LabelledOperation? Read(ReadOnlySpan<char> text)
    {
        int equals = text.IndexOf(Result);
        if (equals < 0 || text.Length < 2 || Number(text[(equals + 1)..]) is not { } result) return null;
        ReadOnlySpan<char> operation = text[..equals];
        for (int at = 1; at + 1 < operation.Length; at++)
        {
            if (!char.IsAsciiLetter(operation[at + 1])) continue;
            bool read = char.IsAsciiLetter(operation[0]) && operation[at] is '+' or '-' or '*' or '/' or '%';
            return read && Number(operation[1..at]) is { } left && Number(operation[(at + 2)..]) is { } right ? new(operation[..1].ToString(), left, operation[at], operation.Slice(at + 1, 1).ToString(), right, result) : null;
        }

        return null;
    }

    private static Rational? Number(ReadOnlySpan<char> text) => !text.Contains('(') && Expression.Read(text) is { Operations: 0 } number ? number.Value : null;

    private static Verdict Malformed(string reason, IReadOnlyList<StepVerdict> steps) => new() { Outcome = Outcome.Malformed, Reason = reason, Steps = steps };
}
