using AgentSociety.Core.Environments;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Games;
using CsCheck;

namespace AgentSociety.Environments.Tests.Games;

public class GameTests
{
    [Fact]
    public void Tic_tac_toe_has_the_known_numbers_of_positions_and_games_and_is_a_draw()
    {
        HashSet<string> positions = [];
        int games = 0;
        Walk(new TicTacToe().Deals[0].Position);
        Assert.Equal((5478, 255_168), (positions.Count, games));
        Assert.Equal(0, new PerfectPlay().Value(new TicTacToe().Deals[0].Position));

        void Walk(IGamePosition position)
        {
            positions.Add(position.View(0));
            if (position.Mover < 0) games++;
            foreach (string move in position.Moves) Walk(position.Play(move));
        }
    }

    [Fact]
    public void Connect_four_on_four_by_four_is_a_draw_with_the_known_number_of_positions()
    {
        HashSet<string> positions = [];
        Walk(new ConnectFour(4, 4).Deals[0].Position);
        Assert.Equal(161_029, positions.Count); // OEIS A212693 / Tromp's table
        Assert.Equal(0, new PerfectPlay().Value(new ConnectFour(4, 4).Deals[0].Position));

        void Walk(IGamePosition position)
        {
            if (!positions.Add(position.View(0))) return;
            foreach (string move in position.Moves) Walk(position.Play(move));
        }
    }

    [Fact]
    public void Of_positions_that_a_symmetry_makes_equal_one_is_left_and_is_worth_the_same()
    {
        Dictionary<string, double> whole = Values(new TicTacToe()), turned = Values(new TicTacToe(canonical: true));
        Assert.Equal(765, turned.Count); // the known number of essentially different positions
        Assert.All(turned, position => Assert.Equal(whole[position.Key], position.Value));
        whole = Values(new ConnectFour(4, 4));
        turned = Values(new ConnectFour(4, 4, canonical: true));
        Assert.Equal((whole.Count + whole.Keys.Count(view => view.Split('/').All(row => row.Select(Kind).SequenceEqual(row.Reverse().Select(Kind))))) / 2, turned.Count);
        Assert.All(turned, position => Assert.Equal(whole[position.Key], position.Value));
        whole = Values(new Nim(3, 4, 5));
        turned = Values(new Nim(canonical: true, 3, 4, 5));
        Assert.Equal(whole.Keys.Select(view => string.Concat(view[..3].Order()) + view[3]).Distinct().Order(), turned.Keys.Order());

        static Dictionary<string, double> Values(IGame game)
        {
            PerfectPlay perfect = new();
            Dictionary<string, double> values = [];
            Stack<IGamePosition> open = new([game.Deals[0].Position]);
            while (open.TryPop(out IGamePosition? position))
            {
                if (!values.TryAdd(position.View(0), perfect.Value(position))) continue;
                foreach (string move in position.Moves) open.Push(position.Play(move));
            }

            return values;
        }
    }

    [Fact]
    public void Four_in_a_row_is_seen_in_every_direction_and_nowhere_else() => Gen.ULong.Sample(key =>
    {
        KeyedRandom random = KeyedRandom.FromKey(key);
        IGamePosition position = (key % 2 == 0 ? new ConnectFour() : new ConnectFour(5, 4)).Deals[0].Position;
        while (position.Mover >= 0)
        {
            position = position.Play(random.Choose(position.Moves));
            Assert.Equal(HasFour(position.View(0).Split('/')), position.Payoff != 0);
        }
    }, iter: 400);

    [Fact]
    public void Connect_four_names_cells_by_what_is_on_them_as_the_one_who_looks_sees_it()
    {
        IGamePosition position = new ConnectFour(4, 4).Deals[0].Position;
        Assert.Equal("____/____/____/1234", position.View(0));
        foreach (string move in new[] { "1", "1", "4" }) position = position.Play(move);
        Assert.Equal("____/1___/i__4/M23P", position.View(0));
        Assert.Equal("____/1___/I__4/m23p", position.View(1));
        foreach (string move in new[] { "1", "2", "1" }) position = position.Play(move);
        Assert.Equal(["2", "3", "4"], position.Moves);
        Assert.Equal("a___/e___/i2_4/MN3P", position.View(0));
        Assert.Equal("_______/_______/_______/_______/1______/x234567", new ConnectFour().Deals[0].Position.Play("1").View(1));
    }

