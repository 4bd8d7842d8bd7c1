using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Environments.Games;
using CsCheck;

namespace AgentSociety.Environments.Tests.Games;

/// <summary>Board games against the society's own past self: who is judged by the outcomes of its own games alone.</summary>
public class PastSelfTests
{
    private static readonly GameOptions PastSelf = new() { Opponent = Opponent.PastSelf };
    private static readonly BoardEnvironment[] Lookaheads = [.. Enumerable.Range(1, 3).Select(moves => new BoardEnvironment(new TicTacToe(), PastSelf with { Lookahead = moves }, 1))];
    private static readonly BoardEnvironment Board = Lookaheads[0];

    // A list of moves for each position that a problem can begin with, by what its mover sees.
    private static readonly Lazy<IReadOnlyDictionary<string, string>> Texts = new(() =>
    {
        Dictionary<string, string> texts = [];
        Queue<string> open = new([.. from first in "123456789" from second in "123456789" where first != second select $"{first}{second}"]);
        while (open.TryDequeue(out string? moves))
        {
            if (Board.Parse($"{moves}=").Problem is { } problem && texts.TryAdd(Board.SolverPrompt(problem, KeyedRandom.For(1, "shown")), problem.Text))
            {
                foreach (char move in "123456789".Except(moves)) open.Enqueue(moves + move);
            }
        }

        return texts;
    });

    [Fact]
    public void A_society_that_does_what_its_own_games_teach_plays_perfectly_after_as_many_rounds_as_there_are_moves()
    {
        BoardEnvironment board = Board;
        List<double> rates = [];
        for (int round = 0; round < board.MaximumDifficulty; round++)
        {
            IReadOnlyDictionary<string, double>[] policy = [.. board.Decisions.Select(decision => Certain(Taught(board, decision.Prompt)[0]))];
            rates.Add(Metric(board.Measure(policy), "optimal-play-rate"));
            board = (BoardEnvironment)board.Joined(policy);
        }

        Assert.InRange(rates[0], 0.6, 0.99);
        Assert.Equal(1, rates[^1], 12);
    }

    [Fact]
    public void A_move_is_valid_exactly_where_no_other_gets_more_in_the_games_of_the_past_self_after_what_is_searched() => Gen.Select(Gen.Int[1, 3], Gen.Double[0, 1].Array[9]).Sample((lookahead, likings) =>
    {
        BoardEnvironment board = (BoardEnvironment)Lookaheads[lookahead - 1].Joined([.. Board.Decisions.Select(decision => Mixed(decision.Prompt, likings))]);
        HashSet<string> known = [.. Board.Decisions.Select(decision => decision.Prompt)];
        foreach (string prompt in Board.Decisions.Select(decision => decision.Prompt).Where(prompt => prompt.Count(char.IsAsciiDigit) <= 4).Take(200))
        {
            (char[] cells, char mover) = Read(prompt);
            Dictionary<char, double> values = [];
            foreach (char move in prompt.Where(char.IsAsciiDigit)) values[move] = -Searched(Played(cells, move, mover), Other(mover), lookahead - 1);
            double greatest = values.Values.Max();
            Assert.Equal(values.Keys.Where(move => values[move] > greatest - 1e-9).Order(), Taught(board, prompt).Order());
        }

        // For the one who moves: the best of its moves, as long as there are any to search.
        double Searched(char[] cells, char mover, int moves)
        {
            bool over = Rows.Any(row => row.All(cell => cells[cell] == Other(mover))) || !cells.Contains('.');
            if (moves == 0 || over) return Expected(cells, mover);
            return Enumerable.Range(0, 9).Where(cell => cells[cell] == '.').Max(cell => -Searched(Played(cells, (char)('1' + cell), mover), Other(mover), moves - 1));
        }

        // For the one who moves: the rules of the game, and the self's own mixture.
        double Expected(char[] cells, char mover)
        {
            if (Rows.Any(row => row.All(cell => cells[cell] == Other(mover)))) return -1;
            char[] free = [.. Enumerable.Range(0, 9).Where(cell => cells[cell] == '.').Select(cell => (char)('1' + cell))];
            if (free.Length == 0) return 0;
            string prompt = $"{mover}:{string.Concat(cells.Select((held, cell) => (char)(cell + (held == '.' ? '1' : held == mover ? 'A' : 'a'))))}=";
            Dictionary<string, double> mixture = known.Contains(prompt) ? Mixed(prompt, likings) : free.ToDictionary(move => $"{move};", _ => 1.0 / free.Length);
            return free.Sum(move => mixture[$"{move};"] * -Expected(Played(cells, move, mover), Other(mover)));
        }
    }, iter: 10);

    [Fact]
    public void Lost_positions_are_posed_as_any_other_since_nobody_knows_that_they_are_lost()
    {
        BoardEnvironment fixedOpponent = new(new TicTacToe(), new(), 1);
        Assert.Equal("the position is lost", fixedOpponent.Parse("125=").Reason);
        Assert.NotNull(Board.Parse("125=").Problem);
        Assert.Contains(Board.Decisions, decision => decision.Prompt == Board.SolverPrompt(Board.Parse("125=").Problem!, KeyedRandom.For(1, "shown")));
        Assert.Equal(fixedOpponent.Decisions.Order(ByPrompt), Board.Decisions.Where(decision => fixedOpponent.Parse(Texts.Value[decision.Prompt]).Problem is not null).Order(ByPrompt));
        Assert.True(Board.Adapts);
        Assert.False(fixedOpponent.Adapts);
    }

