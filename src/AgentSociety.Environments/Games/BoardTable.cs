using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Games;

/// <summary>One game between a solver and the fixed opponent.</summary>
/// <remarks>The opponent's choice depends on the position's history alone, so a game can be replayed from the solver's moves.</remarks>
sealed class BoardTable : IToolSession
{
    public const char Marker = ';';

    private readonly BoardEnvironment _environment;
    private readonly ulong _key;
    private readonly Opponent _opponent;
    private readonly int _seat;
    private readonly double _sure;
    private readonly List<ToolCall> _calls = [];
    private bool _forfeited;

    public BoardTable(BoardEnvironment environment, IGamePosition position, ulong key, Opponent opponent)
    {
        (_environment, Position, _key, _opponent) = (environment, position, key, opponent);
        (_seat, _sure) = (position.Mover, environment.Sure(position));
    }

    public IGamePosition Position { get; private set; }

    public string Markers => ";";

    public IReadOnlyList<ToolCall> Calls => _calls;

    public IReadOnlyList<NoteEdit> Edits => [];

    private bool Over => _forfeited || Position.Mover < 0;

    public string Call(string call)
    {
        string reply = Answer(call);
        _calls.Add(new() { Kind = ToolKind.Other, Request = call, Reply = reply });
        return reply;
    }

    /// <summary>Plays the transcript's moves again and judges each.</summary>
    public Verdict Judge(IReadOnlyList<Segment> transcript)
    {
        List<StepVerdict> steps = [];
        for (int index = 0; index < transcript.Count; index++)
        {
            (Source source, string text) = transcript[index];
            if (source == Source.Tool && text.Length > 0 && (_calls.Count == 0 || text != _calls[^1].Reply)) return Judged(Outcome.Malformed, "a reply in the transcript is not this opponent's", steps);
            if (source != Source.Model || text.Length == 0) continue;
            if (Over)
            {
                steps.Add(new(index, 0, text.Length, false));
                return Judged(Outcome.Malformed, "the text goes on after the end of the game", steps);
            }

            bool legal = text[^1] == Marker && Position.Moves.Contains(text[..^1]);
            steps.Add(new(index, 0, text.Length, legal && _environment.Perfect.Best(Position).Contains(text[..^1])));
            Call(text);
        }

        if (_forfeited) return Judged(Outcome.Wrong, "forfeited by an illegal move", steps);
        if (Position.Mover >= 0) return Judged(Outcome.Malformed, "the game was not played to its end", steps);
        double got = _seat == 0 ? Position.Payoff : -Position.Payoff;
        string reason = $"{Result(got)}; perfect play is sure of {Result(_sure)}";
        return Judged(got >= _sure ? Outcome.Correct : Outcome.Wrong, reason, steps);
    }

    private string Answer(string call)
    {
        if (Over) return "!";
        string move = call.Length > 0 ? call[..^1] : "";
        if (!Position.Moves.Contains(move))
        {
            _forfeited = true;
            return "!";
        }

        Position = Position.Play(move);
        if (Position.Mover < 0) return Ending();
        KeyedRandom random = KeyedRandom.For(_key, "move", _calls.Count);
        string reply = random.Choose(_opponent == Opponent.Perfect ? _environment.Perfect.Best(Position) : Position.Moves);
        Position = Position.Play(reply);
        return Position.Mover < 0 ? $"{reply}{Ending()}" : $"{reply}>{BoardEnvironment.Shown(Position)}";
    }

    private string Ending() => (_seat == 0 ? Position.Payoff : -Position.Payoff) switch
    {
        > 0 => "+",
        < 0 => "-",
        _ => "~",
    };

    private static string Result(double payoff) => payoff > 0 ? "a win" : payoff < 0 ? "a loss" : "a draw";

    private static Verdict Judged(Outcome outcome, string reason, List<StepVerdict> steps) => new() { Outcome = outcome, Reason = reason, Steps = steps };
}
