using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Environments.Laws;

/// <summary>Judges an attempt: the answer against the world, the steps against what the tools had said by then.</summary>
/// <remarks>
/// A look-up or experiment is valid where it asks what the walk must ask next and was not made before; a note where it states an experiment's
/// result, or what the walk hands on, for the first time; what is left of the problem where it is written down once, between two parts of the walk; the answer where the walk is done, what it hands on is noted, and it is what follows.
/// Whether a page told the truth is no fault of the step that read it. Text that is none of these is an invalid step. Linear in the transcript.
/// </remarks>
sealed class LawVerifier
{
    private readonly ILaw _law;
    private readonly string _problem;
    private readonly string[] _world;
    private readonly IReadOnlyList<Segment> _transcript;
    private readonly ILawWalk _walk;
    private readonly List<StepVerdict> _steps = [];
    private List<string>? _due;
    private List<(int Question, string Reply)>? _learned;
    private bool _looked;
    private bool _tried;
    private bool _handedOn;
    private string? _rest;

    private LawVerifier(ILaw law, string problem, string[] world, IReadOnlyList<Segment> transcript) =>
        (_law, _problem, _world, _transcript, _walk) = (law, problem, world, transcript, law.Begin(problem));

    public static Verdict Verify(ILaw law, string problem, string[] world, IReadOnlyList<Segment> transcript) =>
        new LawVerifier(law, problem, world, transcript).Judge();

    /// <summary>The verdict and, for each step, what was due in its place: the question to ask, the note that hands on or the answer to give; beside what is left of the problem, the same without its mark; nothing beside a note, which may come at any time.</summary>
    public static (Verdict Verdict, IReadOnlyList<string> Due) VerifyWithDue(ILaw law, string problem, string[] world, IReadOnlyList<Segment> transcript)
    {
        List<string> due = [];
        return (new LawVerifier(law, problem, world, transcript) { _due = due }.Judge(), due);
    }

    private Verdict Judge()
    {
        for (int index = 0; index < _transcript.Count; index++)
        {
            if (_transcript[index].Source != Source.Model) continue;
            string text = _transcript[index].Text;
            int answer = text.IndexOf(LawText.Answer, StringComparison.Ordinal);
            Read(index, answer < 0 ? text.Length : answer);
            if (answer >= 0) return Answered(index, answer);
        }

        return Malformed($"no '{LawText.Answer}' and so no answer");
    }

    private void Read(int segment, int end)
    {
        string text = _transcript[segment].Text;
        int junk = 0;
        for (int position = 0; position < end;)
        {
            LawCall? step = CallAt(text, position, end);
            int length = step?.Length ?? (_rest is not null && text.AsSpan(position, end - position).StartsWith(_rest) ? _rest.Length : 0);
            if (length == 0)
            {
                position++;
                continue;
            }

            if (junk < position) Add(segment, junk, position - junk, valid: false);
            _due?.Add(step is null ? _rest!.TrimEnd(LawText.Ask) : step is { Marker: LawText.Note } ? "" : Expected());
            bool last = position + length == text.Length;
            _steps.Add(new(segment, position, length, step is null || Follows(step.Value, text.AsSpan(position, length), last ? ReplyAfter(segment) : null)));
            if (step is null) _rest = null;
            position += length;
            junk = position;
        }

        if (junk < end) Add(segment, junk, end - junk, valid: false);
    }

    private void Add(int segment, int start, int length, bool valid)
    {
        _due?.Add(Expected());
        _steps.Add(new(segment, start, length, valid));
    }

    // Before the step is judged, since a valid one moves the walk on.
    private string Expected() =>
        _walk.Due >= 0 ? _law.Question(_walk.Due)
        : _walk.HandsOn >= 0 && !_handedOn ? $"{_law.Question(_walk.HandsOn)}{_walk.Answer}{LawText.Note}"
        : $"{LawText.Answer}{_walk.Answer}";

    private LawCall? CallAt(string text, int position, int end)
    {
        int question = position + _law.QuestionLength + 1, note = question + _law.ReplyLength;
        if (question <= end && LawText.CallEndingAt(_law, text, question) is { Marker: not LawText.Note } asked) return asked;
        return note <= end && LawText.CallEndingAt(_law, text, note) is { Marker: LawText.Note } noted ? noted : null;
    }

    private string? ReplyAfter(int segment) =>
        segment + 1 < _transcript.Count && _transcript[segment + 1] is { Source: Source.Tool, Text: { Length: > 0 } reply } ? reply : null;

    private bool Follows(LawCall step, ReadOnlySpan<char> text, string? reply)
    {
        if (step.Marker == LawText.Note) return Noted(step.Question, text[_law.QuestionLength..^1]);
        if (reply is null) return false;
        bool experiment = step.Marker == LawText.Experiment, told = _law.Says(reply);
        bool due = step.Question == _walk.Due && !(experiment ? _tried : _looked);
        if (!told && reply is not [LawText.Unknown]) return false;
        if (told && experiment) (_learned ??= []).Add((step.Question, reply));
        if (!due) return false;
        if (told)
        {
            _walk.Take(reply);
            (_looked, _tried, _rest) = (false, false, _walk.Rest);
        }
        else if (experiment) _tried = true;
        else _looked = true;
        return true;
    }

    private bool Noted(int question, ReadOnlySpan<char> reply)
    {
        if (question == _walk.HandsOn && _walk.Due < 0 && !_handedOn && reply.SequenceEqual(_walk.Answer)) return _handedOn = true;
        // From the back: what was learned last is noted first, nearly always.
        for (int index = (_learned?.Count ?? 0) - 1; index >= 0; index--)
        {
            if (_learned![index].Question != question || !reply.SequenceEqual(_learned[index].Reply)) continue;
            _learned.RemoveAll(one => one.Question == question);
            return true;
        }

        return false;
    }

    private Verdict Answered(int segment, int start)
    {
        string text = _transcript[segment].Text;
        ReadOnlySpan<char> given = text.AsSpan(start + 1);
        bool last = true;
        for (int later = segment + 1; later < _transcript.Count; later++) last &= _transcript[later].Text.Length == 0;
        if (!last || !_law.Answers(given))
        {
            Add(segment, start, text.Length - start, valid: false);
            return Malformed($"'{LawText.Answer}' must be followed by {_law.AnswerForm} and nothing else");
        }

        bool follows = _walk.Due < 0 && (_walk.HandsOn < 0 || _handedOn) && given.SequenceEqual(_walk.Answer);
        Add(segment, start, text.Length - start, follows);
        string truth = LawText.Solve(_law, _problem, _world).Answer;
        if (!given.SequenceEqual(truth)) return new() { Outcome = Outcome.Wrong, Reason = $"{_problem}{truth}, not {given}", Steps = _steps };
        bool sound = _steps.TrueForAll(step => step.Valid);
        return new() { Outcome = Outcome.Correct, Reason = sound ? $"{_problem}{truth}" : $"{_problem}{truth}, reached by a wrong or needless step", Steps = _steps };
    }

    private Verdict Malformed(string reason) => new() { Outcome = Outcome.Malformed, Reason = reason, Steps = _steps };
}
