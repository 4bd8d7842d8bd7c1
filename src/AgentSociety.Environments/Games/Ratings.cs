namespace AgentSociety.Environments.Games;

/// <summary>What came of one game.</summary>
/// <param name="First">Who began.</param>
/// <param name="Second">Who sat opposite.</param>
/// <param name="Score">What the first got: 1 won, 0.5 drawn, 0 lost.</param>
public sealed record Match(string First, string Second, double Score);

/// <summary>How strong a player is, on Elo's scale.</summary>
/// <param name="Player">Who.</param>
/// <param name="Strength">400 points are odds of ten to one; the mean of all players is 1500.</param>
/// <param name="Error">Half the width of the 95 % interval of the strength.</param>
/// <param name="Games">Games that were played.</param>
public sealed record Rating(string Player, double Strength, double Error, int Games);

/// <summary>Ratings of players from their games, all at once: their order does not matter.</summary>
/// <remarks>
/// The model of Bradley and Terry 1952 on Elo's scale, P(first wins) = 1 / (1 + 10^((second - first) / 400)), a draw half a win; strengths have the prior
/// N(1500, 350²) of Glicko (Glickman 1999), so that who always won has a finite one. The maximum is found by Newton's method, the interval is Laplace's: the
/// posterior's curvature there, of the strength beside the mean of all. Who begins is not modelled: let everyone begin equally often.
/// </remarks>
public static class Ratings
{
    private const double Mean = 1500;
    private const double Deviation = 350;
    private const double Scale = 2.302585092994046 / 400; // ln 10 / 400

    /// <summary>Rates everyone who played, the strongest first.</summary>
    public static IReadOnlyList<Rating> Of(IReadOnlyList<Match> matches)
    {
        string[] players = [.. matches.SelectMany(match => new[] { match.First, match.Second }).Distinct().Order(StringComparer.Ordinal)];
        Dictionary<string, int> place = players.Index().ToDictionary(pair => pair.Item, pair => pair.Index);
        (int First, int Second, double Score)[] games = [.. matches.Where(match => match.First != match.Second).Select(match => (place[match.First], place[match.Second], match.Score))];
        double[] strengths = new double[players.Length];
        double[,] curvature = new double[players.Length, players.Length];
        for (int step = 0; step < 100; step++)
        {
            double[] slope = new double[players.Length];
            Array.Clear(curvature);
            for (int player = 0; player < players.Length; player++)
            {
                slope[player] = -strengths[player] / (Deviation * Deviation);
                curvature[player, player] = 1 / (Deviation * Deviation);
            }

            foreach ((int first, int second, double score) in games)
            {
                double expected = 1 / (1 + Math.Exp(Scale * (strengths[second] - strengths[first]))), weight = Scale * Scale * expected * (1 - expected);
                slope[first] += Scale * (score - expected);
                slope[second] -= Scale * (score - expected);
                curvature[first, first] += weight;
                curvature[second, second] += weight;
                curvature[first, second] -= weight;
                curvature[second, first] -= weight;
            }

            double[] change = Solved(curvature, slope);
            for (int player = 0; player < players.Length; player++) strengths[player] += Math.Clamp(change[player], -Deviation, Deviation);
            if (change.All(move => Math.Abs(move) < 1e-9)) break;
        }

        return [.. players.Select((player, index) => new Rating(player, Mean + strengths[index], 1.96 * Math.Sqrt(Math.Max(0, Variance(curvature, index))), games.Count(game => game.First == index || game.Second == index))).OrderByDescending(rating => rating.Strength)];
    }

    /// <summary>The score that the first of two strengths can expect against the second.</summary>
    public static double Expected(double first, double second) => 1 / (1 + Math.Exp(Scale * (second - first)));

    private static double Variance(double[,] curvature, int index)
    {
        // Only differences show in games: the player's own direction, less the common one.
        double[] direction = [.. Enumerable.Repeat(-1.0 / curvature.GetLength(0), curvature.GetLength(0))];
        direction[index] += 1;
        return Solved(curvature, direction).Zip(direction, (left, right) => left * right).Sum();
    }

    // Cholesky: the curvature is symmetric and positive definite because of the prior.
    private static double[] Solved(double[,] matrix, double[] right)
    {
        int size = right.Length;
        double[,] lower = new double[size, size];
        for (int row = 0; row < size; row++)
        {
            for (int column = 0; column <= row; column++)
            {
                double sum = matrix[row, column];
                for (int inner = 0; inner < column; inner++) sum -= lower[row, inner] * lower[column, inner];
                lower[row, column] = row == column ? Math.Sqrt(sum) : sum / lower[column, column];
            }
        }

        double[] solution = [.. right];
        for (int row = 0; row < size; row++)
        {
            for (int inner = 0; inner < row; inner++) solution[row] -= lower[row, inner] * solution[inner];
            solution[row] /= lower[row, row];
        }

        for (int row = size - 1; row >= 0; row--)
        {
            for (int inner = row + 1; inner < size; inner++) solution[row] -= lower[inner, row] * solution[inner];
            solution[row] /= lower[row, row];
        }

        return solution;
    }
}
