using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Environments.Games;
using CsCheck;

namespace AgentSociety.Environments.Tests.Games;

/// <summary>What is measured at every decision point, against oracles that share no code with the games.</summary>
public class MeasuredPlayTests
{
    private static readonly int[][] Rows = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

    [Fact]
    public void The_optimal_play_rate_of_tic_tac_toe_is_that_of_an_independent_minimax()
    {
        BoardEnvironment board = new(new TicTacToe(), new(), 1);
        Dictionary<string, int[]> perfect = [];
        Walk([.. new string('.', 9)], 'x', []);
        Assert.Equal(perfect.Keys.Order(StringComparer.Ordinal), board.Decisions.Select(decision => decision.Prompt).Order(StringComparer.Ordinal));
        Assert.All(board.Decisions, decision => Assert.Equal(2, decision.Longest));
        int[][] best = [.. board.Decisions.Select(decision => perfect[decision.Prompt])];

        Assert.Equal(1, Measured(board, at => Certain(best[at][0]), "optimal-play-rate"), 12);
        Assert.Equal(0, Measured(board, at => Certain(best[at][0]), "illegal-moves"), 12);
        double random = Enumerable.Range(0, best.Length).Average(at => (double)best[at].Length / Free(board.Decisions[at]).Length);
        Assert.Equal(random, Measured(board, at => Alike(Free(board.Decisions[at])), "optimal-play-rate"), 12);
        int[] decisive = [.. Enumerable.Range(0, best.Length).Where(at => best[at].Length < Free(board.Decisions[at]).Length)];
        Assert.Equal(decisive.Average(at => (double)best[at].Length / Free(board.Decisions[at]).Length), Measured(board, at => Alike(Free(board.Decisions[at])), "optimal-play-rate/decisive"), 12);
        Assert.Equal(1, Measured(board, _ => new Dictionary<string, double> { ["won;"] = 0.5, ["0;"] = 0.5 }, "illegal-moves"), 12);
        Assert.InRange(Enumerable.Range(0, best.Length).Count(at => Reservation.Holds(board.Name, board.Decisions[at].Prompt)) / (double)best.Length, 0.1, 0.15);

        // Value for the one who moves; a position that it may still win or draw is a decision, from seven free cells on.
        int Walk(char[] cells, char mover, HashSet<string> seen)
        {
            char other = mover == 'x' ? 'o' : 'x';
            if (Rows.Any(row => row.All(cell => cells[cell] == other))) return -1;
            int[] free = [.. Enumerable.Range(0, 9).Where(cell => cells[cell] == '.')];
            if (free.Length == 0) return 0;
            int[] values = [.. free.Select(cell =>
            {
                cells[cell] = mover;
                int value = -Walk(cells, other, seen);
                cells[cell] = '.';
                return value;
            })];
            int highest = values.Max();
            string named = string.Concat(cells.Select((held, cell) => (char)(cell + (held == '.' ? '1' : held == mover ? 'A' : 'a'))));
            if (free.Length <= 7 && highest >= 0) perfect[$"{mover}:{named}="] = [.. free.Where((_, index) => values[index] == highest).Select(cell => cell + 1)];
            return highest;
        }
    }

