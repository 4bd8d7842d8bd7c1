using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Society;

/// <summary>Who lives when, and what they have of those before them: a function of the round alone, so that a run that goes on knows it again.</summary>
internal sealed class Lifetimes(Scenario scenario)
{
    private readonly GenerationSettings _settings = scenario.Generations;

    /// <summary>How far scores of newborns may differ by the noise of their tests alone.</summary>
    public double Tolerance { get; } = GenerationMetrics.Tolerance(scenario.Evaluation);

    /// <summary>True where agents die.</summary>
    public bool Mortal => _settings.EveryRounds > 0;

    /// <summary>True where newborns have the weights of the dead.</summary>
    public bool InheritsWeights => _settings.Inherit is Inheritance.Weights or Inheritance.Both;

    private bool InheritsNotes => _settings.Inherit is Inheritance.Scratchpad or Inheritance.Both;

    /// <summary>How many generations the run has.</summary>
    public int Count => Of(Math.Max(1, scenario.SelfPlay.Rounds));

    /// <summary>The generation that plays a round, 1 for the first; also for round 0, before it.</summary>
    public int Of(int round) => Mortal && round > 0 ? 1 + (round - 1) / _settings.EveryRounds : 1;

    /// <summary>The first round of a generation.</summary>
    public int FirstRound(int generation) => 1 + (generation - 1) * _settings.EveryRounds;

    /// <summary>True where newborns take the place of the dead before a round.</summary>
    public bool BeginsAt(int round) => round > 1 && Of(round) > Of(round - 1);

    /// <summary>True where a generation's life is over after a round.</summary>
    public bool EndsAt(int round) => Mortal && round > 0 && (round == scenario.SelfPlay.Rounds || Of(round + 1) > Of(round));

    /// <summary>The first round whose problems, solve rates and baselines the weights of a round have lived through.</summary>
    public int MemoryFrom(int round) => InheritsWeights ? 1 : FirstRound(Of(round));

    /// <summary>The part of the scratchpad that is read and written in a round.</summary>
    public Era EraOf(int round)
    {
        int start = InheritsNotes ? 1 : FirstRound(Of(round));
        int wipe = _settings.WipeScratchpadAtRound;
        return new Era(wipe > start && round >= wipe ? wipe : start);
    }

    /// <summary>True where the scratchpad that was written so far can be read no more from a round on, and it is not that its readers inherit nothing.</summary>
    public bool WipesAt(int round) => round > 1 && round == _settings.WipeScratchpadAtRound && EraOf(round).FirstRound == round && (InheritsNotes || !BeginsAt(round));

    /// <summary>The name of an agent in a generation, such as <c>solver-3.2</c>.</summary>
    public static string NameIn(string name, int generation) => generation == 1 ? name : $"{name}.{generation}";

    /// <summary>The name of the first of an agent's line, such as <c>solver-3</c>: whose private notebook it inherits.</summary>
    public static string Ancestor(string name) => name.Split('.', 2)[0];
}
