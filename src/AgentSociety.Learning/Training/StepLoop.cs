using System.Diagnostics;
using AgentSociety.Core;

namespace AgentSociety.Learning;

/// <summary>The steps of a training that may be stopped: tells its progress, and keeps its state every minute and where it ends early.</summary>
/// <remarks>What a step does is the caller's. A step that failed was not taken: what is kept then is the state before it.</remarks>
/// <param name="steps">Steps in all.</param>
/// <param name="done">Steps that an earlier life of the training took.</param>
/// <param name="keep">Keeps the state, told how many steps are done.</param>
internal sealed class StepLoop(int steps, int done, Action<int> keep)
{
    /// <summary>How often the state of a training is kept.</summary>
    public static readonly TimeSpan BetweenStates = TimeSpan.FromMinutes(1);

    /// <summary>Takes the steps that are left.</summary>
    /// <param name="take">Takes one; its number is 0 for the first of all.</param>
    /// <param name="progress">Told after every step, on the calling thread.</param>
    /// <param name="stop">Checked before every step.</param>
    /// <returns>The last step's progress; <see cref="TrainingProgress.None"/> where none was left.</returns>
    public TrainingProgress Run(Func<int, TakenStep> take, Action<TrainingProgress>? progress, CancellationToken stop)
    {
        Stopwatch watch = Stopwatch.StartNew(), kept = Stopwatch.StartNew();
        TrainingProgress reached = TrainingProgress.None;
        long tokens = 0;
        int step = done;
        try
        {
            for (; step < steps; step++)
            {
                stop.ThrowIfCancellationRequested();
                TakenStep taken = take(step);
                tokens += taken.Tokens;
                TimeSpan elapsed = watch.Elapsed;
                reached = new TrainingProgress(step + 1, steps, taken.Loss, taken.Accuracy, tokens / elapsed.TotalSeconds, elapsed / (step + 1 - done) * (steps - step - 1));
                progress?.Invoke(reached);
                if (kept.Elapsed < BetweenStates || step + 1 == steps) continue;
                keep(step + 1);
                kept.Restart();
            }
        }
        catch (Exception cause) when (cause is OperationCanceledException or SocietyException && step > 0)
        {
            keep(step);
            throw;
        }

        return reached;
    }
}

/// <summary>What a step of a training saw.</summary>
/// <param name="Loss">Its loss.</param>
/// <param name="Tokens">Tokens that went through the model.</param>
/// <param name="Accuracy">Share of its pairs in order; null where there are none.</param>
internal readonly record struct TakenStep(double Loss, long Tokens, double? Accuracy = null);

/// <summary>How far a training is.</summary>
/// <param name="Step">Steps taken.</param>
/// <param name="Steps">Steps in all.</param>
/// <param name="Loss">Loss of the last step.</param>
/// <param name="Accuracy">Share of the step's pairs that the policy orders as they should be, relative to the reference; null where there are no pairs.</param>
/// <param name="TokensPerSecond">Tokens trained on per second.</param>
/// <param name="Remaining">Estimated time left.</param>
public sealed record TrainingProgress(int Step, int Steps, double Loss, double? Accuracy, double TokensPerSecond, TimeSpan Remaining)
{
    internal static TrainingProgress None { get; } = new(0, 0, double.NaN, null, 0, TimeSpan.Zero);
}
