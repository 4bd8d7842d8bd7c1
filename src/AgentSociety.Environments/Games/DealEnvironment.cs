using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Environments.Games;

/// <summary>
/// A game of hidden information as tasks: a problem is a seat and the number of a deal, <c>x17=</c>; the solver sees what that seat sees and plays
/// against a fixed opponent. It is right where no move loses anything in expectation against this opponent, whatever the cards brought.
/// </summary>
/// <remarks>
/// Judging decisions, not luck, makes the verdict exact: each is held against the best response. Against an equilibrium many moves are equally good,
/// so whoever wants to learn to be hard to exploit plays frozen past selves (a best response to their mean is a round of fictitious play) and
/// measures <see cref="Exploitability"/>. What is held out is deals, that is luck, and no decision: what a seat can see when it begins is little (nine
/// prompts in Kuhn poker), other deals show it too, and a decision that nobody ever played would stay exploitable. Accuracy on held-out deals is accuracy, then,
/// and no measure of what is made of the unknown. All deals are equally hard: there is one difficulty. Text is as in <see cref="BoardEnvironment"/>.
/// </remarks>
public sealed class DealEnvironment : IEnvironment, IDemonstrator, ILeaguePlay, IGamePlay
{
    private const int MostDigits = 6;
    private readonly IGame _game;
    private readonly DealOptions _options;
    private readonly ulong _seed;
    private readonly Strategy _opponent;
    private readonly IReadOnlyDictionary<string, IReadOnlyList<string>>[] _best;
    private readonly PastSelves _past;
    private readonly Lazy<GameDecisions> _decisions;

    /// <summary>Creates the tasks of one game.</summary>
    /// <exception cref="SocietyException">An option is out of range, or the opponent's strategy cannot be read.</exception>
    public DealEnvironment(IGame game, DealOptions options, ulong seed)
        : this(game, options, seed, PastSelves.None(game), options.Strategy.Length > 0 ? StrategyTable.Read(options.Strategy, game) : null)
    {
    }

    private DealEnvironment(IGame game, DealOptions options, ulong seed, PastSelves past, Strategy? frozen)
    {
        OptionChecks.Require(game.Name, options);
        (_game, _options, _seed, _past) = (game, options, seed, past);
        _decisions = new(() => GameDecisions.Of(game));
        Frozen = frozen;
        _opponent = options.Opponent switch
        {
            Stranger.Random => Exploitability.Uniform,
            Stranger.PastSelves => past.Anticipated(options.Anticipation),
            Stranger.Frozen => frozen ?? StrategyTable.Read(options.Strategy, game),
            _ => OptimalPlay.Of(game),
        };
        double tie = options.Opponent == Stranger.Equilibrium ? OptimalPlay.NearEquilibrium : 1e-9;
        _best = [Exploitability.BestMoves(game, 0, _opponent, tie), Exploitability.BestMoves(game, 1, _opponent, tie)];
        Alphabet = string.Concat($"{game.Alphabet}0123456789xo=;@:>+~-!".Distinct());
    }

    /// <inheritdoc />
    public string Name => _game.Name;

    /// <inheritdoc />
    public string Alphabet { get; }

    /// <inheritdoc />
    public int MaximumDifficulty => 1;

