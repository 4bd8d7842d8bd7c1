using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>A society's past selves as one opponent, which plays as if one of them were drawn for each game: the opponent of fictitious play (Brown 1951).</summary>
/// <remarks>
/// A self counts in proportion to when it joined, so that the first clumsy ones fade, as in the averages of CFR+ (Tammelin 2014, section 3). Moves are
/// weighed by how likely the self is to come to the view by its own moves: the mean of mixtures as behaviour (Heinrich et al. 2015, "Fictitious self-play in
/// extensive-form games", section 3.2).
/// </remarks>
/// <param name="Count">How many have joined, the first included.</param>
/// <param name="Played">By view, the weight of each legal move over all selves.</param>
/// <param name="Newest">The same of the newest self alone, at a weight of 1.</param>
sealed record PastSelves(int Count, IReadOnlyDictionary<string, IReadOnlyList<double>> Played, IReadOnlyDictionary<string, IReadOnlyList<double>> Newest)
{
    /// <summary>A first self that plays any legal move.</summary>
    public static PastSelves None(IGame game) => new PastSelves(0, Nobody(game), Nobody(game)).With(game, Exploitability.Uniform);

    /// <exception cref="SocietyException">The text holds no past selves of this game.</exception>
    public static PastSelves Load(string json, IGame game)
    {
        try
        {
            PastSelves read = JsonSerializer.Deserialize<PastSelves>(json) ?? throw new JsonException("there are none");
            foreach ((string view, IReadOnlyList<double> moves) in StrategyTable.Of(game, Exploitability.Uniform))
            {
                if (read.Played?.GetValueOrDefault(view)?.Count != moves.Count || read.Newest?.GetValueOrDefault(view)?.Count != moves.Count) throw new JsonException($"view '{view}' needs {moves.Count} weights");
            }

            return read;
        }
        catch (JsonException cause)
        {
            throw new SocietyException($"the stored past selves of '{game.Name}' cannot be read ({cause.Message}); they were made by another version of this program", badInput: false, cause);
        }
    }

    public string Save() => JsonSerializer.Serialize(this);

    public IReadOnlyList<double> Mean(string view, IReadOnlyList<string> moves) => Normalised(Played[view], view, moves);

    /// <summary>The mean, but for this share of games, in which the newest self plays.</summary>
    public Strategy Anticipated(double share)
    {
        // The t-th counts t times: all of them together as often as this.
        double all = Count * (Count + 1) / 2.0;
        return (view, moves) => Normalised([.. Played[view].Zip(Newest[view], (mean, newest) => ((1 - share) * mean / all) + (share * newest))], view, moves);
    }

    public PastSelves With(IGame game, Strategy self)
    {
        Dictionary<string, IReadOnlyList<double>> newest = new(StringComparer.Ordinal);
        foreach (GameDeal deal in game.Deals)
        {
            for (int seat = 0; seat < 2; seat++) Walk(deal.Position, seat, 1);
        }

        return new(Count + 1, Played.ToDictionary(at => at.Key, at => (IReadOnlyList<double>)[.. at.Value.Zip(newest[at.Key], (played, own) => played + ((Count + 1) * own))], StringComparer.Ordinal), newest);

        // A player who forgets nothing comes to a view by one sequence of own moves: all ways to it have the same weight.
        void Walk(IGamePosition position, int seat, double weight)
        {
            if (position.Mover < 0) return;
            IReadOnlyList<double>? own = null;
            if (position.Mover == seat)
            {
                string view = position.View(seat);
                own = self(view, position.Moves);
                if (!newest.ContainsKey(view)) newest[view] = [.. own.Select(probability => weight * probability)];
            }

            for (int move = 0; move < position.Moves.Count; move++) Walk(position.Play(position.Moves[move]), seat, weight * (own?[move] ?? 1));
        }
    }

    private static IReadOnlyDictionary<string, IReadOnlyList<double>> Nobody(IGame game) => StrategyTable.Of(game, static (_, moves) => new double[moves.Count]);

    private static IReadOnlyList<double> Normalised(IReadOnlyList<double> weights, string view, IReadOnlyList<string> moves)
    {
        double sum = weights.Sum();
        return sum > 0 ? [.. weights.Select(weight => weight / sum)] : Exploitability.Uniform(view, moves);
    }
}
