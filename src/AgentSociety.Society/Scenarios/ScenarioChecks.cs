using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;

namespace AgentSociety.Society;

/// <summary>What the parts of a scenario ask of each other.</summary>
internal static class ScenarioChecks
{
    /// <summary>Notes what does not fit together.</summary>
    /// <param name="scenario">A scenario whose single values are all valid.</param>
    /// <param name="entry">Its environment.</param>
    /// <param name="placeOf">Where a key path was written.</param>
    /// <param name="faults">Where faults go.</param>
    public static void Check(Scenario scenario, EnvironmentEntry entry, Func<string, Place> placeOf, Faults faults)
    {
        void Fault(string path, string what) => faults.Add(placeOf(path), path, what);

        if (scenario.Model.Base is null) Architecture(scenario.Model.Architecture, Fault);
        if (!ProposerReward.Names.Contains(scenario.SelfPlay.Proposer.Reward))
            Fault("selfPlay.proposer.reward", $"'{scenario.SelfPlay.Proposer.Reward}' is none of its values; {Nearest.Hint(scenario.SelfPlay.Proposer.Reward, ProposerReward.Names)}");
        if (!scenario.Population.Any(agents => agents.Role == Role.Solver)) Fault("population", "has no solver; add - {role: solver, count: 4}");
        if (scenario.SelfPlay is { Enabled: true, Curriculum: ProblemSource.Proposer } && !scenario.Population.Any(agents => agents.Role == Role.Proposer))
            Fault("population", "has no proposer, and self-play needs one; add - {role: proposer, count: 2}, or set selfPlay.enabled to false");
        if (scenario.Evaluation.Difficulties.GroupBy(difficulty => difficulty).FirstOrDefault(same => same.Skip(1).Any()) is { } twice)
            Fault("evaluation.difficulties", $"holds {twice.Key} twice");
        if (scenario.Culture.Books.EveryRounds > 0 && !scenario.Population.Any(agents => agents.Role == Role.Author))
            Fault("population", "has no author, and culture.books needs one; add - {role: author}, or set culture.books.everyRounds to 0");
        if (scenario.Model.Base is null && scenario.Population.Any(agents => agents is { Role: Role.Editor, Remote: null }))
            Fault("population", $"has an editor that plays with a model that has read nothing but {entry.Name}, and edits are judged in words; give the editor remote, or a model.base that reads and writes them");
        foreach (string target in scenario.Learning.Lora.Targets.Where(target => !LoraSettings.Matrices.Contains(target)))
            Fault("learning.lora.targets", $"holds '{target}', which is no matrix of a layer; {Nearest.Hint(target, LoraSettings.Matrices)}");
        if (scenario.Learning is { KlWeight: > 0, KlEstimator: KlEstimator.K1 })
            Fault("learning.klEstimator", "is k1, whose expected gradient is zero: it would add noise and hold nobody to the base model; use k3 or k2, or set klWeight to 0");
        Culture(scenario, Fault);
        Environment(scenario, entry, Fault);
    }

    private static void Culture(Scenario scenario, Action<string, string> fault)
    {
        foreach (string name in scenario.Culture.SharedNamespaces.Where(name => !CultureTopology.CanBeShared(name)))
            fault("culture.sharedNamespaces", $"holds '{name}', which is no namespace that can be shared; these are: {string.Join(", ", PageName.Namespaces.Where(CultureTopology.CanBeShared))}");
        int agents = scenario.Population.Sum(some => some.Count);
        if (scenario.Culture.Sharing == Sharing.Groups && scenario.Culture.Groups > agents) fault("culture.groups", $"is {scenario.Culture.Groups}, and there are {agents} agents; lower it");
        if (scenario.Culture is { ReadFirst: true, Shown: not NotesShown.Live })
            fault("culture.readFirst", $"asks that pages are read before they are added to, and culture.shown is {scenario.Culture.Shown.ToString().ToLowerInvariant()}, under which pages that stand are not read as they are; set one of the two otherwise");
    }