    [Fact]
    public void What_is_measured_does_not_depend_on_what_is_played_at_lost_positions() => Gen.Double[0, 1].Array[9].Sample(likings =>
    {
        BoardEnvironment fixedOpponent = new(new TicTacToe(), new(), 1);
        IReadOnlyList<MetricRecord> expected = fixedOpponent.Measure([.. fixedOpponent.Decisions.Select(decision => Mixed(decision.Prompt, likings))]);
        HashSet<string> judged = [.. fixedOpponent.Decisions.Select(decision => decision.Prompt)];
        IReadOnlyList<MetricRecord> measured = Board.Measure([.. Board.Decisions.Select(decision => judged.Contains(decision.Prompt) ? Mixed(decision.Prompt, likings) : new Dictionary<string, double>())]);
        Assert.Equal(expected.Select(metric => metric.Name), measured.Select(metric => metric.Name));
        foreach ((MetricRecord one, MetricRecord other) in expected.Zip(measured)) Assert.Equal(one.Value, other.Value, 9);
    }, iter: 5);

    [Fact]
    public void Material_shows_any_legal_moves_at_first_and_then_what_came_out_best_for_the_past_self() => Gen.Select(Gen.Double[0, 1].Array[9], Gen.ULong).Sample((likings, key) =>
    {
        BoardEnvironment board = (BoardEnvironment)Board.Joined([.. Board.Decisions.Select(decision => Mixed(decision.Prompt, likings))]);
        Assert.Equal(1, Shown(board), 12);
        Assert.InRange(Shown(Board), 0.01, 0.99);

        double Shown(BoardEnvironment environment) => Enumerable.Range(0, 40).Average(index =>
        {
            IReadOnlyList<Segment> shown = environment.DemonstrateSolution(5, KeyedRandom.For(key, "shown", index));
            return Taught(environment, shown[0].Text).Contains(shown[1].Text[0]) ? 1.0 : 0;
        });
    }, iter: 5);

    [Fact]
    public void A_past_self_that_was_stored_sits_opposite_again() => Gen.Double[0, 1].Array[9].Sample(likings =>
    {
        BoardEnvironment board = (BoardEnvironment)Board.Joined([.. Board.Decisions.Select(decision => Mixed(decision.Prompt, likings))]);
        BoardEnvironment again = (BoardEnvironment)Board.Restored(board.PastSelves);
        Assert.Equal(board.PastSelves, again.PastSelves);
        for (int draw = 0; draw < 50; draw++)
        {
            Problem problem = Board.Generate(1 + (draw % 7), KeyedRandom.For(3, "draw", draw));
            string move = board.SolverPrompt(problem, KeyedRandom.For(1, "prompt")).First(char.IsAsciiDigit) + ";";
            Assert.Equal(Reply(board, problem, move), Reply(again, problem, move));
        }
    }, iter: 5);

    [Theory, InlineData("nonsense"), InlineData("null"), InlineData("{}"), InlineData("{\"Moves\":[]}"), InlineData("{\"Moves\":[null]}")]
    public void A_stored_past_self_of_another_kind_is_refused(string stored) =>
        Assert.Contains("past self of 'tic-tac-toe'", Assert.Throws<SocietyException>(() => Board.Restored(stored)).Message);

    private static readonly Comparer<DecisionPoint> ByPrompt = Comparer<DecisionPoint>.Create(static (one, other) => string.CompareOrdinal(one.Prompt, other.Prompt));

    private static readonly int[][] Rows = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

    // The moves that the verifier calls valid at a position.
    private static char[] Taught(BoardEnvironment board, string prompt)
    {
        Problem problem = board.Parse(Texts.Value[prompt]).Problem!;
        return [.. prompt.Where(char.IsAsciiDigit).Where(move => board.Verify(problem, [new(Source.Prompt, prompt), new(Source.Model, $"{move};")]).Steps[0].Valid)];
    }

    private static string Reply(BoardEnvironment board, Problem problem, string move) => board.OpenTools(problem, new() { Notes = EmptyNotes.Instance }).Call(move);

    private static (char[] Cells, char Mover) Read(string prompt)
    {
        char mover = prompt[0];
        return ([.. prompt[2..^1].Select(cell => char.IsAsciiDigit(cell) ? '.' : char.IsAsciiLetterUpper(cell) ? mover : Other(mover))], mover);
    }

    private static char[] Played(char[] cells, char move, char mover)
    {
        char[] after = [.. cells];
        after[move - '1'] = mover;
        return after;
    }

    private static char Other(char mover) => mover == 'x' ? 'o' : 'x';

    private static Dictionary<string, double> Certain(char move) => new() { [$"{move};"] = 1 };

    private static Dictionary<string, double> Mixed(string prompt, double[] likings)
    {
        char[] free = [.. prompt.Where(char.IsAsciiDigit)];
        double sum = free.Sum(move => 0.01 + likings[move - '1']);
        return free.ToDictionary(move => $"{move};", move => (0.01 + likings[move - '1']) / sum);
    }

    private static double Metric(IReadOnlyList<MetricRecord> metrics, string name) => metrics.Single(metric => metric.Name == name).Value;
}
