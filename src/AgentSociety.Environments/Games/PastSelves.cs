using System.Text.Json;
using System.Text.Json.Serialization;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>The mean of a society's past selves, view by view: the opponent of fictitious play (Brown 1951).</summary>
/// <remarks>A self counts in proportion to when it joined, so that the first clumsy ones fade, as in the averages of CFR+ (Tammelin 2014, section 3).</remarks>
/// <param name="Count">How many have joined, the first included.</param>
/// <param name="Table">Probability of each legal move, by view.</param>
sealed record PastSelves(int Count, IReadOnlyDictionary<string, IReadOnlyList<double>> Table)
{
    [JsonIgnore]
    public Strategy Mean => (view, _) => Table[view];

    /// <summary>A first self that plays any legal move.</summary>
    public static PastSelves None(IGame game) => new(1, StrategyTable.Of(game, Exploitability.Uniform));

    public static PastSelves Load(string json) => JsonSerializer.Deserialize<PastSelves>(json) ?? throw new JsonException("no past selves");

    public string Save() => JsonSerializer.Serialize(this);

    public PastSelves With(Strategy self)
    {
        double weight = 2.0 / (Count + 2);
        return new(Count + 1, Table.ToDictionary(
            at => at.Key,
            IReadOnlyList<double> (at) =>
            {
                IReadOnlyList<double> own = self(at.Key, new string[at.Value.Count]);
                return [.. at.Value.Select((mean, move) => mean + weight * (own[move] - mean))];
            }));
    }
}
