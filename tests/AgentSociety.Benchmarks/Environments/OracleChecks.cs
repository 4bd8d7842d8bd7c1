using System.Numerics;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Arithmetic;
using AgentSociety.Environments.Code;
using AgentSociety.Environments.Expressions;
using AgentSociety.Environments.Games;
using AgentSociety.Environments.Laws;
using AgentSociety.Environments.Tests;
using AgentSociety.Environments.Tests.Arithmetic;
using AgentSociety.Environments.Tests.Code;
using AgentSociety.Environments.Tests.Expressions;
using AgentSociety.Environments.Tests.Laws;
using AgentSociety.Environments.Tests.WordProblems;
using AgentSociety.Environments.WordProblems;

namespace AgentSociety.Benchmarks;

/// <summary>How many cases verifiers agree on with the independent oracles of the tests, and how many hostile programs the sandbox contains.</summary>
static class OracleChecks
{
    private const int Cases = 20_000;
    private static readonly int[][] Rows = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]];

    public static IEnumerable<Check> All()
    {
        yield return Hostile();
        ArithmeticEnvironment arithmetic = new(new());
        yield return Solutions("oracle, arithmetic: big integers", arithmetic, 8, problem => $"{problem.Text}{ArithmeticTests.Oracle(problem.Text)}");
        ExpressionsEnvironment expressions = new(new());
        yield return Solutions("oracle, expressions: big integers on two stacks", expressions, Math.Min(4, expressions.MaximumDifficulty), problem =>
        {
            (BigInteger top, BigInteger bottom) = ExpressionsTests.Oracle(problem.Text[..^1]);
            return bottom.IsOne ? $"{problem.Text}{top}" : $"{problem.Text}{top}/{bottom}";
        });
        WordProblemsEnvironment stories = new(new());
        yield return Solutions("oracle, word-problems: a reader of verbs", stories, 4, problem => $"the answer is {WordProblemsTests.Oracle(problem.Text)}");
        foreach (LawEnvironment world in new[] { HiddenLaws.Operators(new(), 11), HiddenLaws.Machine(new(), 11), HiddenLaws.Rings(new(), 11), HiddenLaws.Grid(new(), 11), HiddenLaws.Grammar(new(), 11) }) yield return Law(world);
        yield return TicTacToe();
        yield return Nim();
        yield return Kuhn();
        if (Node() is { } node) yield return node;
    }

    // What a program gives is short, and a healthy program runs afterwards.
    private static Check Hostile()
    {
        Sandbox sandbox = new(new());
        int contained = 0, count = HostileProgramTests.Count(10_000);
        Parallel.For(0, count, index =>
        {
            Execution execution = sandbox.Run(HostileProgramTests.Hostile(index), "1");
            if (execution.Value is null ? execution.Failure.Length > 0 : execution.Value.Length < 20) Interlocked.Increment(ref contained);
        });
        return new("hostile programs", sandbox.Run("function f(x){return x+1}", "1").Value == "2" ? contained : 0, count, "contained");
    }

    private static Check Solutions<T>(string name, T environment, int hardest, Func<Problem, string> reason)
        where T : IEnvironment, IDemonstrator
    {
        int agree = 0, cases = 0;
        for (int index = 0; index < Cases; index++)
        {
            (Problem problem, IReadOnlyList<Segment> transcript) = EnvironmentBenchmarks.Solved(environment, 1 + (index % hardest), index);
            if (Reservation.Holds(environment, problem)) continue;
            cases++;
            Verdict verdict = environment.Verify(problem, transcript);
            if (verdict.Sound && verdict.Reason == reason(problem)) agree++;
        }

        return new(name, agree, cases, "agree");
    }

    private static Check Law(LawEnvironment world)
    {
        int agree = 0;
        for (int index = 0; index < Cases / 4; index++)
        {
            KeyedRandom random = KeyedRandom.For(1, "oracle", index);
            Problem problem = world.Generate(random.Next(1, world.MaximumDifficulty), random);
            (IReadOnlyList<Segment> transcript, _) = LawOracle.Play(world, problem, new() { Notes = EmptyNotes.Instance, Experiments = 10_000 });
            if (world.Verify(problem, transcript).Sound) agree++;
        }

        return new($"oracle, {world.Name}: its law worked out anew", agree, Cases / 4, "agree");
    }

    private static Check TicTacToe()
    {
        PerfectPlay perfect = new();
        HashSet<string> seen = new(StringComparer.Ordinal);
        int agree = 0;
        Stack<IGamePosition> open = new([new TicTacToe().Deals[0].Position]);
        while (open.TryPop(out IGamePosition? position))
        {
            if (!seen.Add(position.View(0))) continue;
            string view = position.View(0);
            if (Negamax([.. view.Select(cell => char.IsAsciiDigit(cell) ? '.' : char.IsUpper(cell) ? 'x' : 'o')], view.Count(char.IsUpper) == view.Count(char.IsLower) ? 'x' : 'o') is int value
                && perfect.Value(position) == (view.Count(char.IsUpper) == view.Count(char.IsLower) ? value : -value)) agree++;
            foreach (string move in position.Moves) open.Push(position.Play(move));
        }

        return new("oracle, tic-tac-toe: minimax of its own", agree, seen.Count, "agree");

        // For the one who moves.
        static int Negamax(char[] cells, char mover)
        {
            char other = mover == 'x' ? 'o' : 'x';
            if (Rows.Any(row => row.All(cell => cells[cell] == other))) return -1;
            int best = -2;
            for (int cell = 0; cell < 9 && best < 1; cell++)
            {
                if (cells[cell] != '.') continue;
                cells[cell] = mover;
                best = Math.Max(best, -Negamax(cells, other));
                cells[cell] = '.';
            }

            return best == -2 ? 0 : best;
        }
    }

    private static Check Nim()
    {
        PerfectPlay perfect = new();
        int agree = 0, positions = 0;
        for (int first = 0; first < 4; first++)
        {
            for (int second = 0; second < 5; second++)
            {
                for (int third = 0; third < 6; third++, positions++)
                {
                    if (perfect.Value(new Nim(first, second, third).Deals[0].Position) == ((first ^ second ^ third) != 0 ? 1 : -1)) agree++;
                }
            }
        }

        return new("oracle, nim: Bouton's rule", agree, positions, "agree");
    }

    private static Check Kuhn()
    {
        KuhnPoker kuhn = new();
        Strategy equilibrium = OptimalPlay.Of(kuhn);
        bool agrees = Math.Abs(Exploitability.Value(kuhn, equilibrium, equilibrium) + (1 / 18.0)) < 1e-3 && Exploitability.Of(kuhn, equilibrium, equilibrium) < 1e-3;
        return new("oracle, kuhn-poker: a value of -1/18", agrees ? 1 : 0, 1, "agree");
    }

    private static Check? Node()
    {
        if (NeedsAttribute.OnPath("node") is null)
        {
            Console.WriteLine("oracle, code: node is not installed");
            return null;
        }

        List<(string Program, string Input)> cases = NodeOracleTests.Cases();
        string[] said = NodeOracleTests.Ask(cases).GetAwaiter().GetResult();
        Sandbox sandbox = new(new());
        int agree = cases.Zip(said).Count(pair => NodeOracleTests.Same(pair.Second, sandbox.Run(pair.First.Program, pair.First.Input).Value ?? "threw"));
        return new("oracle, code: Node.js", agree, cases.Count, "agree");
    }

    /// <summary>One line of the result.</summary>
    /// <param name="Name">What was checked.</param>
    /// <param name="Passed">Cases that passed.</param>
    /// <param name="Cases">All of them.</param>
    /// <param name="Unit">What the passed ones did.</param>
    public sealed record Check(string Name, int Passed, int Cases, string Unit);
}