    [Fact]
    public void Nim_is_won_by_the_mover_exactly_where_the_exclusive_or_is_not_zero()
    {
        PerfectPlay perfect = new();
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 5], Gen.Int[0, 5]).Sample((a, b, c) =>
            Assert.Equal((a ^ b ^ c) != 0 ? 1 : -1, perfect.Value(new Nim(a, b, c).Deals[0].Position)));
    }

    [Fact]
    public void Kuhn_poker_is_worth_minus_one_eighteenth_at_equilibrium()
    {
        KuhnPoker kuhn = new();
        Assert.Equal(-1 / 18.0, Exploitability.Value(kuhn, Kuhn(1 / 3.0), Kuhn(1 / 3.0)), 12);
        Assert.Equal(0, Exploitability.Of(kuhn, Kuhn(0), Kuhn(0)), 12);
        Assert.Equal(0, Exploitability.Of(kuhn, Kuhn(1 / 3.0), Kuhn(1 / 3.0)), 12);
        Assert.Equal(11 / 24.0, Exploitability.Of(kuhn, Exploitability.Uniform, Exploitability.Uniform), 12);
    }

    [Fact]
    public void Regret_matching_finds_the_equilibria_of_kuhn_poker_and_haggling()
    {
        foreach (IGame game in new IGame[] { new KuhnPoker(), new Haggling() })
        {
            RegretMatching solver = new(game);
            solver.Improve(10);
            double early = Exploitability.Of(game, solver.Average, solver.Average);
            solver.Improve(590);
            double late = Exploitability.Of(game, solver.Average, solver.Average);
            Assert.InRange(late, -1e-12, Math.Min(early, 0.01));
            if (game is KuhnPoker) Assert.Equal(-1 / 18.0, Exploitability.Value(game, solver.Average, solver.Average), 3);
        }
    }

    [Fact]
    public void Every_game_keeps_its_rules() => Gen.Select(Gen.Int[0, EnvironmentCatalog.Games.Count - 1], Gen.ULong).Sample((which, key) =>
    {
        IGame game = EnvironmentCatalog.Games[which];
        KeyedRandom random = KeyedRandom.FromKey(key);
        Assert.Equal(1, game.Deals.Sum(deal => deal.Probability), 12);
        IGamePosition position = game.Deals[random.Next(game.Deals.Count)].Position;
        while (position.Mover >= 0)
        {
            Assert.Equal(0, position.Payoff);
            Assert.NotEmpty(position.Moves);
            foreach (string nonsense in new[] { "", " ", "0x", "é", "１", $"{position.Moves[0]} ", new('1', 1000), "\ud800" }) Assert.Throws<ArgumentException>(() => position.Play(nonsense));
            string move = random.Choose(position.Moves);
            Assert.All(position.View(position.Mover) + move, character => Assert.Contains(character, game.Alphabet));
            position = position.Play(move);
        }

        Assert.Empty(position.Moves);
        Assert.Throws<ArgumentException>(() => position.Play("1"));
    });

    [Fact]
    public void Hidden_information_stays_hidden()
    {
        foreach (IGame game in EnvironmentCatalog.Games.Where(game => !game.PerfectInformation))
        {
            for (int player = 0; player < 2; player++) Assert.Equal(3, game.Deals.Select(deal => deal.Position.View(player)).Distinct().Count());
        }
    }

    /// <summary>Kuhn's family of equilibria for the first player, and the one equilibrium of the second, written down from the paper.</summary>
    private static Strategy Kuhn(double alpha) => (view, _) =>
    {
        double bet = view switch
        {
            "J" => alpha,
            "Q" => 0,
            "K" => 3 * alpha,
            "Jpb" => 0,
            "Qpb" => alpha + 1 / 3.0,
            "Kpb" => 1,
            "Jp" => 1 / 3.0,
            "Jb" => 0,
            "Qp" => 0,
            "Qb" => 1 / 3.0,
            _ => 1,
        };
        return [1 - bet, bet];
    };

    private static bool HasFour(string[] rows)
    {
        for (int row = 0; row < rows.Length; row++)
        {
            for (int column = 0; column < rows[0].Length; column++)
            {
                foreach ((int down, int right) in new[] { (0, 1), (1, 0), (1, 1), (1, -1) })
                {
                    int last = row + 3 * down, end = column + 3 * right;
                    if (last >= rows.Length || end < 0 || end >= rows[0].Length || Kind(rows[row][column]) == '_') continue;
                    if (Enumerable.Range(1, 3).All(step => Kind(rows[row + step * down][column + step * right]) == Kind(rows[row][column]))) return true;
                }
            }
        }

        return false;
    }

    // Whose the stone is, on boards of letters as on those of x and o.
    private static char Kind(char cell) => cell is '_' or (>= '1' and <= '9') ? '_' : cell == 'x' || char.IsAsciiLetterUpper(cell) ? 'x' : 'o';
}
