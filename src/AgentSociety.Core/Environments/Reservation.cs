using AgentSociety.Core.Randomness;

namespace AgentSociety.Core.Environments;

/// <summary>The one rule that keeps held-out problems out of everything else.</summary>
public static class Reservation
{
    /// <summary>
    /// True where a problem is reserved for held-out tests: an eighth of all, chosen by a hash of environment and canonical
    /// form alone, so that every run, seed and base model agrees. Demonstrations and play must avoid these problems.
    /// </summary>
    public static bool Holds(string environment, string canonicalForm) =>
        KeyedRandom.Key(0, $"reserved/{environment}/{canonicalForm}") % 8 == 0;

    /// <summary>True where a problem is reserved. Problems that belong together (<see cref="IEnvironment.SplitKey"/>) are reserved together: one of them that is played would show a part of the others.</summary>
    public static bool Holds(IEnvironment environment, Problem problem) => Holds(environment.Name, environment.SplitKey(problem));
}