    /// <inheritdoc />
    public Problem Generate(int difficulty, KeyedRandom random)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(difficulty, 1);
        return Problem($"{(random.Next(2) == 0 ? 'x' : 'o')}{random.Next(1_000_000)}=");
    }

    /// <inheritdoc />
    public Proposal Parse(string text) =>
        text is ['x' or 'o', .. { Length: >= 1 and <= MostDigits } number, '='] && !number.AsSpan().ContainsAnyExceptInRange('0', '9') && (number[0] != '0' || number.Length == 1)
            ? Proposal.Valid(Problem(text)) : Proposal.Malformed($"not a seat, x or o, the number of a deal with 1 to {MostDigits} digits, and '='");

    /// <inheritdoc />
    public string ProposerPrompt(Frontier frontier, KeyedRandom random) => $"@{FrontierText.Digits(frontier, 1)}:";

    /// <inheritdoc />
    public string SolverPrompt(Problem problem, KeyedRandom random) => GameTable.Shown(Dealt(problem.Text, _seed));

    /// <inheritdoc />
    public IToolSession OpenTools(Problem problem, ToolAccess access) => Table(problem.Text, _seed);

    /// <inheritdoc />
    public Verdict Verify(Problem problem, IReadOnlyList<Segment> transcript) => Table(problem.Text, _seed).Judge(transcript, static (got, steps) =>
    {
        int slips = steps.Count(step => !step.Valid);
        return new() { Outcome = slips == 0 ? Outcome.Correct : Outcome.Wrong, Reason = slips == 0 ? $"no move lost anything in expectation; it paid {got}" : $"{slips} of {steps.Count} moves lost something in expectation; it paid {got}", Steps = steps };
    });

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        Problem problem = Unreserved(random);
        // Dealt by a seed of its own: what is shown is no deal of this run.
        ulong seed = random.NextUInt64();
        GameTable table = Table(problem.Text, seed);
        List<Segment> shown = [new(Source.Prompt, GameTable.Shown(table.Position))];
        while (table.Position.Mover >= 0)
        {
            string move = random.Choose(random.NextDouble() < _options.DemonstrateBest ? Best(table.Position) : table.Position.Moves) + GameTable.Marker;
            shown.Add(new(Source.Model, move));
            shown.Add(new(Source.Tool, table.Call(move)));
        }

        return shown;
    }

    /// <inheritdoc />
    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
    [
        new(Source.Prompt, ProposerPrompt(FrontierAt.Edge(1, 1, random), random)),
        new(Source.Model, Unreserved(random).Text),
    ];

    /// <inheritdoc />
    public IReadOnlyList<DecisionPoint> Decisions => _decisions.Value.Points;

    /// <inheritdoc />
    public IGame Game => _game;

    /// <inheritdoc />
    public IReadOnlyList<GameView> Views => _decisions.Value.Seen;

    /// <inheritdoc />
    public Strategy? Frozen { get; }

    /// <inheritdoc />
    public bool Adapts => _options.Opponent == Stranger.PastSelves;

    /// <inheritdoc />
    string ILeaguePlay.PastSelves => _past.Save();

    /// <inheritdoc />
    /// <remarks>Of the policy itself, and, where past selves sit opposite, of their mean with this policy among them, as a league that draws a member for each game would play.</remarks>
    public IReadOnlyList<MetricRecord> Measure(IReadOnlyList<IReadOnlyDictionary<string, double>> policy)
    {
        Strategy own = _decisions.Value.Strategy(policy);
        List<MetricRecord> measured = [new("exploitability", Exploitability.Of(_game, own, own)), new("illegal-moves", _decisions.Value.Illegal(policy))];
        if (!Adapts) return measured;
        Strategy mean = _past.With(_game, own).Mean;
        return [.. measured, new("exploitability/past-selves", Exploitability.Of(_game, mean, mean))];
    }

    /// <inheritdoc />
    public IEnvironment Joined(IReadOnlyList<IReadOnlyDictionary<string, double>> policy) => new DealEnvironment(_game, _options, _seed, _past.With(_game, _decisions.Value.Strategy(policy)), Frozen);

    /// <inheritdoc />
    /// <exception cref="SocietyException">The text holds no past selves of this game.</exception>
    public IEnvironment Restored(string pastSelves) => new DealEnvironment(_game, _options, _seed, PastSelves.Load(pastSelves, _game), Frozen);

    private static Problem Problem(string text) => new() { Text = text, Difficulty = 1, CanonicalForm = text, Seat = text[..1] };

    private IReadOnlyList<string> Best(IGamePosition position) => _best[position.Mover].TryGetValue(position.View(position.Mover), out IReadOnlyList<string>? moves) ? moves : position.Moves;

    private GameTable Table(string text, ulong seed) => new(Dealt(text, seed), KeyedRandom.Key(seed, $"{Name}/opponent/{text}"), Reply, Best);

    // Dealt by the deals' probabilities; where the solver sits second, the opponent has moved.
    private IGamePosition Dealt(string text, ulong seed)
    {
        KeyedRandom random = KeyedRandom.For(seed, $"{Name}/deal/{text}");
        IGamePosition position = League.Chosen([.. _game.Deals.Select(deal => deal.Probability)], _game.Deals, random).Position;
        return text[0] == 'x' ? position : position.Play(Reply(position, random));
    }

    private string Reply(IGamePosition position, KeyedRandom random) => League.Chosen(_opponent(position.View(position.Mover), position.Moves), position.Moves, random);

    private Problem Unreserved(KeyedRandom random) => ProblemDraw.Unreserved(Name, 1, random, Generate);
}
