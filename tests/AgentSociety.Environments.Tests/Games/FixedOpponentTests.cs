using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Environments.Games;

namespace AgentSociety.Environments.Tests.Games;

/// <summary>Strategies against opponents that never change, held against games that are played out and judged by the environments themselves.</summary>
public sealed class FixedOpponentTests : IDisposable
{
    private static readonly ToolAccess Nothing = new() { Notes = EmptyNotes.Instance };
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(Opponent.Random, "accuracy/random")]
    [InlineData(Opponent.Perfect, "accuracy/optimal")]
    public void Accuracy_on_boards_is_the_share_of_held_out_problems_that_are_judged_right(Opponent opponent, string metric)
    {
        TicTacToe game = new();
        Dictionary<string, string> problems = [];
        Walk(game.Deals[0].Position, "");
        int right = 0, played = 0;
        for (ulong seed = 0; seed < 20; seed++)
        {
            BoardEnvironment board = new(game, new() { Opponent = opponent }, seed);
            foreach (string text in problems.Values)
            {
                if (board.Parse(text).Problem is not { } problem || !Reservation.Holds(board.Name, problem.CanonicalForm)) continue;
                KeyedRandom random = KeyedRandom.For(seed, text);
                (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(board, problem, Nothing, said => said.Length > 0 && said[^1] is '+' or '~' or '-' or '!' ? null : random.Choose(Free(said, board.SolverPrompt(problem, random))) + ";");
                played++;
                if (board.Verify(problem, transcript).Outcome == Outcome.Correct) right++;
            }
        }

        Assert.InRange(played, 5_000, int.MaxValue);
        double measured = Metric(FixedOpponents.Measure(new BoardEnvironment(game, new() { OneMove = true }, 1), Exploitability.Uniform), metric);
        Assert.InRange(measured, ((double)right / played) - 0.02, ((double)right / played) + 0.02);

        // One way to each position.
        void Walk(IGamePosition position, string text)
        {
            if (position.Mover < 0 || !problems.TryAdd(position.View(position.Mover), text + "=")) return;
            foreach (string move in position.Moves) Walk(position.Play(move), text + move);
        }

        static string[] Free(string said, string prompt) => [.. $"{prompt}{said}"[($"{prompt}{said}".LastIndexOf(':') + 1)..^1].Where(char.IsAsciiDigit).Select(cell => cell.ToString())];
    }

    [Theory]
    [InlineData(Stranger.Random, "accuracy/random")]
    [InlineData(Stranger.Equilibrium, "accuracy/optimal")]
    public void Accuracy_where_something_is_hidden_is_the_share_of_deals_that_are_judged_right(Stranger opponent, string metric)
    {
        DealEnvironment kuhn = new(new KuhnPoker(), new() { Opponent = opponent }, 3);
        int right = 0;
        for (int deal = 0; deal < 8_000; deal++)
        {
            Problem problem = ScriptedPlay.Problem(kuhn, $"{(deal % 2 == 0 ? 'x' : 'o')}{deal}=");
            KeyedRandom random = KeyedRandom.For(1, "play", deal);
            (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(kuhn, problem, Nothing, said => said.Length > 0 && said[^1] is '+' or '~' or '-' ? null : random.Choose(["p;", "b;"]));
            if (kuhn.Verify(problem, transcript).Outcome == Outcome.Correct) right++;
        }

        Assert.InRange(Metric(FixedOpponents.Measure(kuhn, Exploitability.Uniform), metric), (right / 8_000.0) - 0.02, (right / 8_000.0) + 0.02);
    }

    [Fact]
    public void Two_games_of_one_name_have_equilibria_of_their_own()
    {
        // The same cards, and a name that another game has.
        Renamed other = new(new Goofspiel(), new KuhnPoker().Name);
        Strategy kuhn = OptimalPlay.Of(new KuhnPoker()), own = OptimalPlay.Of(other);
        Assert.InRange(Exploitability.Of(other, own, own), -1e-9, 0.05);
        Assert.InRange(Exploitability.Of(new KuhnPoker(), kuhn, kuhn), -1e-9, 0.05);
    }

    [Fact]
    public void Who_plays_perfectly_solves_everything_and_draws_with_himself()
    {
        TicTacToe game = new();
        IReadOnlyList<MetricRecord> perfect = FixedOpponents.Measure(new BoardEnvironment(game, new() { OneMove = true }, 1), OptimalPlay.Of(game));
        Assert.Equal(1, Metric(perfect, "accuracy/random"), 12);
        Assert.Equal(1, Metric(perfect, "accuracy/optimal"), 12);
        Assert.Equal(0.5, Metric(perfect, "score/optimal"), 12);
        Assert.InRange(Metric(perfect, "score/random"), 0.85, 1);
        // Of random games the first wins 58.49 % and 12.70 % are drawn.
        Assert.Equal(0.5849 + 0.0635, League.Score(game, Exploitability.Uniform, Exploitability.Uniform), 3);
        IReadOnlyList<MetricRecord> poker = FixedOpponents.Measure(new DealEnvironment(new KuhnPoker(), new(), 1), OptimalPlay.Of(new KuhnPoker()));
        Assert.InRange(Metric(poker, "accuracy/optimal"), 0.99, 1);
        Assert.Equal(0.5, Metric(poker, "score/optimal"), 9);
    }

    [Fact]
    public void A_strategy_that_was_read_is_written_read_again_and_measured_against_as_a_frozen_self()
    {
        KuhnPoker kuhn = new();
        DealEnvironment read = new(kuhn, new(), 1);
        // Bets three times in four, writes nonsense at the first decision.
        IReadOnlyDictionary<string, IReadOnlyList<double>> table = StrategyTable.Of(read.Views, [.. read.Decisions.Select((_, at) => at == 0 ? new Dictionary<string, double> { ["?;"] = 1 } : new Dictionary<string, double> { ["b;"] = 0.6, ["p;"] = 0.2, ["x"] = 0.2 })]);
        Assert.Equal([0.5, 0.5], table[read.Views[0].View]);
        Assert.Equal([0.25, 0.75], table[read.Views[1].View].Select(weight => Math.Round(weight, 12)));
        StrategyTable.Write(_path, table);
        DealEnvironment league = new(kuhn, new() { Opponent = Stranger.PastSelves, Strategy = _path }, 1);
        Assert.Equal(0.5, Metric(FixedOpponents.Measure(league, StrategyTable.Strategy(table)), "score/frozen"), 12);
        // The file stays the opponent of the test when past selves have joined.
        IGamePlay later = (IGamePlay)league.Joined([.. league.Decisions.Select(_ => new Dictionary<string, double> { ["p;"] = 1 })]);
        Assert.Equal(0.5, Metric(FixedOpponents.Measure(later, StrategyTable.Strategy(table)), "score/frozen"), 12);
        Assert.DoesNotContain(FixedOpponents.Measure(read, Exploitability.Uniform), measured => measured.Name.EndsWith("/frozen", StringComparison.Ordinal));
    }

    [Fact]
    public void On_a_board_a_past_self_is_frozen_in_a_file_and_sits_opposite_too()
    {
        TicTacToe game = new();
        // Always the first free cell.
        IReadOnlyDictionary<string, IReadOnlyList<double>> table = StrategyTable.Of(game, (_, moves) => [1, .. Enumerable.Repeat(0.0, moves.Count - 1)]);
        Assert.Equal(4520, table.Count);
        StrategyTable.Write(_path, table);
        BoardEnvironment board = new(game, new() { Opponent = Opponent.Frozen, Strategy = _path }, 1);
        Assert.Equal("3>", board.OpenTools(ScriptedPlay.Problem(board, "1524="), Nothing).Call("6;")[..2]);
        Assert.Equal(0.5, Metric(FixedOpponents.Measure(board, StrategyTable.Strategy(table)), "score/frozen"), 12);
        ILeaguePlay league = new BoardEnvironment(game, new() { Opponent = Opponent.PastSelf, Strategy = _path }, 1);
        IGamePlay later = (IGamePlay)league.Joined([.. league.Decisions.Select(_ => new Dictionary<string, double>())]);
        Assert.Equal(0.5, Metric(FixedOpponents.Measure(later, StrategyTable.Strategy(table)), "score/frozen"), 12);
        Assert.Contains("strategy", Assert.Throws<SocietyException>(() => new BoardEnvironment(game, new() { Opponent = Opponent.Frozen }, 1)).Message);
        // A board with 161,029 positions and far more ways to them.
        Assert.InRange(StrategyTable.Of(new ConnectFour(4, 4), Exploitability.Uniform).Count, 50_000, 161_029);
    }

    [Fact]
    public void Past_selves_that_became_better_are_rated_higher_and_of_many_the_first_and_the_last_are_among_the_rated()
    {
        TicTacToe game = new();
        IReadOnlyList<MetricRecord> ratings = LeagueRatings.Of(game, [(0, Exploitability.Uniform), (10, OptimalPlay.Of(game))], 1);
        Assert.Equal(4 * 3, ratings.Count);
        Assert.True(Metric(ratings, "rating/10/low") > Metric(ratings, "rating/0/high"));
        // The same strategies under two names: their intervals have something in common.
        foreach ((string one, string other) in new[] { ("10", "optimal"), ("0", "random") })
        {
            Assert.True(Metric(ratings, $"rating/{one}/low") <= Metric(ratings, $"rating/{other}/high"));
            Assert.True(Metric(ratings, $"rating/{other}/low") <= Metric(ratings, $"rating/{one}/high"));
        }

        IReadOnlyList<MetricRecord> many = LeagueRatings.Of(new KuhnPoker(), [.. Enumerable.Range(0, 40).Select(round => (round, Exploitability.Uniform))], 1);
        Assert.Equal((8 + 2) * 3, many.Count);
        Assert.Contains(many, metric => metric.Name == "rating/0");
        Assert.Contains(many, metric => metric.Name == "rating/39");
    }

    private static double Metric(IReadOnlyList<MetricRecord> metrics, string name) => metrics.Single(metric => metric.Name == name).Value;

    private sealed class Renamed(IGame game, string name) : IGame
    {
        public string Name => name;

        public string Alphabet => game.Alphabet;

        public bool PerfectInformation => game.PerfectInformation;

        public IReadOnlyList<GameDeal> Deals => game.Deals;
    }
}
