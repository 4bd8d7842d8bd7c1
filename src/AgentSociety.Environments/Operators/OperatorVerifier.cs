using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Environments.Operators;

/// <summary>Judges an attempt at a chain: the answer against the world, the steps against what the tools had said by then.</summary>
/// <remarks>
/// A look-up or experiment is valid where it applies the chain's next operator to the digit in hand and was not made before;
/// a note where it states an experiment's result for the first time; the answer where the chain is done and it is the digit in hand.
/// Whether a page told the truth is no fault of the step that read it. Text that is none of these is an invalid step.
/// Linear in the transcript.
/// </remarks>
sealed class OperatorVerifier
{
    private readonly string _problem;
    private readonly OperatorWorld _world;
    private readonly IReadOnlyList<Segment> _transcript;
    private readonly List<StepVerdict> _steps = [];
    private readonly HashSet<(char Name, char Digit, char Result)> _learned = [];
    private int _next;
    private char _digit;
    private bool _looked;
    private bool _tried;

    private OperatorVerifier(string problem, OperatorWorld world, IReadOnlyList<Segment> transcript)
    {
        (_problem, _world, _transcript) = (problem, world, transcript);
        (_digit, _next) = (problem[^2], problem.Length - 3);
    }

    public static Verdict Verify(string problem, OperatorWorld world, IReadOnlyList<Segment> transcript) =>
        new OperatorVerifier(problem, world, transcript).Judge();

    private Verdict Judge()
    {
        for (int index = 0; index < _transcript.Count; index++)
        {
            if (_transcript[index].Source != Source.Model) continue;
            string text = _transcript[index].Text;
            int answer = text.IndexOf(OperatorText.Answer, StringComparison.Ordinal);
            Walk(index, answer < 0 ? text.Length : answer);
            if (answer >= 0) return Answered(index, answer);
        }

        return Malformed($"no '{OperatorText.Answer}' and so no answer");
    }

    private void Walk(int segment, int end)
    {
        string text = _transcript[segment].Text;
        int junk = 0;
        for (int position = 0; position < end;)
        {
            OperatorCall? call = CallAt(text, position, end);
            if (call is not { } step)
            {
                position++;
                continue;
            }

            if (junk < position) _steps.Add(new(segment, junk, position - junk, false));
            bool last = position + step.Length == text.Length;
            _steps.Add(new(segment, position, step.Length, Follows(step, last ? ReplyAfter(segment) : null)));
            position += step.Length;
            junk = position;
        }

        if (junk < end) _steps.Add(new(segment, junk, end - junk, false));
    }

    private OperatorCall? CallAt(string text, int position, int end)
    {
        for (int length = 3; length <= 4; length++)
        {
            if (position + length > end) return null;
            if (OperatorText.CallEndingAt(text, position + length, _world.Operators) is { } call && call.Length == length) return call;
        }

        return null;
    }

    private char? ReplyAfter(int segment)
    {
        if (segment + 1 >= _transcript.Count || _transcript[segment + 1] is not { Source: Source.Tool, Text: [char reply] }) return null;
        return reply;
    }

    private bool Follows(OperatorCall step, char? reply)
    {
        if (step.Marker == OperatorText.Note) return _learned.Remove((step.Name, step.Digit, step.Result));
        if (reply is not { } said) return false;
        bool experiment = step.Marker == OperatorText.Experiment;
        bool due = _next >= 0 && step.Name == _problem[_next] && step.Digit == _digit && !(experiment ? _tried : _looked);
        bool told = OperatorText.IsDigit(said);
        if (told && experiment) _learned.Add((step.Name, step.Digit, said));
        if (!due) return false;
        if (told)
        {
            _digit = said;
            _next--;
            (_looked, _tried) = (false, false);
        }
        else if (experiment) _tried = true;
        else _looked = true;
        return true;
    }

    private Verdict Answered(int segment, int start)
    {
        string text = _transcript[segment].Text;
        bool last = true;
        for (int later = segment + 1; later < _transcript.Count; later++) last &= _transcript[later].Text.Length == 0;
        if (!last || text.Length != start + 2 || !OperatorText.IsDigit(text[start + 1]))
        {
            _steps.Add(new(segment, start, text.Length - start, false));
            return Malformed($"'{OperatorText.Answer}' must be followed by one digit and nothing else");
        }

        char given = text[start + 1];
        _steps.Add(new(segment, start, 2, _next < 0 && given == _digit));
        char truth = OperatorText.Digit(_world.Solve(_problem));
        if (given != truth) return new() { Outcome = Outcome.Wrong, Reason = $"{_problem}{truth}, not {given}", Steps = _steps };
        bool sound = _steps.All(step => step.Valid);
        return new() { Outcome = Outcome.Correct, Reason = sound ? $"{_problem}{truth}" : $"{_problem}{truth}, reached by a wrong or needless step", Steps = _steps };
    }

    private Verdict Malformed(string reason) => new() { Outcome = Outcome.Malformed, Reason = reason, Steps = _steps };
}
