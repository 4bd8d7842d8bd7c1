using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>What is fixed for the whole of a run: the scenario, its environment and who lives in the society.</summary>
public sealed record RunPlan
{
    /// <summary>The scenario.</summary>
    public required LoadedScenario Loaded { get; init; }

    /// <summary>Its tasks, in the world of this run's seed.</summary>
    public required IEnvironment Environment { get; init; }

    /// <summary>The agents in the order of the scenario.</summary>
    public required IReadOnlyList<Agent> Population { get; init; }

    /// <summary>The scenario's settings.</summary>
    public Scenario Scenario => Loaded.Scenario;

    /// <summary>The key of every random draw.</summary>
    public ulong Seed => (ulong)Scenario.Seed;

    /// <summary>Those who pose problems.</summary>
    public IReadOnlyList<Agent> Proposers => [.. Population.Where(agent => agent.Role == Role.Proposer)];

    /// <summary>Those who solve them.</summary>
    public IReadOnlyList<Agent> Solvers => [.. Population.Where(agent => agent.Role == Role.Solver)];

    /// <summary>Those who compile books.</summary>
    public IReadOnlyList<Agent> Authors => [.. Population.Where(agent => agent.Role == Role.Author)];

    /// <summary>Those who decide edits that wait for a review.</summary>
    public IReadOnlyList<Agent> Editors => [.. Population.Where(agent => agent.Role == Role.Editor)];

    /// <summary>True where attempts have tools, and with them a way to the scratchpad.</summary>
    public required bool HasTools { get; init; }

    /// <summary>How texts are trained on.</summary>
    public TrainingPlan Training => new()
    {
        Learning = Scenario.Learning,
        Pretrain = Scenario.Pretrain,
        Temperature = Scenario.SelfPlay.Temperature,
        MaximumTokens = Scenario.SelfPlay.MaximumTokens,
        Seed = Seed,
        Rounds = Scenario.SelfPlay.Rounds,
        Population = [.. Enumerable.Range(1, new Lifetimes(Scenario).Count).SelectMany(generation => OfGeneration(generation).Population)],
    };

    /// <summary>Makes the plan of a run of which the database alone is at hand, which holds its scenario.</summary>
    /// <exception cref="SocietyException">The database holds no run, or its scenario cannot be read any more.</exception>
    public static RunPlan Of(SocietyDatabase database)
    {
        RunInfo info = new RunRecords(database).Run();
        return Of(ScenarioFile.OfRun(info.Scenario, $"{database.Path}, scenario"));
    }

    /// <summary>Makes the plan of a scenario.</summary>
    /// <exception cref="SocietyException">The environment refuses its options, or a role that the scenario needs is missing.</exception>
    public static RunPlan Of(LoadedScenario loaded)
    {
        Scenario scenario = loaded.Scenario;
        EnvironmentEntry entry = EnvironmentCatalog.Find(scenario.Environment.Name)!;
        ulong seed = (ulong)scenario.Seed;
        IEnvironment environment = entry.Create(loaded.EnvironmentOptions, seed);
        RunPlan plan = new()
        {
            Loaded = loaded,
            Environment = environment,
            HasTools = environment.OpenTools(environment.Generate(1, Core.Randomness.KeyedRandom.For(seed, "probe")), new ToolAccess { Notes = EmptyNotes.Instance }) is not null,
            Population = [.. Agents(scenario)],
        };
        if (plan.Solvers.Count == 0) throw new SocietyException($"{loaded.File}: the population has no solver; add one under 'population'");
        if (scenario.SelfPlay is { Enabled: true, Curriculum: ProblemSource.Proposer } && plan.Proposers.Count == 0)
            throw new SocietyException($"{loaded.File}: selfPlay is enabled and the population has no proposer; add one under 'population' or set selfPlay.enabled to false");
        return plan;
    }

    /// <summary>The plan with the names of a generation. Call it on the plan of the first.</summary>
    internal RunPlan OfGeneration(int generation) => this with { Population = [.. Population.Select(agent => agent with { Name = Lifetimes.NameIn(agent.Name, generation) })] };

    /// <summary>The plan with stored past selves opposite; null for those that the environment begins with.</summary>
    internal RunPlan Against(string? pastSelves) => pastSelves is not null && Environment is ILeaguePlay league ? this with { Environment = league.Restored(pastSelves) } : this;

    /// <summary>A newborn: the weights of a solver (in turn, where each has its own), and nothing else.</summary>
    /// <param name="index">Which of the test's newborns.</param>
    public Agent Newborn(int index) => new() { Name = AnswerRecord.Newborn, Role = Role.Solver, Adapter = Solvers[index % Solvers.Count].Adapter };

    /// <summary>Names of all who live in a scenario's society, generation by generation; nothing is opened or started for them.</summary>
    public static IEnumerable<string> Names(Scenario scenario) =>
        Enumerable.Range(1, new Lifetimes(scenario).Count).SelectMany(generation => Agents(scenario).Select(agent => Lifetimes.NameIn(agent.Name, generation)));

    private static IEnumerable<Agent> Agents(Scenario scenario)
    {
        Dictionary<Role, int> born = [];
        foreach (PopulationSettings some in scenario.Population)
        {
            for (int index = 0; index < some.Count; index++)
            {
                string role = some.Role.ToString().ToLowerInvariant();
                int number = born[some.Role] = born.GetValueOrDefault(some.Role) + 1;
                string name = $"{role}-{number}";
                string adapter = scenario.Learning.Weights == TrainedWeights.Full ? TrainingPlan.Base : some.Adapter switch
                {
                    AdapterSharing.Agent => name,
                    AdapterSharing.Society => "society",
                    _ => role,
                };
                yield return new Agent { Name = name, Role = some.Role, Adapter = adapter, Remote = some.Remote };
            }
        }
    }
}
