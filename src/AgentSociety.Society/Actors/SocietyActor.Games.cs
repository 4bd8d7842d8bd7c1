using System.Text.Json;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Games;

namespace AgentSociety.Society;

/// <summary>How a newborn fares in games of two against opponents that never change, and, where a run ends, how all who were tested fare against each other.</summary>
internal sealed partial class SocietyActor
{
    /// <summary>What the newborn of this round's test plays; null where none was read.</summary>
    private string? _strategy;

    private void MeasureGame(IGamePlay play, PolicyReading reading)
    {
        if (play.Sampled) return;
        IReadOnlyDictionary<string, IReadOnlyList<double>> table = StrategyTable.Of(play.Views, reading.Policy);
        Strategy own = StrategyTable.Strategy(table);
        _strategy = JsonSerializer.Serialize(table);
        _metrics.AddRange(FixedOpponents.Measure(play, own));
        if (_round == 0 || !Final) return;
        (int, Strategy)[] selves =
        [
            .. from stored in _session.Records.CheckpointStates() where stored.Round < _round
               let self = SocietyState.Load(stored.State).Strategy where self is not null
               select (stored.Round, StrategyTable.Strategy(JsonSerializer.Deserialize<Dictionary<string, IReadOnlyList<double>>>(self)!)),
            (_round, own),
        ];
        _metrics.AddRange(LeagueRatings.Of(play.Game, selves, KeyedRandom.Key(_plan.Seed, "rating")));
    }
}
