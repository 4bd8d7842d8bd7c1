using AgentSociety.Core.Records;

namespace AgentSociety.Core.Environments;

/// <summary>An environment in which a policy is measured exactly, by what it does at every decision point: no sample of problems, no luck.</summary>
public interface IMeasuredPlay
{
    /// <summary>Every decision point, in a fixed order.</summary>
    IReadOnlyList<DecisionPoint> Decisions { get; }

    /// <summary>Measures a policy.</summary>
    /// <param name="policy">At each decision point, in their order, what the policy writes there with its probability; together at most 1.</param>
    IReadOnlyList<MetricRecord> Measure(IReadOnlyList<IReadOnlyDictionary<string, double>> policy);
}

/// <summary>A point at which a policy decides.</summary>
/// <param name="Prompt">All that stands before the decision, as in play.</param>
/// <param name="Longest">Characters of the longest legal answer.</param>
public sealed record DecisionPoint(string Prompt, int Longest);

/// <summary>An environment whose opponent is made of the society's past selves, and so changes from round to round.</summary>
/// <remarks>Immutable as any environment: what changes is which one the society plays in.</remarks>
public interface ILeaguePlay : IMeasuredPlay
{
    /// <summary>True where past selves sit opposite; false where the scenario chose another opponent and nothing changes.</summary>
    bool Adapts { get; }

    /// <summary>The past selves, as text to be stored.</summary>
    string PastSelves { get; }

    /// <summary>The environment in which this policy is one more past self.</summary>
    /// <param name="policy">As in <see cref="IMeasuredPlay.Measure"/>.</param>
    IEnvironment Joined(IReadOnlyList<IReadOnlyDictionary<string, double>> policy);

    /// <summary>The environment with the past selves of a stored <see cref="PastSelves"/>.</summary>
    IEnvironment Restored(string pastSelves);
}
