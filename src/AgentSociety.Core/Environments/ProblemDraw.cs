using AgentSociety.Core.Randomness;

namespace AgentSociety.Core.Environments;

/// <summary>Draws problems and base material again and again until something will do, and says so where nothing comes, in place of drawing for ever.</summary>
/// <remarks>An environment may have few problems of a difficulty, by its options or by its nature: two heaps of one stone cannot be won.</remarks>
public static class ProblemDraw
{
    private const int MostDraws = 100_000;
    private const int DrawsADifficulty = 256;

    /// <summary>The first problem that comes.</summary>
    /// <param name="environment">Name of the environment.</param>
    /// <param name="difficulty">What was asked for.</param>
    /// <param name="draw">Draws once; null where what came is no problem of this difficulty.</param>
    /// <exception cref="SocietyException">None came in 100,000 draws.</exception>
    public static Problem First(string environment, int difficulty, Func<Problem?> draw)
    {
        for (int tries = 0; tries < MostDraws; tries++)
        {
            if (draw() is { } problem) return problem;
        }

        throw new SocietyException($"environment '{environment}': no problem of difficulty {difficulty} came in {MostDraws:N0} draws; change its options, or leave this difficulty out of pretraining, play and tests");
    }

    /// <summary>A problem that is not reserved, nor are those that belong with it: of this difficulty or, where 256 draws gave none, of the next lower one, and so on down to the lowest.</summary>
    /// <param name="environment">The environment.</param>
    /// <param name="difficulty">What is asked for.</param>
    /// <param name="random">Where draws come from.</param>
    /// <param name="generate">Draws a problem of a difficulty.</param>
    /// <exception cref="SocietyException">All draws gave reserved problems.</exception>
    public static Problem Unreserved(IEnvironment environment, int difficulty, KeyedRandom random, Func<int, KeyedRandom, Problem> generate) =>
        Unreserved(environment.Name, difficulty, random, generate, problem => Reservation.Holds(environment, problem));

    /// <summary>A problem that is not reserved, where each problem stands alone: of this difficulty or, where 256 draws gave none, of the next lower one, and so on down to the lowest.</summary>
    /// <param name="environment">Name of the environment.</param>
    /// <param name="difficulty">What is asked for.</param>
    /// <param name="random">Where draws come from.</param>
    /// <param name="generate">Draws a problem of a difficulty.</param>
    /// <exception cref="SocietyException">All draws gave reserved problems.</exception>
    public static Problem Unreserved(string environment, int difficulty, KeyedRandom random, Func<int, KeyedRandom, Problem> generate) =>
        Unreserved(environment, difficulty, random, generate, problem => Reservation.Holds(environment, problem.CanonicalForm));

    /// <summary>What is drawn and will do: of this difficulty or, where 256 draws gave nothing, of the next lower one, and so on down to the lowest.</summary>
    /// <param name="difficulty">What is asked for.</param>
    /// <param name="random">Where draws come from.</param>
    /// <param name="draw">Draws once, at a difficulty.</param>
    /// <param name="allowed">True of what will do.</param>
    /// <param name="nothing">What to say after so many draws that gave nothing.</param>
    /// <typeparam name="T">What is drawn.</typeparam>
    /// <exception cref="SocietyException">No draw will do: what <paramref name="nothing"/> says.</exception>
    public static T OfThisOrLower<T>(int difficulty, KeyedRandom random, Func<int, KeyedRandom, T> draw, Func<T, bool> allowed, Func<int, SocietyException> nothing)
    {
        for (int tries = 0; tries < DrawsADifficulty * difficulty; tries++)
        {
            T drawn = draw(difficulty - (tries / DrawsADifficulty), random);
            if (allowed(drawn)) return drawn;
        }

        throw nothing(DrawsADifficulty * difficulty);
    }

    private static Problem Unreserved(string environment, int difficulty, KeyedRandom random, Func<int, KeyedRandom, Problem> generate, Func<Problem, bool> reserved) =>
        OfThisOrLower(difficulty, random, generate, problem => !reserved(problem), draws => new SocietyException(
            $"environment '{environment}': every problem of difficulty {difficulty} and below that came in {draws:N0} draws is reserved for tests; give it more problems by its options, or ask for a greater difficulty"));
}
