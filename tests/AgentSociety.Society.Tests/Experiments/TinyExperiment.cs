namespace AgentSociety.Society.Tests;

/// <summary>An experiment on tiny societies, in a directory of its own.</summary>
internal sealed class TinyExperiment : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("tiny-experiment-").FullName;

    public TinyExperiment() => File.WriteAllText(Path.Combine(_root, "tiny.yaml"), TinySociety.Yaml);

    public string Place => Path.Combine(_root, "out");

    public const string Crossed = """
        name: crossed
        base: tiny.yaml
        set: [learning.stepsPerRound=2]
        factors:
          - { name: culture, off: [culture.sharing=private], on: [culture.sharing=shared] }
          - { name: self-play, off: [selfPlay.enabled=false], on: [selfPlay.enabled=true] }
        societies: 2
        pilot: 2
        metric: { difficulties: [2, 3] }
        """;

    public const string Mortal = """
        name: mortal
        base: tiny.yaml
        set: [learning.stepsPerRound=2, selfPlay.rounds=6, generations.everyRounds=2, evaluation.everyRounds=1, pretrain.steps=2]
        arms:
          - { name: neither, set: [generations.inherit=neither] }
          - { name: both, set: [generations.inherit=both] }
        societies: 2
        pilot: 2
        metric: { kind: first-score }
        ratchet: true
        notesWorth: false
        """;

    public ExperimentPlan Plan(string yaml = Crossed)
    {
        string file = Path.Combine(_root, "experiment.yaml");
        File.WriteAllText(file, yaml);
        return ExperimentPlan.Load(file);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