    [Fact]
    public void What_is_held_out_is_measured_apart_only_where_games_do_not_go_through_it()
    {
        TicTacToe game = new(canonical: true);
        BoardEnvironment games = new(game, new() { Canonical = true }, 1), moves = new(game, new() { Canonical = true, OneMove = true }, 1);
        // A game that was begun at a position that is free to play goes on through one that is not.
        Assert.Contains(games.Decisions, decision => Reservation.Holds(games.Name, decision.Prompt));
        Assert.Equal(["illegal-moves", "optimal-play-rate", "optimal-play-rate/decisive"], Names(games));
        Assert.Equal(["illegal-moves", "optimal-play-rate", "optimal-play-rate/decisive", "optimal-play-rate/reserved"], Names(moves));
        Assert.DoesNotContain(FixedOpponents.Measure(games, Exploitability.Uniform), metric => metric.Name.StartsWith("accuracy", StringComparison.Ordinal));
        Assert.Equal(2, FixedOpponents.Measure(moves, Exploitability.Uniform).Count(metric => metric.Name.StartsWith("accuracy", StringComparison.Ordinal)));

        static IEnumerable<string> Names(BoardEnvironment board) => board.Measure([.. board.Decisions.Select(_ => Certain(1))]).Select(metric => metric.Name).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void What_has_no_positions_is_not_measured()
    {
        // With one cell free no legal move loses anything; of few heaps no position may be reserved.
        foreach (BoardEnvironment board in new BoardEnvironment[] { new(new TicTacToe(), new() { MaximumDifficulty = 1 }, 1), new(new Nim(1, 2), new() { Heaps = "12", OneMove = true }, 1) })
        {
            IReadOnlyList<MetricRecord> measured = board.Measure([.. board.Decisions.Select(_ => Certain(1))]);
            Assert.Contains(measured, metric => metric.Name == "optimal-play-rate");
            Assert.DoesNotContain(measured, metric => metric.Name == (board.Name == "nim" ? "optimal-play-rate/reserved" : "optimal-play-rate/decisive"));
            Assert.All(measured, metric => Assert.InRange(metric.Value, 0, 1));
        }
    }

    [Fact]
    public void The_optimal_play_rate_of_nim_is_that_of_boutons_rule()
    {
        BoardEnvironment nim = new(new Nim(3, 4, 5), new(), 1);
        double right = nim.Decisions.Average(decision =>
        {
            int[] heaps = [.. decision.Prompt[2..5].Select(digit => digit - '0')];
            int sum = heaps.Aggregate((left, next) => left ^ next);
            Assert.NotEqual(0, sum);
            return (double)heaps.Count(heap => (heap ^ sum) < heap) / heaps.Sum();
        });
        Assert.Equal(right, Measured(nim, at => Moves(nim.Decisions[at].Prompt), "optimal-play-rate"), 12);

        static Dictionary<string, double> Moves(string prompt)
        {
            string[] moves = [.. Enumerable.Range(0, 3).SelectMany(heap => Enumerable.Range(1, prompt[2 + heap] - '0').Select(taken => $"{(char)('a' + heap)}{taken};"))];
            return moves.ToDictionary(move => move, _ => 1.0 / moves.Length);
        }
    }

    [Fact]
    public void Exploitability_in_kuhn_poker_is_that_of_the_best_of_all_pure_replies() => Gen.Double[0, 1].Array[12].Sample(bets =>
    {
        DealEnvironment kuhn = new(new KuhnPoker(), new(), 1);
        Dictionary<string, double> bet = [];
        foreach (DecisionPoint decision in kuhn.Decisions) bet[View(decision)] = bets[bet.Count];
        double first = Enumerable.Range(0, 64).Max(plan => Value(view => Pure(plan, view), view => bet[view]));
        double second = Enumerable.Range(0, 64).Max(plan => -Value(view => bet[view], view => Pure(plan, view)));
        Assert.Equal((first + second) / 2, Measured(kuhn, at => Bets(bet[View(kuhn.Decisions[at])]), "exploitability"), 9);
    }, iter: 50);

    [Fact]
    public void Kuhns_own_equilibrium_cannot_be_exploited_and_is_worth_a_loss_of_one_in_eighteen()
    {
        DealEnvironment kuhn = new(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 1);
        Dictionary<string, double> bet = new() { ["J"] = 0.2, ["Q"] = 0, ["K"] = 0.6, ["Jpb"] = 0, ["Qpb"] = 0.2 + 1 / 3.0, ["Kpb"] = 1, ["Jp"] = 1 / 3.0, ["Qp"] = 0, ["Kp"] = 1, ["Jb"] = 0, ["Qb"] = 1 / 3.0, ["Kb"] = 1 };
        Assert.Equal(12, kuhn.Decisions.Count);
        Assert.Equal(-1 / 18.0, Value(view => bet[view], view => bet[view]), 12);
        Assert.Equal(0, Measured(kuhn, at => Bets(bet[View(kuhn.Decisions[at])]), "exploitability"), 9);
        Assert.Equal(11 / 24.0, Measured(kuhn, _ => Bets(0.5), "exploitability"), 9);
        Assert.Equal(0.25, Measured(kuhn, _ => new Dictionary<string, double> { ["p;"] = 0.5, ["b;"] = 0.25, ["pp"] = 0.25 }, "illegal-moves"), 9);
    }

    [Fact]
    public void Whoever_joins_past_selves_as_the_best_reply_to_them_makes_them_hard_to_exploit()
    {
        ILeaguePlay league = new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 1);
        double begun = Past(league);
        for (int round = 0; round < 300; round++) league = (ILeaguePlay)league.Joined([.. league.Decisions.Select(decision => Bets(Right(league, decision, "b;") ? 1 : 0))]);
        Assert.InRange(Past(league), 0, 0.02);
        Assert.InRange(begun, 0.3, 1);

        static double Past(ILeaguePlay league) => Metric(league.Measure([.. league.Decisions.Select(_ => Bets(0.5))]), "exploitability/past-selves");
    }

