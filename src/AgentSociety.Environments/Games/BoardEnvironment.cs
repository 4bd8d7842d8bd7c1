using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Environments.Games;

/// <summary>
/// A board game as tasks: a problem is a position, written as the moves that lead to it, <c>51=</c>; the solver plays on from there against a
/// fixed opponent and is right where it gets at least what perfect play is sure of. Difficulty is the most moves that may still be played.
/// </summary>
/// <remarks>
/// The solver writes a move and <c>;</c>; the reply is the opponent's move and the new position, or how the game ended (at once, with <see cref="GameOptions.OneMove"/>): <c>+</c> won,
/// <c>~</c> drawn, <c>-</c> lost, <c>!</c> forfeited by an illegal move. Steps are judged by minimax, so the share of perfect moves is exact; against the past self by what
/// comes of them where that self plays both sides (<see cref="SelfPlay"/>): minimax then measures, and teaches nothing.
/// </remarks>
public sealed class BoardEnvironment : IEnvironment, IDemonstrator, ILeaguePlay, IGamePlay
{
    private readonly IGame _game;
    private readonly GameOptions _options;
    private readonly ulong _seed;
    private readonly int _moveLength;
    private readonly IGamePosition _start;
    private readonly PerfectPlay _perfect;
    private readonly Lazy<IReadOnlyList<IGamePosition>> _positions;
    private readonly Lazy<IReadOnlyList<DecisionPoint>> _decisions;
    private readonly PastSelf? _past;
    private readonly Strategy _opponent;
    private readonly Func<IGamePosition, IReadOnlyList<string>> _best;

    /// <summary>Creates the tasks of one game.</summary>
    /// <param name="game">A game of perfect information, without chance, whose moves are all of one length.</param>
    /// <param name="options">The scenario's options.</param>
    /// <param name="seed">Seed of the opponent's choices.</param>
    /// <exception cref="SocietyException">An option is out of range, or the opponent's strategy cannot be read.</exception>
    public BoardEnvironment(IGame game, GameOptions options, ulong seed)
    {
        OptionChecks.Require(game.Name, options);
        if (!game.PerfectInformation || game.Deals.Count != 1) throw new ArgumentException($"{game.Name} hides something", nameof(game));
        if (options.Heaps != Nim.UsualHeaps && game is not Nim) throw new SocietyException($"environment '{game.Name}', options: heaps is {options.Heaps}; only nim has heaps");
        (_game, _options, _seed, _start) = (game, options, seed, game.Deals[0].Position);
        _moveLength = _start.Moves[0].Length;
        // Two moves into the game there are enough positions to hold some back for tests.
        int most = Left(_start) - 2;
        if (options.MaximumDifficulty > most) throw new SocietyException($"environment '{game.Name}', options: maximumDifficulty is {options.MaximumDifficulty}; at most {most} moves can be left in a problem");
        if (options.Measured > 0 && options.Opponent == Opponent.PastSelf) throw new SocietyException($"environment '{game.Name}', options: measured is {options.Measured}; a past self has to be read at every position, so leave it at 0");
        MaximumDifficulty = options.MaximumDifficulty > 0 ? options.MaximumDifficulty : most;
        _perfect = new();
        _positions = new(Positions);
        _decisions = new(() => [.. _positions.Value.Select(position => new DecisionPoint(GameTable.Shown(position), _moveLength + 1))]);
        Alphabet = string.Concat($"{game.Alphabet}0123456789xo=;@:>+~-!".Distinct());
        Frozen = options.Strategy.Length > 0 || options.Opponent == Opponent.Frozen ? StrategyTable.Read(options.Strategy, game) : null;
        (_opponent, _best) = (options.Opponent == Opponent.Frozen ? Frozen! : Exploitability.Uniform, _perfect.Best);
        if (Adapts) _best = new SelfPlay(_opponent, _options.Lookahead).Best;
    }

    // The same tasks against another past self.
    private BoardEnvironment(BoardEnvironment earlier, PastSelf past)
    {
        (_game, _options, _seed, _start, _moveLength) = (earlier._game, earlier._options, earlier._seed, earlier._start, earlier._moveLength);
        (MaximumDifficulty, Alphabet, _perfect, _positions, _decisions) = (earlier.MaximumDifficulty, earlier.Alphabet, earlier._perfect, earlier._positions, earlier._decisions);
        (_past, Frozen) = (past, earlier.Frozen);
        _opponent = past.Strategy(_positions.Value.Select(position => position.View(position.Mover)));
        _best = new SelfPlay(_opponent, _options.Lookahead).Best;
    }