    private static void Architecture(ArchitectureSettings shape, Action<string, string> fault)
    {
        const string Path = "model.architecture";
        if (shape.Width % shape.Heads != 0) fault($"{Path}.heads", $"{shape.Heads} heads do not divide a width of {shape.Width}");
        else if (shape.Width / shape.Heads % 2 != 0) fault($"{Path}.heads", $"{shape.Heads} heads at a width of {shape.Width} are {shape.Width / shape.Heads} wide each, and rotary positions need an even width");
        if (shape.Heads % shape.KeyValueHeads != 0) fault($"{Path}.keyValueHeads", $"{shape.KeyValueHeads} key-value heads do not divide {shape.Heads} heads");
    }

    private static void Environment(Scenario scenario, EnvironmentEntry entry, Action<string, string> fault)
    {
        IEnvironment environment;
        try
        {
            environment = entry.Create(scenario.Environment.Options!, (ulong)scenario.Seed);
        }
        catch (SocietyException failure)
        {
            fault(failure.Option is { } option ? $"environment.options.{option}" : "environment.options", failure.Message);
            return;
        }

        using IDisposable? held = environment as IDisposable;
        int greatest = environment.MaximumDifficulty;
        for (int index = 0; index < scenario.Evaluation.Difficulties.Count; index++)
        {
            int difficulty = scenario.Evaluation.Difficulties[index];
            if (difficulty < 1 || difficulty > greatest) fault($"evaluation.difficulties[{index}]", $"is {difficulty}, and the difficulties of {entry.Name} go from 1 to {greatest}");
        }

        if (scenario.Learning is { Enabled: true, Method: LearningMethod.Dpo or LearningMethod.Spin })
        {
            string method = SettingKeys.NameOf(scenario.Learning.Method);
            if (scenario.SelfPlay.AttemptsPerProblem < 2) fault("learning.method", $"is {method}, which compares attempts at one problem, and selfPlay.attemptsPerProblem is 1; set it to 2 or more");
            if (scenario.Learning.KlWeight > 0) fault("learning.klWeight", $"belongs to the policy gradient; {method} is held to the weights at the round's beginning by learning.beta");
            foreach ((string key, double value) in (ReadOnlySpan<(string, double)>)[("solverEntropy", scenario.Learning.SolverEntropy), ("entropyFloor", scenario.Learning.EntropyFloor), ("proposerEntropy", scenario.Learning.ProposerEntropy)])
            {
                if (value > 0 && (key != "proposerEntropy" || value != new LearningSettings().ProposerEntropy)) fault($"learning.{key}", $"rewards entropy, which {method} does not; leave it out");
            }

            if (scenario.Learning.StepCredit > 0) fault("learning.stepCredit", $"belongs to the policy gradient, and learning.method is {method}; set it to 0");
            if (scenario.Learning.RetrospectiveCredit > 0) fault("learning.retrospectiveCredit", $"belongs to the policy gradient, and learning.method is {method}; set it to 0");
        }

        if (scenario.Learning.RetrospectiveCredit > 0 && environment is not IReviewed) fault("learning.retrospectiveCredit", $"asks for reviews, and {entry.Name} cannot put an attempt up for one; set it to 0 or take another environment");
        if (scenario.Culture.Shown == NotesShown.Episodes && environment is not IEpisodeReader) fault("culture.shown", $"is episodes, and {entry.Name} cannot search raw transcripts; take another value or environment");
        if (scenario.Model.Base is not null) return;
        if (environment is not IDemonstrator) fault("model.base", $"is missing, and {entry.Name} has no demonstrations to train a base model on; name a checkpoint's folder");
        else if (scenario.Pretrain.MaximumDifficulty > greatest) fault("pretrain.maximumDifficulty", $"is {scenario.Pretrain.MaximumDifficulty}, and the difficulties of {entry.Name} go from 1 to {greatest}");
    }
}
