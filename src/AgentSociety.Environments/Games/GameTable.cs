using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Games;

/// <summary>One game between a solver and a fixed opponent.</summary>
/// <remarks>The opponent's choice depends on key and number of moves alone, so a game can be replayed from the solver's moves.</remarks>
/// <param name="position">Where play begins, the solver to move.</param>
/// <param name="key">Key of the opponent's choices.</param>
/// <param name="opponent">How the opponent moves.</param>
/// <param name="best">The moves of the solver that lose nothing.</param>
/// <param name="oneMove">True where the solver moves once and the opponent plays both sides from there on.</param>
sealed class GameTable(
    IGamePosition position, ulong key, Func<IGamePosition, KeyedRandom, string> opponent, Func<IGamePosition, IReadOnlyList<string>> best, bool oneMove = false) : IToolSession
{
    public const char Marker = ';';

    private readonly int _seat = position.Mover;
    private readonly List<ToolCall> _calls = [];
    private bool _forfeited;

    public IGamePosition Position { get; private set; } = position;

    public string Markers => ";";

    public IReadOnlyList<ToolCall> Calls => _calls;

    public IReadOnlyList<NoteEdit> Edits => [];

    /// <summary>The position as its mover sees it.</summary>
    public static string Shown(IGamePosition position) => $"{Seat(position)}:{position.View(position.Mover)}=";

    /// <summary>The name of the seat that moves.</summary>
    public static string Seat(IGamePosition position) => position.Mover == 0 ? "x" : "o";

    private bool Over => _forfeited || Position.Mover < 0;

    public string Call(string call)
    {
        string reply = Answer(call);
        _calls.Add(new() { Kind = ToolKind.Other, Request = call, Reply = reply });
        return reply;
    }

    /// <summary>Plays the transcript's moves again and judges each.</summary>
    /// <param name="transcript">The transcript.</param>
    /// <param name="end">Judges a game that was played to its end, by what the solver got and the verdicts on the moves.</param>
    public Verdict Judge(IReadOnlyList<Segment> transcript, Func<double, IReadOnlyList<StepVerdict>, Verdict> end)
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
            steps.Add(new(index, 0, text.Length, legal && best(Position).Contains(text[..^1])));
            Call(text);
        }

        if (_forfeited) return Judged(Outcome.Wrong, "forfeited by an illegal move", steps);
        return Position.Mover >= 0 ? Judged(Outcome.Malformed, "the game was not played to its end", steps) : end(Got, steps);
    }

    private double Got => _seat == 0 ? Position.Payoff : 0 - Position.Payoff;

    private string Answer(string call)
    {
        if (Over) return "!";
        string move = call.Length > 0 ? call[..^1] : "";
        // What only looks like a move (another script's semicolon) is none.
        if (!call.EndsWith(Marker) || !Position.Moves.Contains(move))
        {
            _forfeited = true;
            return "!";
        }

        Position = Position.Play(move);
        KeyedRandom random = KeyedRandom.For(key, "move", _calls.Count);
        while (oneMove && Position.Mover >= 0) Position = Position.Play(opponent(Position, random));
        if (Position.Mover < 0) return Ending();
        string reply = opponent(Position, random);
        Position = Position.Play(reply);
        return Position.Mover < 0 ? $"{reply}{Ending()}" : $"{(Position.Concealed ? "" : reply)}>{Shown(Position)}";
    }

    private string Ending() => Got switch
    {
        > 0 => "+",
        < 0 => "-",
        _ => "~",
    };

    private static Verdict Judged(Outcome outcome, string reason, List<StepVerdict> steps) => new() { Outcome = outcome, Reason = reason, Steps = steps };
}