    /// <inheritdoc />
    public string Name => _game.Name;

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty { get; }

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(difficulty, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(difficulty, MaximumDifficulty);
        return ProblemDraw.First(Name, difficulty, () =>
        {
            IGamePosition position = _start;
            string text = "";
            while (position.Mover >= 0 && Left(position) > difficulty)
            {
                string move = random.Choose(position.Moves);
                (position, text) = (position.Play(move), text + move);
            }

            return Parse(text + "=").Problem is { } problem && problem.Difficulty == difficulty ? problem : null;
        });
    }

    /// <inheritdoc />
    public Proposal Parse(string text)
    {
        if (text.Length > (Left(_start) * _moveLength) + 1 || !text.EndsWith('=') || (text.Length - 1) % _moveLength != 0) return Proposal.Malformed("not a list of moves that ends with '='");
        IGamePosition position = _start;
        for (int at = 0; at + 1 < text.Length; at += _moveLength)
        {
            string move = text.Substring(at, _moveLength);
            if (!position.Moves.Contains(move)) return Proposal.Malformed($"move {1 + (at / _moveLength)} is not legal");
            position = position.Play(move);
        }

        if (position.Mover < 0) return Proposal.Malformed("the game is over");
        int difficulty = Left(position);
        if (difficulty > MaximumDifficulty) return Proposal.Malformed($"more than {MaximumDifficulty} moves are left");
        // Who learns from self-play alone is told by nobody which positions are lost.
        if (!Adapts && Sure(position) < 0) return Proposal.Malformed("the position is lost");
        return Proposal.Valid(new() { Text = text, Difficulty = difficulty, CanonicalForm = GameTable.Shown(position.Canonical), Seat = GameTable.Seat(position) });
    }

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => $"@{FrontierText.Digits(frontier, MaximumDifficulty)}:";

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => GameTable.Shown(At(problem.Text));

