using AgentSociety.Core.Randomness;

namespace AgentSociety.Core.Environments;

/// <summary>An environment that can show a proposer earlier problems and ask for something different.</summary>
/// <remarks>Optional. After Zhao et al. 2025, "Absolute Zero", section 3.3.1: a proposal is conditioned on K triples drawn from the archive.</remarks>
public interface IConditionedProposer
{
    /// <summary>How many earlier problems the environment wants to show; 0 for none.</summary>
    int Shown { get; }

    /// <summary>What a proposer sees before it writes a problem.</summary>
    /// <param name="frontier">How solvers fare.</param>
    /// <param name="earlier">Problems from the archive, none of them reserved, drawn by the caller with a key of its own; at most <see cref="Shown"/>.</param>
    /// <param name="random">For environments whose presentation varies.</param>
    string ProposerPrompt(Frontier frontier, IReadOnlyList<Problem> earlier, KeyedRandom random);
}