    [Fact]
    public void Past_selves_that_were_stored_sit_opposite_again() => Gen.Double[0, 1].Array[12].Array[1, 5].Sample(selves =>
    {
        ILeaguePlay league = new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 1);
        foreach (double[] self in selves) league = (ILeaguePlay)league.Joined([.. self.Select(Bets)]);
        ILeaguePlay again = (ILeaguePlay)((ILeaguePlay)new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 1)).Restored(league.PastSelves);
        Assert.Equal(league.PastSelves, again.PastSelves);
        IEnvironment one = (IEnvironment)league, two = (IEnvironment)again;
        for (int deal = 0; deal < 40; deal++)
        {
            Problem problem = ScriptedPlay.Problem(one, $"o{deal}=");
            Assert.Equal(one.SolverPrompt(problem, KeyedRandom.For(1, "prompt")), two.SolverPrompt(problem, KeyedRandom.For(1, "prompt")));
        }
    }, iter: 20);

    [Fact]
    public void Past_selves_play_as_if_one_were_drawn_for_each_game()
    {
        // The second self never comes to a view after its own pass, so that only the first, which passes half of the time, counts there.
        ILeaguePlay league = new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 1);
        league = (ILeaguePlay)league.Joined([.. league.Decisions.Select(_ => Bets(1))]);
        DealEnvironment frozen = (DealEnvironment)league;
        HashSet<string> after = [];
        for (int deal = 0; deal < 400; deal++)
        {
            Problem problem = ScriptedPlay.Problem(frozen, $"o{deal}=");
            string prompt = frozen.SolverPrompt(problem, KeyedRandom.For(1, "prompt"));
            if (!prompt.EndsWith("p=", StringComparison.Ordinal)) continue;
            IToolSession tools = frozen.OpenTools(problem, new() { Notes = Core.Culture.EmptyNotes.Instance });
            after.Add(tools.Call("b;")[..1]);
        }

        Assert.Equal(["b", "p"], after.Order());
    }

    [Fact]
    public void Whoever_answers_late_is_harder_to_exploit_where_the_newest_self_is_anticipated()
    {
        double plain = After(0), anticipated = After(0.2);
        Assert.InRange(anticipated, 0, 0.05);
        Assert.True(anticipated < 0.7 * plain, $"{anticipated} against {plain}");

        // Each self goes a quarter of the way to the best reply.
        static double After(double share)
        {
            ILeaguePlay league = new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves, Anticipation = share }, 1);
            double[] bets = [.. league.Decisions.Select(_ => 0.5)];
            for (int round = 0; round < 100; round++)
            {
                bets = [.. bets.Zip(league.Decisions, (bet, decision) => (0.75 * bet) + (0.25 * (Right(league, decision, "b;") ? 1 : 0)))];
                league = (ILeaguePlay)league.Joined([.. bets.Select(Bets)]);
            }

            return Metric(league.Measure([.. bets.Select(Bets)]), "exploitability/past-selves");
        }
    }

    [Fact]
    public void An_opponent_that_is_all_anticipation_is_the_newest_self()
    {
        ILeaguePlay league = new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves, Anticipation = 1 }, 1);
        league = (ILeaguePlay)league.Joined([.. league.Decisions.Select(_ => Bets(1))]);
        IEnvironment newest = (IEnvironment)league, again = ((ILeaguePlay)new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves, Anticipation = 1 }, 1)).Restored(league.PastSelves);
        for (int deal = 0; deal < 100; deal++)
        {
            foreach (IEnvironment table in new[] { newest, again }) Assert.EndsWith("b=", table.SolverPrompt(ScriptedPlay.Problem(table, $"o{deal}="), KeyedRandom.For(1, "prompt")));
        }
    }

    [Theory, InlineData("nonsense"), InlineData("null"), InlineData("{}"), InlineData("{\"Count\":1,\"Played\":{}}"), InlineData("{\"Count\":1,\"Played\":{\"J\":[1]}}")]
    public void Stored_past_selves_of_another_kind_are_refused(string stored)
    {
        ILeaguePlay league = new DealEnvironment(new KuhnPoker(), new() { Opponent = Stranger.PastSelves }, 1);
        Assert.Contains("past selves of 'kuhn-poker'", Assert.Throws<SocietyException>(() => league.Restored(stored)).Message);
    }

    private static bool Right(ILeaguePlay league, DecisionPoint decision, string move)
    {
        DealEnvironment kuhn = (DealEnvironment)league;
        // A deal whose play comes to this view, found by trying; its steps say whether the move loses anything against the past selves.
        string view = View(decision);
        for (int deal = 0; ; deal++)
        {
            Problem problem = ScriptedPlay.Problem(kuhn, $"{(view.Length % 2 == 1 ? 'x' : 'o')}{deal}=");
            List<Segment> transcript = [new(Source.Prompt, kuhn.SolverPrompt(problem, KeyedRandom.For(1, "prompt")))];
            IToolSession tools = kuhn.OpenTools(problem, new() { Notes = Core.Culture.EmptyNotes.Instance });
            if (view.Length == 3)
            {
                transcript.Add(new(Source.Model, "p;"));
                transcript.Add(new(Source.Tool, tools.Call("p;")));
            }

            if (!transcript[^1].Text.EndsWith($":{view}=", StringComparison.Ordinal)) continue;
            transcript.Add(new(Source.Model, move));
            return kuhn.Verify(problem, transcript).Steps[^1].Valid;
        }
    }

    // What the first player can expect, from the rules as Kuhn wrote them.
    private static double Value(Func<string, double> first, Func<string, double> second)
    {
        double sum = 0;
        foreach (string deal in new[] { "JQ", "JK", "QJ", "QK", "KJ", "KQ" })
        {
            char mine = deal[0], theirs = deal[1];
            double sign = "JQK".IndexOf(mine) > "JQK".IndexOf(theirs) ? 1 : -1;
            double raised = second($"{theirs}b"), begun = first($"{mine}"), after = second($"{theirs}p"), called = first($"{mine}pb");
            sum += begun * (raised * 2 * sign + (1 - raised)) + (1 - begun) * (after * (called * 2 * sign - (1 - called)) + (1 - after) * sign);
        }

        return sum / 6;
    }

    private static double Pure(int plan, string view) => plan >> (("JQK".IndexOf(view[0]) * 2) + (view.Length == 1 || view[1..] == "p" ? 0 : 1)) & 1;

    private static string View(DecisionPoint decision) => decision.Prompt[(decision.Prompt.LastIndexOf(':') + 1)..^1];

    private static char[] Free(DecisionPoint decision) => [.. decision.Prompt[2..].Where(char.IsAsciiDigit)];

    private static Dictionary<string, double> Certain(int move) => new() { [$"{move};"] = 1 };

    private static Dictionary<string, double> Alike(char[] moves) => moves.ToDictionary(move => $"{move};", _ => 1.0 / moves.Length);

    private static Dictionary<string, double> Bets(double bet) => new() { ["b;"] = bet, ["p;"] = 1 - bet };

    private static double Measured(IMeasuredPlay play, Func<int, IReadOnlyDictionary<string, double>> policy, string metric) =>
        Metric(play.Measure([.. Enumerable.Range(0, play.Decisions.Count).Select(policy)]), metric);

    private static double Metric(IReadOnlyList<MetricRecord> metrics, string name) => metrics.Single(metric => metric.Name == name).Value;
}
