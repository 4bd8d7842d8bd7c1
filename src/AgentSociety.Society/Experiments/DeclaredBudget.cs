using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>What one society of an arm may spend, as far as its scenario fixes it. Decoded tokens follow from what agents write and are measured.</summary>
/// <param name="Attempts">Attempts of solvers: problems x attempts x rounds.</param>
/// <param name="GradientSteps">Steps after pretraining: rounds x passes x steps, for each set of weights.</param>
/// <param name="StepTexts">The scenario's <c>learning.batch</c>: where the number of steps is fixed, its <c>replayShare</c> is replayed in each, beside the step's share of whatever attempts carry a signal. How many texts that comes to is measured.</param>
/// <param name="PretrainingTexts">Demonstrations that the base model is trained on in the run itself.</param>
/// <param name="MaximumTokens">Most tokens of an attempt.</param>
public sealed record DeclaredBudget(long Attempts, long GradientSteps, int StepTexts, long PretrainingTexts, int MaximumTokens)
{
    /// <summary>The budget of a scenario.</summary>
    public static DeclaredBudget Of(LoadedScenario loaded)
    {
        Scenario scenario = loaded.Scenario;
        SelfPlaySettings play = scenario.SelfPlay;
        LearningSettings learning = scenario.Learning;
        int weights = learning.Weights == TrainedWeights.Full ? 1 : RunPlan.Of(loaded).Population.Select(agent => agent.Adapter).Distinct().Count();
        return new DeclaredBudget(
            (long)play.Rounds * play.ProblemsPerRound * play.AttemptsPerProblem,
            learning.Enabled ? (long)play.Rounds * learning.Epochs * learning.StepsPerRound * weights : 0,
            learning.Batch,
            scenario.Model.Base is null ? (long)scenario.Pretrain.Steps * scenario.Pretrain.Batch : 0,
            play.MaximumTokens);
    }

    /// <summary>Holds the budgets of all arms against that of the first.</summary>
    /// <exception cref="SocietyException">An arm's budget is not fixed, or it differs: one line for each fault.</exception>
    internal static void RequireEqual(ExperimentPlan plan)
    {
        List<string> faults = [];
        foreach (ExperimentArm arm in plan.Arms)
        {
            Scenario scenario = arm.Scenario.Scenario;
            if (scenario.SelfPlay is { Enabled: true, TopUp: false }) faults.Add($"arm '{arm.Name}': the number of attempts depends on how many proposals are valid; set selfPlay.topUp to true");
            if (scenario.Learning is { Enabled: true, StepsPerRound: 0 }) faults.Add($"arm '{arm.Name}': the number of gradient steps depends on how many episodes carry a signal; set learning.stepsPerRound");
            if (scenario.Learning is { Enabled: true, StepsPerRound: > 0 } learning && Math.Round(learning.Batch * learning.ReplayShare) < 1)
                faults.Add($"arm '{arm.Name}': a round in which nothing carries a signal takes no gradient step, since there is no base material to take it on; set learning.replayShare above 0{(learning.ReplayShare > 0 ? $": of a batch of {learning.Batch} it leaves no text" : "")}");
            if (scenario.Guards.Stop) faults.Add($"arm '{arm.Name}': a guard may end it before the others; set guards.stop to false");
        }

        ExperimentArm first = plan.Arms[0];
        DeclaredBudget wanted = Of(first.Scenario);
        foreach (ExperimentArm arm in plan.Arms.Skip(1))
        {
            DeclaredBudget budget = Of(arm.Scenario);
            void Compare(string what, long there, long here)
            {
                if (there != here) faults.Add($"arm '{arm.Name}' has {here:N0} {what} a society, and '{first.Name}' has {there:N0}; arms must cost the same");
            }

            Compare("attempts", wanted.Attempts, budget.Attempts);
            Compare("gradient steps", wanted.GradientSteps, budget.GradientSteps);
            Compare("texts as the batch of a gradient step in", wanted.StepTexts, budget.StepTexts);
            Compare("texts of pretraining", wanted.PretrainingTexts, budget.PretrainingTexts);
            Compare("tokens at most in an attempt of", wanted.MaximumTokens, budget.MaximumTokens);
            if (arm.Scenario.BaseFolder != first.Scenario.BaseFolder) faults.Add($"arm '{arm.Name}' begins with another base model than '{first.Name}'; arms must begin alike");
            EvaluationSettings test = arm.Scenario.Scenario.Evaluation, other = first.Scenario.Scenario.Evaluation;
            if ((test.FinalProblemsPerDifficulty, test.ProblemsPerDifficulty, test.Temperature, test.SolvedAt) != (other.FinalProblemsPerDifficulty, other.ProblemsPerDifficulty, other.Temperature, other.SolvedAt)
                || !test.Difficulties.SequenceEqual(other.Difficulties))
                faults.Add($"arm '{arm.Name}' is tested in another way than '{first.Name}'; set evaluation alike");
        }

        faults.AddRange(EqualSettings.Faults(plan));
        if (faults.Count > 0) throw new SocietyException(string.Join('\n', faults.Select(fault => $"{plan.File}: {fault}")));
    }
}
