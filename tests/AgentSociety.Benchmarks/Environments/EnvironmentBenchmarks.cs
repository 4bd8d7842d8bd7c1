using System.Diagnostics;
using System.Text.Json;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments;
using AgentSociety.Environments.Code;

namespace AgentSociety.Benchmarks;

/// <summary>How fast verifiers and games are on this machine, with all its cores, and what verifiers are checked against (<see cref="OracleChecks"/>).</summary>
static class EnvironmentBenchmarks
{
    private static readonly TimeSpan Each = TimeSpan.FromSeconds(2);
    private static double _share;

    public static int Run(string[] arguments)
    {
        List<object> rows = [];
        foreach (Figure figure in Verdicts().Append(Executions()).Concat(Moves()))
        {
            Console.WriteLine($"{figure.Name,-48} {figure.PerSecond,14:N0} {figure.Unit}, with {figure.Share:P0} of the cores");
            rows.Add(figure);
        }

        bool all = true;
        foreach (OracleChecks.Check check in OracleChecks.All())
        {
            Console.WriteLine($"{check.Name,-48} {check.Passed,14:N0} of {check.Cases:N0} {check.Unit}");
            rows.Add(check);
            all &= check.Passed == check.Cases;
        }

        if (arguments is ["--json", string path]) File.WriteAllText(path, JsonSerializer.Serialize(rows));
        return all ? 0 : 1;
    }

    private static IEnumerable<Figure> Verdicts()
    {
        foreach ((string name, int difficulty) in new[] { ("hidden-operators", 8), ("state-machine", 8), ("cellular-rules", 2), ("grid-rules", 4), ("hidden-grammar", 6), ("relay", 4), ("arithmetic", 6), ("expressions", 4), ("word-problems", 4), ("code", 4), ("tic-tac-toe", 7), ("connect-four", 8), ("nim", 8), ("kuhn-poker", 1) })
        {
            EnvironmentEntry entry = EnvironmentCatalog.Find(name)!;
            IEnvironment environment = entry.Create(Activator.CreateInstance(entry.OptionsType)!, 1);
            (Problem Problem, IReadOnlyList<Segment> Transcript)[] solved = [.. Enumerable.Range(0, 512).Select(index => Solved(environment, difficulty, index)).Where(pair => !Reservation.Holds(environment, pair.Problem))];
            yield return new($"{name}, difficulty {difficulty}", Rate(index => environment.Verify(solved[index % solved.Length].Problem, solved[index % solved.Length].Transcript)), "verdicts/s", _share);
        }
    }

    private static Figure Executions()
    {
        Sandbox sandbox = new(new());
        string[] programs = ["function f(x){return ((x+3)*2)%7}", "function f(x){let s=0;for(let i=0;i<x;i++)s+=i*i;return s}", "function f(x){return [x,1,2].map(y=>y*2).filter(y=>y>2).join('-')}"];
        return new("code, typical programs", Rate(index => sandbox.Run(programs[index % programs.Length], "9")), "executions/s", _share);
    }

    private static IEnumerable<Figure> Moves()
    {
        foreach (IGame game in EnvironmentCatalog.Games)
        {
            long moves = 0;
            double games = Rate(index =>
            {
                KeyedRandom random = KeyedRandom.For(1, "benchmark", index);
                IGamePosition position = random.Choose(game.Deals).Position;
                int played = 0;
                for (; position.Mover >= 0; played++) position = position.Play(random.Choose(position.Moves));
                Interlocked.Add(ref moves, played);
            }, out long rounds);
            yield return new($"{game.Name}, random play", games * moves / rounds, "moves/s", _share);
        }
    }

    // A demonstration draws its problem first, from the same stream that Generate draws from, unless that problem is reserved.
    internal static (Problem Problem, IReadOnlyList<Segment> Transcript) Solved(IEnvironment environment, int difficulty, int index) =>
        (environment.Generate(difficulty, KeyedRandom.For(1, "benchmark", index)), ((IDemonstrator)environment).DemonstrateSolution(difficulty, KeyedRandom.For(1, "benchmark", index)));

    private static double Rate(Action<int> work) => Rate(work, out _);

    private static double Rate(Action<int> work, out long rounds)
    {
        for (int index = 0; index < 2000; index++) work(index);
        long done = 2000;
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        Parallel.For(0, Environment.ProcessorCount, worker =>
        {
            for (int index = worker << 20; clock.Elapsed < Each; index += 64)
            {
                for (int each = 0; each < 64; each++) work(index + each);
                Interlocked.Add(ref done, 64);
            }
        });
        _share = (Environment.CpuUsage.TotalTime - used) / clock.Elapsed / Environment.ProcessorCount;
        rounds = done;
        return (done - 2000) / clock.Elapsed.TotalSeconds;
    }

    /// <summary>One line of the result.</summary>
    /// <param name="Name">What was measured.</param>
    /// <param name="PerSecond">How many a second of wall time.</param>
    /// <param name="Unit">What is counted.</param>
    /// <param name="Share">The part of the machine's cores that this process had meanwhile: below 1 where others worked too.</param>
    private sealed record Figure(string Name, double PerSecond, string Unit, double Share);
}
