using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Games;

/// <summary>Finds an equilibrium of a small game of hidden information by counterfactual regret minimisation.</summary>
/// <remarks>CFR+ (Tammelin 2014, algorithm 1): alternating updates, regrets held at 0 or above, averages weighted by iteration. Not thread-safe.</remarks>
public sealed class RegretMatching(IGame game)
{
    private readonly Dictionary<string, Decision> _decisions = [];
    private int _iterations;

    /// <summary>Runs more iterations.</summary>
    public void Improve(int iterations)
    {
        for (int end = _iterations + iterations; _iterations < end;)
        {
            _iterations++;
            for (int player = 0; player < 2; player++)
            {
                foreach (GameDeal deal in game.Deals) Walk(deal.Position, player, 1, deal.Probability);
                foreach (Decision decision in _decisions.Values) decision.Commit();
            }
        }
    }

    /// <summary>The average strategy so far, of both seats; uniform where a view was never reached.</summary>
    public IReadOnlyList<double> Average(string view, IReadOnlyList<string> moves) =>
        _decisions.TryGetValue(view, out Decision? decision) ? Decision.Normalised(decision.Sum) : Exploitability.Uniform(view, moves);

    private double Walk(IGamePosition position, int player, double own, double others)
    {
        if (position.Mover < 0) return player == 0 ? position.Payoff : -position.Payoff;
        IReadOnlyList<string> moves = position.Moves;
        string view = position.View(position.Mover);
        if (!_decisions.TryGetValue(view, out Decision? decision)) _decisions[view] = decision = new(moves.Count);
        double[] strategy = decision.Current;
        double value = 0;
        if (position.Mover != player)
        {
            for (int index = 0; index < moves.Count; index++) value += strategy[index] * Walk(position.Play(moves[index]), player, own, others * strategy[index]);
            return value;
        }

        double[] values = new double[moves.Count];
        for (int index = 0; index < moves.Count; index++)
        {
            values[index] = Walk(position.Play(moves[index]), player, own * strategy[index], others);
            value += strategy[index] * values[index];
        }

        for (int index = 0; index < moves.Count; index++)
        {
            decision.Pending[index] += others * (values[index] - value);
            decision.Sum[index] += _iterations * own * strategy[index];
        }

        return value;
    }

    private sealed class Decision(int moves)
    {
        private readonly double[] _regret = new double[moves];

        public double[] Current { get; private set; } = Normalised(new double[moves]);

        public double[] Pending { get; } = new double[moves];

        public double[] Sum { get; } = new double[moves];

        public void Commit()
        {
            for (int index = 0; index < _regret.Length; index++) _regret[index] = Math.Max(0, _regret[index] + Pending[index]);
            Array.Clear(Pending);
            Current = Normalised(_regret);
        }

        public static double[] Normalised(double[] weights)
        {
            double total = weights.Sum();
            return total > 0 ? [.. weights.Select(weight => weight / total)] : [.. Enumerable.Repeat(1.0 / weights.Length, weights.Length)];
        }
    }
}
