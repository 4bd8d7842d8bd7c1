using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Games;
using CsCheck;

namespace AgentSociety.Environments.Tests.Games;

public sealed class DealEnvironmentTests : IDisposable
{
    private static readonly ToolAccess Nothing = new() { Notes = EmptyNotes.Instance };
    private static readonly DealEnvironment[] Tables =
    [
        .. from game in new IGame[] { new KuhnPoker(), new Haggling() } from opponent in new[] { Stranger.Equilibrium, Stranger.Random } select new DealEnvironment(game, new() { Opponent = opponent }, 5),
    ];

    private static readonly Gen<(DealEnvironment Table, Problem Problem, ulong Key)> Deals = Gen.Select(Gen.Int[0, 3], Gen.ULong).Select((which, key) => (Tables[which], Tables[which].Generate(1, KeyedRandom.FromKey(key)), key));
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void Against_equilibrium_the_known_mistakes_of_kuhn_poker_are_wrong_and_the_free_choices_are_not()
    {
        DealEnvironment kuhn = Tables[0];
        Dictionary<string, HashSet<string>> right = [];
        for (int deal = 0; deal < 300; deal++)
        {
            foreach (string seat in new[] { "x", "o" })
            {
                Problem problem = ScriptedPlay.Problem(kuhn, $"{seat}{deal}=");
                foreach (string plan in new[] { "pp", "pb", "bp", "bb" })
                {
                    int turn = 0;
                    (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(kuhn, problem, Nothing, said => Over(said) || turn == 2 ? null : $"{plan[turn++]};");
                    Verdict verdict = kuhn.Verify(problem, transcript);
                    string seen = transcript[0].Text;
                    foreach (StepVerdict step in verdict.Steps)
                    {
                        string view = transcript[step.Segment - 1].Text.Split(':')[^1].TrimEnd('=');
                        if (!right.TryGetValue(view, out HashSet<string>? moves)) right[view] = moves = [];
                        if (step.Valid) moves.Add(transcript[step.Segment].Text[..1]);
                    }
                }
            }
        }

        // Kuhn 1950: never call with J, never fold K, never bet Q first; J first and K first are free, Q calls are free on both sides, J bluffs after a pass freely.
        Dictionary<string, string> known = new() { ["J"] = "bp", ["Q"] = "p", ["K"] = "bp", ["Jpb"] = "p", ["Qpb"] = "bp", ["Kpb"] = "b", ["Jp"] = "bp", ["Jb"] = "p", ["Qp"] = "p", ["Qb"] = "bp", ["Kp"] = "b", ["Kb"] = "b" };
        Assert.Equal(known, right.ToDictionary(pair => pair.Key, pair => string.Concat(pair.Value.Order())));
    }

    [Fact]
    public void A_problem_says_from_which_seat_it_is_played() => Deals.Sample(at =>
    {
        Assert.Equal(at.Table.SolverPrompt(at.Problem, KeyedRandom.For(1, "prompt"))[..1], at.Problem.Seat);
        Assert.Equal(at.Problem.Text[..1], at.Problem.Seat);
    }, iter: 50);

    [Fact]
    public void Verdicts_do_not_depend_on_luck() => Deals.Sample(at =>
    {
        KeyedRandom random = KeyedRandom.For(at.Key, "play");
        (IReadOnlyList<Segment> transcript, _) = ScriptedPlay.Attempt(at.Table, at.Problem, Nothing, said => Over(said) ? null : random.Choose(Legal(at.Table, at.Problem, said)) + ";");
        Verdict verdict = at.Table.Verify(at.Problem, transcript);
        Assert.Equal(verdict.Steps.All(step => step.Valid) ? Outcome.Correct : Outcome.Wrong, verdict.Outcome);
        Assert.Contains("it paid", verdict.Reason);
    }, iter: 500);

    [Fact]
    public void Best_moves_earn_what_the_best_response_is_worth()
    {
        foreach (IGame game in new IGame[] { new KuhnPoker(), new Haggling() })
        {
            for (int player = 0; player < 2; player++)
            {
                IReadOnlyDictionary<string, IReadOnlyList<string>> best = Exploitability.BestMoves(game, player, Exploitability.Uniform);
                Strategy reply = (view, moves) => [.. moves.Select(move => best[view].Contains(move) ? 1.0 / best[view].Count : 0)];
                double earned = player == 0 ? Exploitability.Value(game, reply, Exploitability.Uniform) : -Exploitability.Value(game, Exploitability.Uniform, reply);
                Assert.Equal(Exploitability.BestResponse(game, player, Exploitability.Uniform), earned, 9);
            }
        }
    }

    [Fact]
    public void Best_responses_to_the_mean_of_past_selves_become_hard_to_exploit()
    {
        KuhnPoker kuhn = new();
        List<Strategy> selves = [Exploitability.Uniform];
        for (int round = 0; round < 400; round++)
        {
            Strategy mean = Mean([.. selves]);
            IReadOnlyDictionary<string, IReadOnlyList<string>>[] best = [Exploitability.BestMoves(kuhn, 0, mean), Exploitability.BestMoves(kuhn, 1, mean)];
            IReadOnlyDictionary<string, IReadOnlyList<double>> table = StrategyTable.Of(kuhn, (view, moves) =>
            {
                IReadOnlyList<string> good = (view.Length % 2 == 1 ? best[0] : best[1]).GetValueOrDefault(view, moves);
                return [.. moves.Select(move => good.Contains(move) ? 1.0 / good.Count : 0)];
            });
            selves.Add((view, _) => table[view]);
        }

        Strategy late = Mean(selves);
        Assert.InRange(Exploitability.Of(kuhn, late, late), 0, 0.05);
    }

    [Fact]
    public void A_past_self_is_frozen_in_a_file_and_sits_opposite()
    {
        KuhnPoker kuhn = new();
        StrategyTable.Write(_path, StrategyTable.Of(kuhn, (_, _) => [0, 1]));
        DealEnvironment bold = new(kuhn, new() { Opponent = Stranger.Frozen, Strategy = _path }, 3);
        for (int deal = 0; deal < 50; deal++) Assert.EndsWith("b=", bold.SolverPrompt(ScriptedPlay.Problem(bold, $"o{deal}="), KeyedRandom.For(1, "prompt")));
        Assert.Equal(StrategyTable.Of(kuhn, StrategyTable.Read(_path, kuhn)), StrategyTable.Of(kuhn, (_, _) => [0, 1]));
    }

    [Theory, InlineData("[]"), InlineData("{\"J\":[1]}"), InlineData("{\"J\":[2,-1]}"), InlineData("{\"J\":null}"), InlineData("nonsense"), InlineData("{\"J\":[0.5,0.6]}")]
    public void A_file_that_is_no_strategy_is_named(string text)
    {
        File.WriteAllText(_path, text);
        Assert.Contains(_path, Assert.Throws<SocietyException>(() => StrategyTable.Read(_path, new KuhnPoker())).Message);
    }

    [Fact]
    public void Demonstrations_follow_the_rules_and_hold_no_reserved_deal() => Gen.Select(Gen.Int[0, 3], Gen.ULong).Sample((which, key) =>
    {
        IReadOnlyList<Segment> solution = Tables[which].DemonstrateSolution(1, KeyedRandom.FromKey(key)), proposal = Tables[which].DemonstrateProposal(1, KeyedRandom.FromKey(key));
        Assert.All(solution.Concat(proposal), segment => Assert.All(segment.Text, character => Assert.Contains(character, Tables[which].Alphabet)));
        Assert.False(Reservation.Holds(Tables[which].Name, ScriptedPlay.Problem(Tables[which], proposal[1].Text).CanonicalForm));
        Assert.Contains(solution[^1].Text[^1], "+~-");
    }, iter: 300);

    [Fact]
    public void Crafted_games_are_never_accepted() => Deals.Sample(at =>
    {
        string[] crafted = ["", ";", "+", "+;", "K;", "!;", "ｐ;", "p ;", " b;", "bb;", "pb;", "b;b;b;b;", new(';', 2000), new('p', 100_000), "won;", "\ud800;", "b;+", "b\u200b;", "1 0;"];
        Assert.All(crafted, text => Assert.NotEqual(Outcome.Correct, at.Table.Verify(at.Problem, [new(Source.Prompt, ""), new(Source.Model, text), new(Source.Tool, "+")]).Outcome));
        Assert.NotEqual(Outcome.Correct, at.Table.Verify(at.Problem, []).Outcome);
    }, iter: 200);

    [Theory, InlineData(""), InlineData("x="), InlineData("17="), InlineData("x17"), InlineData("z17="), InlineData("x017="), InlineData("x1234567="), InlineData("x１="), InlineData("х17=")]
    public void A_text_that_is_no_deal_is_malformed(string text) => Assert.NotEmpty(Tables[0].Parse(text).Reason);

    private static bool Over(string said) => said.Length > 0 && said[^1] is '+' or '~' or '-' or '!';

    private static IReadOnlyList<string> Legal(DealEnvironment table, Problem problem, string said)
    {
        string view = (said.Length == 0 ? table.SolverPrompt(problem, KeyedRandom.For(0, "prompt")) : said).TrimEnd('=').Split(table.Name == "haggling" ? ":" : "x:", StringSplitOptions.None)[^1];
        int spoken = view.Count(char.IsAsciiDigit);
        return table.Name == "kuhn-poker" ? ["p", "b"] : spoken == 0 ? ["4", "5"] : spoken == 1 ? ["y", "n", "5"] : ["y", "n"];
    }

    // Each as often as any other: what fictitious play answers (Brown 1951).
    private static Strategy Mean(IReadOnlyList<Strategy> selves) => (view, moves) =>
    {
        double[] mean = new double[moves.Count];
        foreach (Strategy self in selves)
        {
            IReadOnlyList<double> weights = self(view, moves);
            for (int index = 0; index < mean.Length; index++) mean[index] += weights[index] / selves.Count;
        }

        return mean;
    };
}