    /// <inheritdoc />
    public IToolSession OpenTools(Problem problem, ToolAccess access) => Table(problem);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) => Table(problem).Judge(transcript, (got, steps) =>
    {
        if (Adapts || _options.OneMove)
        {
            int slips = steps.Count(step => !step.Valid);
            string judge = Adapts ? "the past self" : "perfect play";
            return new() { Outcome = slips == 0 ? Outcome.Correct : Outcome.Wrong, Reason = $"{Result(got)}; after {slips} of {steps.Count} moves {judge} gets less than after others", Steps = steps };
        }

        double sure = Sure(At(problem.Text));
        return new() { Outcome = got >= sure ? Outcome.Correct : Outcome.Wrong, Reason = $"{Result(got)}; perfect play is sure of {Result(sure)}", Steps = steps };
    });

    /// <inheritdoc />
    /// <remarks>
    /// Where a past self sits opposite, of moves that came out best in its own games: expert iteration (Anthony et al. 2017, "Thinking fast and slow with deep learning and tree search", section 3) with
    /// that self's games in place of tree search. The first self's are any legal moves.
    /// </remarks>
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(difficulty, random);
        GameTable table = Table(problem, random.NextUInt64());
        List<Segment> shown = [new(Source.Prompt, SolverPrompt(problem, random))];
        while (table.Position.Mover >= 0)
        {
            bool chosen = _past is not null || random.NextDouble() < _options.DemonstratePerfect;
            string move = random.Choose(chosen ? _best(table.Position) : table.Position.Moves) + GameTable.Marker;
            shown.Add(new(Source.Model, move));
            shown.Add(new(Source.Tool, table.Call(move)));
        }

        return shown;
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(difficulty, MaximumDifficulty, random), random)),
        new(Source.Model, Unreserved(difficulty, random).Text),
    ];

    /// <inheritdoc />
    /// <remarks>
    /// Every position that a problem can begin with: at most <see cref="MaximumDifficulty"/> moves are left, and, where perfect play may tell, it is not lost. A past self is read at lost positions too.
    /// Of more than <see cref="GameOptions.Measured"/> there are that many, the same in every run.
    /// </remarks>
    public IReadOnlyList<DecisionPoint> Decisions => _decisions.Value;

    /// <inheritdoc />
    /// <remarks>
    /// The probability of a move that loses nothing, averaged over the positions that are not lost, each alike: over all of them, over the reserved ones, and over those
    /// where some legal move does lose something. An illegal move is no perfect one. What has no positions has no rate. Reserved ones have a rate of their own only where a problem is one move: a game that is played on goes through them.
    /// </remarks>
    public IReadOnlyList<MetricRecord> Measure(IReadOnlyList<IReadOnlyDictionary<string, double>> policy)
    {
        (IGamePosition Position, double Legal, double Perfect)[] played =
        [
            .. _positions.Value.Zip(policy, (position, written) => (position, Share(written, position.Moves), Share(written, _perfect.Best(position))))
                .Where(at => Sure(at.position) >= 0),
        ];
        return
        [
            .. Rate("optimal-play-rate", _ => true),
            .. ReservedUnseen ? Rate("optimal-play-rate/reserved", at => Reservation.Holds(Name, GameTable.Shown(at.Canonical))) : [],
            .. Rate("optimal-play-rate/decisive", at => _perfect.Best(at).Count < at.Moves.Count),
            .. played.Length > 0 ? [new MetricRecord("illegal-moves", 1 - played.Average(at => at.Legal))] : Array.Empty<MetricRecord>(),
        ];

        IEnumerable<MetricRecord> Rate(string name, Func<IGamePosition, bool> counts) =>
            played.Where(at => counts(at.Position)).Select(at => at.Perfect).ToArray() is { Length: > 0 } rates ? [new(name, rates.Average())] : [];
    }

    /// <inheritdoc />
    public IGame Game => _game;

    /// <inheritdoc />
    public Strategy? Frozen { get; }

    /// <inheritdoc />
    public bool ReservedUnseen => _options.OneMove;

    /// <inheritdoc />
    public bool Sampled => _options.Measured > 0;

    /// <inheritdoc />
    public IReadOnlyList<GameView> Views => [.. _positions.Value.Select(position => new GameView(position.View(position.Mover), position.Moves))];

    /// <inheritdoc />
    public bool Adapts => _options.Opponent == Opponent.PastSelf;

    /// <inheritdoc />
    public string PastSelves => (_past ?? new([.. _positions.Value.Select(_ => new Dictionary<string, double>())])).Save();

    /// <inheritdoc />
    public IEnvironment Joined(IReadOnlyList<IReadOnlyDictionary<string, double>> policy) => new BoardEnvironment(this, new([.. _positions.Value.Zip(policy, Legal)]));

    /// <inheritdoc />
    /// <exception cref="SocietyException">The text holds no past self of this game.</exception>
    public IEnvironment Restored(string pastSelves) => new BoardEnvironment(this, PastSelf.Load(pastSelves, _positions.Value.Count, Name));

    private static Dictionary<string, double> Legal(IGamePosition position, IReadOnlyDictionary<string, double> written) =>
        position.Moves.Where(move => written.ContainsKey(move + GameTable.Marker)).ToDictionary(move => move, move => written[move + GameTable.Marker]);

    private static double Share(IReadOnlyDictionary<string, double> written, IReadOnlyList<string> moves) => moves.Sum(move => written.GetValueOrDefault(move + GameTable.Marker));

    private List<IGamePosition> Positions()
    {
        List<IGamePosition> positions = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        Stack<IGamePosition> open = new([_start]);
        while (open.TryPop(out IGamePosition? position))
        {
            if (position.Mover < 0 || !seen.Add(GameTable.Shown(position))) continue;
            if (Left(position) <= MaximumDifficulty && (Adapts || Sure(position) >= 0)) positions.Add(position);
            foreach (string move in position.Moves) open.Push(position.Play(move));
        }

        if (_options.Measured == 0 || positions.Count <= _options.Measured) return positions;
        HashSet<string> measured = [.. positions.Select(GameTable.Shown).OrderBy(shown => KeyedRandom.Key(0, $"{Name}/measured/{shown}")).Take(_options.Measured)];
        return [.. positions.Where(position => measured.Contains(GameTable.Shown(position)))];
    }

    // What perfect play is sure to get for the one who moves.
    private double Sure(IGamePosition position) => position.Mover == 0 ? _perfect.Value(position) : -_perfect.Value(position);

    private GameTable Table(Problem problem, ulong? seed = null) =>
        new(At(problem.Text), KeyedRandom.Key(seed ?? _seed, $"{Name}/opponent/{problem.Text}"), Reply, _best, _options.OneMove);

    private string Reply(IGamePosition position, KeyedRandom random) => _options.Opponent switch
    {
        Opponent.Perfect => random.Choose(_perfect.Best(position)),
        Opponent.Random => random.Choose(position.Moves),
        _ => League.Chosen(_opponent(position.View(position.Mover), position.Moves), position.Moves, random),
    };

    private static string Result(double payoff) => payoff > 0 ? "a win" : payoff < 0 ? "a loss" : "a draw";

    private IGamePosition At(string text)
    {
        IGamePosition position = _start;
        for (int at = 0; at + 1 < text.Length; at += _moveLength) position = position.Play(text.Substring(at, _moveLength));
        return position;
    }

    private Problem Unreserved(int difficulty, KeyedRandom random) => ProblemDraw.Unreserved(Name, difficulty, random, Generate);

    // Where stones fall on one another, free cells that are no move yet come on top; elsewhere each cell, and each number of stones, is a move of its own.
    private static int Left(IGamePosition position) => position.View(0).Count(character => character == '_') + position.Moves.Count;
}
