using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Environments.Games;

/// <summary>A society as it was after a round: what it plays at each position of a board game. Before the first round it plays any legal move.</summary>
/// <param name="Moves">At each position, in their order, its legal moves with their probabilities; none where it plays any legal move.</param>
sealed record PastSelf(IReadOnlyList<IReadOnlyDictionary<string, double>> Moves)
{
    /// <exception cref="SocietyException">The text holds no past self at so many positions.</exception>
    public static PastSelf Load(string json, int positions, string game)
    {
        try
        {
            PastSelf read = JsonSerializer.Deserialize<PastSelf>(json) ?? throw new JsonException("there is none");
            return read.Moves?.Count == positions && read.Moves.All(moves => moves is not null) ? read : throw new JsonException($"it needs moves at {positions} positions");
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"the stored past self of '{game}' cannot be read ({cause.Message}); it was made by another version of this program", badInput: false, cause);
        }
    }

    public string Save() => JsonSerializer.Serialize(this);

    /// <summary>It as a strategy; where it is not known, any legal move.</summary>
    /// <param name="views">What the mover sees at each position, in their order.</param>
    public Strategy Strategy(IEnumerable<string> views)
    {
        Dictionary<string, IReadOnlyDictionary<string, double>> table = views.Zip(Moves).ToDictionary(at => at.First, at => at.Second, StringComparer.Ordinal);
        return (view, moves) =>
        {
            if (!table.TryGetValue(view, out IReadOnlyDictionary<string, double>? own)) return Exploitability.Uniform(view, moves);
            double[] weights = [.. moves.Select(move => own.GetValueOrDefault(move))];
            double sum = weights.Sum();
            return sum > 0 ? [.. weights.Select(weight => weight / sum)] : Exploitability.Uniform(view, moves);
        };
    }
}
