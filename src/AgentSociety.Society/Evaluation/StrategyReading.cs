using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Environments.Games;
using AgentSociety.Models;

namespace AgentSociety.Society;

/// <summary>What a model plays in a game of two, read at every decision point outside of a run.</summary>
/// <param name="Table">By what the mover sees, a probability for each legal move: what <see cref="StrategyTable.Write"/> takes.</param>
/// <param name="Metrics">The environment's exact measures of it, and how it fares against opponents that never change.</param>
public sealed record StrategyReading(IReadOnlyDictionary<string, IReadOnlyList<double>> Table, IReadOnlyList<MetricRecord> Metrics)
{
    /// <summary>Reads a model. Call it on a thread that may be busy for long.</summary>
    /// <exception cref="SocietyException">The scenario's environment is no game of two, or is read at a sample of its decision points.</exception>
    public static StrategyReading Take(RunPlan plan, LanguageModel model, CancellationToken stop)
    {
        if (plan.Environment is not IGamePlay play) throw new SocietyException($"{plan.Environment.Name} is no game of two, and strategies are read of games alone; leave out --strategy-out");
        if (play.Sampled) throw new SocietyException($"{plan.Environment.Name} is read at a sample of its positions, which is no strategy for whole games; set environment.options.measured=0");
        PolicyReading reading = PolicyReading.Due(plan, 0, test: true, final: true)!;
        using DecodingEngine engine = new(model);
        foreach (ModelHost.Generate request in reading.Requests)
        {
            engine.Submit(new GenerationRequest
            {
                Id = request.Id,
                Prompt = model.Tokenizer.Encode(request.Prompt),
                Adapter = model.Adapters.ContainsKey(request.Adapter) ? request.Adapter : null,
                Sampling = request.Sampling,
                Key = request.Key,
                MaximumTokens = request.MaximumTokens,
            });
        }

        foreach (Generation generation in engine.Finish(stop)) reading.Take(generation);
        IReadOnlyDictionary<string, IReadOnlyList<double>> table = StrategyTable.Of(play.Views, reading.Policy);
        return new StrategyReading(table, [.. reading.Metrics(), .. FixedOpponents.Measure(play, StrategyTable.Strategy(table))]);
    }
}
