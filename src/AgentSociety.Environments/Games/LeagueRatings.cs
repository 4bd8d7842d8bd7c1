using System.Globalization;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;

namespace AgentSociety.Environments.Games;

/// <summary>How strong a society was in each of its tests, by games of its past selves against each other and against those who play any legal move and optimally.</summary>
/// <remarks><c>rating/ROUND</c>, <c>rating/random</c> and <c>rating/optimal</c> on Elo's scale (<see cref="Ratings"/>), with the ends of their 95 % intervals under <c>/low</c> and <c>/high</c>.</remarks>
public static class LeagueRatings
{
    private const int MostSelves = 8;
    private const int Games = 100;

    /// <summary>Plays every pair in both seats and rates all.</summary>
    /// <param name="game">The game.</param>
    /// <param name="selves">The past selves by the round of their test; of more than eight as many of them, the first and the last included.</param>
    /// <param name="seed">Seed of the games.</param>
    public static IReadOnlyList<MetricRecord> Of(IGame game, IReadOnlyList<(int Round, Strategy Self)> selves, ulong seed)
    {
        Dictionary<string, Strategy> players = new(StringComparer.Ordinal) { ["random"] = Exploitability.Uniform, ["optimal"] = OptimalPlay.Of(game) };
        int chosen = Math.Min(MostSelves, selves.Count);
        for (int index = 0; index < chosen; index++)
        {
            (int round, Strategy self) = selves[chosen == 1 ? 0 : index * (selves.Count - 1) / (chosen - 1)];
            players[round.ToString(CultureInfo.InvariantCulture)] = self;
        }

        return [.. Ratings.Of(League.RoundRobin(game, players, Games, seed)).SelectMany(rating => (MetricRecord[])
        [
            new($"rating/{rating.Player}", rating.Strength), new($"rating/{rating.Player}/low", rating.Strength - rating.Error), new($"rating/{rating.Player}/high", rating.Strength + rating.Error),
        ])];
    }
}
