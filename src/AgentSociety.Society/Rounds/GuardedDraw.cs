using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.DataSets;

namespace AgentSociety.Society;

/// <summary>Keeps what would give a question of the held-out test away out of everything that is drawn: problems of the fixed distribution and of curricula, and base material.</summary>
internal static class GuardedDraw
{
    /// <summary>A problem that is neither reserved nor repeats words of a held-out question: of this difficulty or, where 256 draws gave none, of the next lower one, and so on.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="difficulty">What is asked for.</param>
    /// <param name="random">Where draws come from.</param>
    /// <param name="heldOut">The questions of the held-out test, where problems are told in words; null elsewhere.</param>
    /// <param name="generate">Draws a problem of a difficulty.</param>
    /// <exception cref="SocietyException">All draws gave problems that belong to tests.</exception>
    public static Problem Problem(IEnvironment environment, int difficulty, KeyedRandom random, Contamination? heldOut, Func<int, KeyedRandom, Problem> generate)
    {
        if (heldOut is null) return ProblemDraw.Unreserved(environment, difficulty, random, generate);
        return ProblemDraw.OfThisOrLower(difficulty, random, generate, problem => !Reservation.Holds(environment, problem) && !heldOut.Touches(problem.Text), draws => NothingLeft(environment.Name, difficulty, draws));
    }

    /// <summary>An environment's base material without what repeats words of a question of the held-out test; null where it has none.</summary>
    public static IDemonstrator? Material(IEnvironment environment, Contamination? heldOut) =>
        environment is not IDemonstrator material ? null : heldOut is null ? material : new GuardedMaterial(environment.Name, material, heldOut);

    private static SocietyException NothingLeft(string environment, int difficulty, int draws) =>
        new($"environment '{environment}': everything of difficulty {difficulty} and below that came in {draws:N0} draws is reserved for tests or repeats words of their questions; raise sharedWords, or give it more problems");

    private sealed class GuardedMaterial(string environment, IDemonstrator material, Contamination heldOut) : IDemonstrator
    {
        public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random) => Drawn(difficulty, random, material.DemonstrateSolution);

        public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) => Drawn(difficulty, random, material.DemonstrateProposal);

        private IReadOnlyList<Segment> Drawn(int difficulty, KeyedRandom random, Func<int, KeyedRandom, IReadOnlyList<Segment>> draw) =>
            ProblemDraw.OfThisOrLower(difficulty, random, draw, shown => !shown.Any(segment => heldOut.Touches(segment.Text)), draws => NothingLeft(environment, difficulty, draws));
    }
}
