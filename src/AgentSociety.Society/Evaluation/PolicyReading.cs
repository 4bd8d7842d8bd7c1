using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>Asks a newborn at every decision point of an environment, and hands the answers to the environment's exact measure.</summary>
/// <remarks>
/// At temperature 0 an answer is certain. Above it, each decision point is sampled and every distinct answer counts with the probability
/// that the model gave it, so that the only error is the probability of answers that no sample drew.
/// </remarks>
internal sealed class PolicyReading
{
    /// <summary>Up to so many decision points are asked in every test; more of them only in the first and the last.</summary>
    private const int Few = 100;
    private const int Draws = 48;
    private readonly RunPlan _plan;
    private readonly IMeasuredPlay _play;
    private readonly int _draws;
    private readonly Dictionary<string, double>[] _policy;
    private int _missing;

    private PolicyReading(RunPlan plan, IMeasuredPlay play, int round)
    {
        (_plan, _play) = (plan, play);
        double temperature = plan.Scenario.Evaluation.Temperature;
        _draws = temperature == 0 ? 1 : Draws;
        IReadOnlyList<DecisionPoint> decisions = play.Decisions;
        _policy = [.. decisions.Select(_ => new Dictionary<string, double>(StringComparer.Ordinal))];
        _missing = _policy.Length * _draws;
        Requests =
        [
            .. from decision in Enumerable.Range(0, _policy.Length) from draw in Enumerable.Range(0, _draws)
            select new ModelHost.Generate
            {
                Id = $"{round}/decision/{decision}/{draw}",
                Prompt = decisions[decision].Prompt,
                Adapter = plan.Newborn(0).Adapter,
                Sampling = new SamplingSettings { Temperature = temperature },
                Key = KeyedRandom.Key(plan.Seed, "decision", round, decision, draw),
                MaximumTokens = decisions[decision].Longest,
            },
        ];
    }

    /// <summary>What is asked of the model's host.</summary>
    public IReadOnlyList<ModelHost.Generate> Requests { get; }

    /// <summary>What was written at each decision point, with its probability.</summary>
    public IReadOnlyList<IReadOnlyDictionary<string, double>> Policy => _policy;

    /// <summary>The reading that is due at the end of a round; null for none.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="round">The round, 0 before the first.</param>
    /// <param name="test">True where newborns sit the held-out test.</param>
    /// <param name="final">True where this test is the first or the last.</param>
    public static PolicyReading? Due(RunPlan plan, int round, bool test, bool final) =>
        plan.Environment is IMeasuredPlay play && (play is ILeaguePlay { Adapts: true } || final || (test && play.Decisions.Count <= Few)) ? new(plan, play, round) : null;

    /// <summary>Takes an answer.</summary>
    /// <returns>True when it was the last one.</returns>
    public bool Take(Generation generation)
    {
        string written = string.Concat(generation.Segments.Where(segment => segment.Source == Source.Model).Select(segment => segment.Text));
        double logProbability = 0;
        for (int token = 0; token < generation.Tokens.Length; token++)
        {
            if (generation.LossMask[token]) logProbability += generation.LogProbabilities[token];
        }

        int decision = int.Parse(generation.Id.Split('/')[2]);
        _policy[decision][written] = _draws == 1 ? 1 : Math.Exp(logProbability);
        return --_missing == 0;
    }

    /// <summary>What the environment makes of the answers.</summary>
    public IReadOnlyList<MetricRecord> Metrics() => _play.Measure(_policy);

    /// <summary>The plan of the next round: in a league this newborn has become one more past self.</summary>
    public RunPlan Next() => _play is ILeaguePlay { Adapts: true } league ? _plan with { Environment = league.Joined(_policy) } : _plan;
}
