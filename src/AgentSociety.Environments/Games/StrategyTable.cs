using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>A strategy as a file: for each view, a probability for each legal move in their order. A past self, frozen.</summary>
public static class StrategyTable
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Asks a strategy at every view of both seats.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>> Of(IGame game, Strategy strategy)
    {
        SortedDictionary<string, IReadOnlyList<double>> table = new(StringComparer.Ordinal);
        Stack<IGamePosition> open = new(game.Deals.Select(deal => deal.Position));
        while (open.TryPop(out IGamePosition? position))
        {
            if (position.Mover < 0) continue;
            string view = position.View(position.Mover);
            // Where both see everything, what is seen is the position; elsewhere other positions look the same and go on otherwise.
            if (!table.TryGetValue(view, out _)) table[view] = strategy(view, position.Moves);
            else if (game.PerfectInformation) continue;
            foreach (string move in position.Moves) open.Push(position.Play(move));
        }

        return table;
    }

    /// <summary>A policy that was read at decision points, among the legal moves of each; where it wrote none of them, any of them alike.</summary>
    /// <param name="views">The decision points, as the mover sees them.</param>
    /// <param name="policy">What the policy writes at each with its probability, as in <see cref="IMeasuredPlay.Measure"/>.</param>
    public static IReadOnlyDictionary<string, IReadOnlyList<double>> Of(IReadOnlyList<GameView> views, IReadOnlyList<IReadOnlyDictionary<string, double>> policy)
    {
        SortedDictionary<string, IReadOnlyList<double>> table = new(StringComparer.Ordinal);
        foreach ((GameView at, IReadOnlyDictionary<string, double> written) in views.Zip(policy))
        {
            double[] weights = [.. at.Moves.Select(move => written.GetValueOrDefault(move + GameTable.Marker))];
            double sum = weights.Sum();
            table[at.View] = [.. weights.Select(weight => sum > 0 ? weight / sum : 1.0 / weights.Length)];
        }

        return table;
    }

    /// <summary>A table as a strategy; a view that it lacks is played uniformly.</summary>
    public static Strategy Strategy(IReadOnlyDictionary<string, IReadOnlyList<double>> table) => (view, moves) => table.TryGetValue(view, out IReadOnlyList<double>? weights) ? weights : Exploitability.Uniform(view, moves);

    /// <summary>Writes a table as JSON.</summary>
    public static void Write(string path, IReadOnlyDictionary<string, IReadOnlyList<double>> table) => File.WriteAllText(path, JsonSerializer.Serialize(table, Indented) + "\n");

    /// <summary>Reads a strategy for a game; a view that the file lacks is played uniformly.</summary>
    /// <exception cref="SocietyException">The file is missing, is no such table, or has weights that are no probabilities of the legal moves.</exception>
    public static Strategy Read(string path, IGame game)
    {
        if (!File.Exists(path)) throw new SocietyException($"environment '{game.Name}': there is no file '{path}'; name a strategy table under options, strategy") { Option = "strategy" };
        Dictionary<string, double[]> table;
        try
        {
            table = JsonSerializer.Deserialize<Dictionary<string, double[]>>(File.ReadAllText(path)) ?? [];
        }
        catch (JsonException failure)
        {
            throw new SocietyException($"{path}: not a JSON object of views with lists of probabilities: {failure.Message}", cause: failure);
        }

        Strategy strategy = (view, moves) => table.TryGetValue(view, out double[]? weights) ? weights : Exploitability.Uniform(view, moves);
        foreach ((string view, IReadOnlyList<double> moves) in Of(game, Exploitability.Uniform))
        {
            IReadOnlyList<double> weights = table.TryGetValue(view, out double[]? own) ? own ?? [] : moves;
            if (weights.Count != moves.Count || weights.Any(weight => !(weight >= 0)) || Math.Abs(weights.Sum() - 1) > 1e-6) throw new SocietyException($"{path}: view '{view}' needs {moves.Count} probabilities that add up to 1");
        }

        return strategy;
    }
}
