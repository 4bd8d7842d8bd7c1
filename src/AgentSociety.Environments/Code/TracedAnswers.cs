using System.Globalization;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Code;

/// <summary>Answers that show their work: the operations of the run, then <c>#</c> and the answer. <c>(x+3)*2,9=</c> is answered <c>9+3=12,12*2=24#24</c>.</summary>
/// <remarks>
/// An input is looked for from the output backwards, so that the work of abduction is the run in reverse: <c>(x+3)*2=24,</c> is answered <c>12*2=24,9+3=12#9</c>. A line is valid where the work so far is
/// how a right answer can begin: for abduction the run on any input from <see cref="Least"/> to <see cref="Most"/> that gives the output, or on the answer itself where that does.
/// </remarks>
sealed class TracedAnswers
{
    /// <summary>What stands between the work and the answer.</summary>
    public const char End = '#';

    private const int Least = -100;
    private const int Most = 1000;
    private const char Separator = ',';
    private readonly Remembered<string[]> _right = new(1_000);

    /// <summary>The worked answer for an input; null where the program has operations that no trace knows.</summary>
    public static string? Worked(CodeKind kind, string program, string input) =>
        ExecutionTrace.Of(program) is { } trace && double.TryParse(input, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? Written(kind, trace, number) : null;

    /// <summary>What is answered, behind the work; null where there is no answer.</summary>
    public static string? Answer(string text) => text.IndexOf(End, StringComparison.Ordinal) is >= 0 and int end ? text[(end + 1)..] : null;

    /// <summary>The verdict on each line and on the answer.</summary>
    /// <param name="task">A task of deduction or abduction.</param>
    /// <param name="truth">What its program gives.</param>
    /// <param name="text">What was written; it has an answer.</param>
    /// <param name="segment">Where it stands in the transcript.</param>
    /// <param name="correct">True where the answer is right.</param>
    public IReadOnlyList<StepVerdict> Judge(CodeTask task, string truth, string text, int segment, bool correct)
    {
        string[] right = _right.Of($"{task.Kind} {truth} {task.Inputs[0]}\n{task.Program}", _ => Right(task, truth));
        // Beyond the inputs that were looked at, an answer is held to its own run.
        if (correct && task.Kind == CodeKind.Abduce && Worked(task.Kind, task.Program, Answer(text)!) is { } own && !right.Contains(own)) right = [.. right, own];
        int end = text.IndexOf(End, StringComparison.Ordinal);
        List<StepVerdict> steps = [];
        int start = 0;
        bool follows = true;
        while (start < end)
        {
            // What stands behind a wrong line is one invalid rest, however long.
            int next = text.IndexOf(Separator, start, end - start);
            if (next < 0 || !follows) next = end;
            string soFar = text[..(next + 1)];
            follows = follows && Array.Exists(right, one => one.StartsWith(soFar, StringComparison.Ordinal));
            steps.Add(new(segment, start, Math.Min(next + 1, end) - start, follows));
            start = next + 1;
        }

        steps.Add(new(segment, end, text.Length - end, correct && right.Contains(text)));
        return steps;
    }

    private static string[] Right(CodeTask task, string truth)
    {
        if (task.Kind == CodeKind.Deduce) return Worked(task.Kind, task.Program, task.Inputs[0]) is { } worked ? [worked] : [];
        if (ExecutionTrace.Of(task.Program) is not { } trace) return [];
        return [.. Enumerable.Range(Least, Most - Least + 1).Where(input => trace.On(input).Value == truth).Select(input => Written(task.Kind, trace, input))];
    }

    private static string Written(CodeKind kind, ExecutionTrace trace, double input)
    {
        (IReadOnlyList<string> lines, string value) = trace.On(input);
        return kind == CodeKind.Deduce ? $"{string.Join(Separator, lines)}{End}{value}" : $"{string.Join(Separator, lines.Reverse())}{End}{CanonicalValue.Number(input)}";
    }
}
