using System.CommandLine;
using AgentSociety.Cli.Experiments;
using AgentSociety.Cli.Progress;
using AgentSociety.Cli.Reports;
using AgentSociety.Cli.Results;
using AgentSociety.Core;
using AgentSociety.Models;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Commands;

/// <summary><c>experiment FILE</c>.</summary>
internal static class ExperimentCommand
{
    private static readonly TimeSpan Redraw = TimeSpan.FromMilliseconds(500);

    public static Command Create(Terminal terminal)
    {
        Argument<string> file = new("FILE") { Description = "An experiment file." };
        Option<string?> place = new("--out") { Description = "The experiment's directory; runs/NAME with the experiment's name where it is not given.", HelpName = "DIR" };
        Option<bool> pilot = new("--pilot") { Description = "Run the pilot's societies only, and say how many the declared effect needs." };
        Option<bool> plain = new("--plain") { Description = "Plain lines in place of the live table; always so where the output is no terminal." };
        Option<int?> parallel = new("--parallel") { Description = "Societies that live side by side, each on one thread; as many as the machine has cores where it is not given.", HelpName = "N", CustomParser = result => OptionValue.Whole(result, 1, 1024) };
        Verb command = new("experiment", "Play", "Runs the societies of an experiment, arm by arm and seed by seed, and says what they show.",
            new("experiment scenarios/experiments/culture-x-selfplay.yaml", "Does culture help, does self-play, do both together?"),
            new("experiment scenarios/experiments/culture-x-selfplay.yaml --pilot", "How many societies does the declared effect need?"),
            new("experiment scenarios/experiments/process-credit.yaml --parallel 2 --plain", "Two at a time, for a log"))
        {
            More = "The same command goes on after a stop: finished societies are skipped, unfinished ones resumed. Results land in experiment.json, report.html and report.md, those of --pilot in pilot.json, pilot.html and pilot.md.",
        };
        command.Add(file);
        foreach (Option option in (Option[])[place, pilot, plain, parallel]) command.Add(option);
        command.SetAction(async (parsed, _) =>
        {
            ExperimentPlan plan = ExperimentPlan.Load(parsed.GetRequiredValue(file));
            ExperimentDirectory directory = new(parsed.GetValue(place) ?? Path.Combine(RunPlace.Runs, plan.Settings.Name));
            directory.Declare(plan);
            Budget(plan, terminal);
            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "the same command goes on from the last whole round of each society"));
            Session session = new(plan, directory, parsed.GetValue(place), terminal, parsed.GetValue(plain) || !terminal.IsInteractive, parsed.GetValue(parallel) ?? Environment.ProcessorCount, interruption.Token);
            bool alone = parsed.GetValue(pilot);
            // On the way to the whole a pilot's spread is all that is asked: what its notes are worth is tested with the whole, beside whose societies the last of it has another neighbour.
            ExperimentResult result = await session.Run(plan.Settings.Pilot, pilot: true, plan.Settings.NotesWorth && alone).ConfigureAwait(false);
            Planned(result, terminal);
            if (!alone) result = await session.Run(Societies(plan.Settings, result.Analysis), pilot: false, plan.Settings.NotesWorth).ConfigureAwait(false);
            ExperimentReport.Write(directory, plan, result);
            ExperimentTables.Write(result, terminal.Out);
            terminal.Line($"report   {directory.ReportFile(alone)}");
            terminal.Line($"results  {directory.ResultFile(alone)}");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>How many societies each arm gets, by the declared stopping rule.</summary>
    internal static int Societies(ExperimentSettings settings, ExperimentAnalysis pilot) => settings.Stopping == StoppingRule.Fixed
        ? settings.Societies
        : Math.Clamp(pilot.SocietiesNeeded ?? settings.MostSocieties, settings.Societies, settings.MostSocieties);

    private static void Budget(ExperimentPlan plan, Terminal terminal)
    {
        DeclaredBudget budget = DeclaredBudget.Of(plan.Arms[0].Scenario);
        terminal.Line($"{plan.Settings.Name}: {plan.Arms.Count} arms ({string.Join(", ", plan.Arms.Select(arm => arm.Name))}), {plan.Settings.Societies} societies each, seeds from {plan.Settings.FirstSeed}; declared as {plan.Hash[..12]}");
        terminal.Line($"metric: {plan.Metric.Describe(plan.Difficulties)}");
        terminal.Line($"budget of every society in every arm: {budget.Attempts:N0} attempts of at most {budget.MaximumTokens} tokens, {budget.GradientSteps:N0} gradient steps{Replayed(plan, budget)}; decoded tokens and texts trained on are measured");
    }

    private static string Replayed(ExperimentPlan plan, DeclaredBudget budget)
    {
        double share = plan.Arms[0].Scenario.Scenario.Learning.ReplayShare;
        return budget.GradientSteps == 0 || share == 0 ? "" : $", each with {Math.Round(budget.StepTexts * share):N0} replayed texts beside its share of the attempts that carry a signal";
    }

    private static void Planned(ExperimentResult pilot, Terminal terminal)
    {
        ExperimentAnalysis analysis = pilot.Analysis;
        ExperimentSettings settings = pilot.Declared;
        string what = settings.Factors.Count == 2 ? "an interaction" : "a difference";
        terminal.Line($"pilot of {settings.Pilot}: societies of an arm differ by {ExperimentFigures.Score(settings.Metric, analysis.Deviation)} (standard deviation); to see {what} of {ExperimentFigures.Score(settings.Metric, settings.Effect)} "
            + $"with a chance of {Figures.Percent(settings.Power)} takes {(analysis.SocietiesNeeded is { } needed ? $"{needed} societies" : "more than 1,000 societies")} in each arm; by the declared rule there will be {Societies(settings, analysis)}");
    }

    private sealed class Session(ExperimentPlan plan, ExperimentDirectory directory, string? place, Terminal terminal, bool plain, int parallel, CancellationToken stop)
    {
        public async Task<ExperimentResult> Run(int societies, bool pilot, bool worth)
        {
            IReadOnlyList<PlannedRun> runs = plan.Runs(directory.Path, societies);
            ExperimentBoard board = new(plan, runs);
            if (plain) await Live(runs, news => Say(board.Take(news))).ConfigureAwait(false);
            else
            {
                await terminal.Out.Live(board.Render()).StartAsync(async display =>
                {
                    Task live = Live(runs, news => board.Take(news));
                    while (!live.IsCompleted)
                    {
                        display.UpdateTarget(board.Render());
                        await Task.WhenAny(live, Task.Delay(Redraw, CancellationToken.None)).ConfigureAwait(false);
                    }

                    display.UpdateTarget(board.Render());
                    await live.ConfigureAwait(false);
                }).ConfigureAwait(false);
            }

            Dictionary<PlannedRun, NotesWorth> tested = worth ? Worth(runs) : [];
            SocietyResult[][] results = [.. plan.Arms.Select(arm => runs.Where(run => run.Arm.Name == arm.Name).Select(run => SocietyResult.Of(plan, run, tested.GetValueOrDefault(run))).ToArray())];
            string command = $"agentsociety experiment {plan.File}{(place is null ? "" : $" --out {place}")}{(pilot ? " --pilot" : "")}";
            return ExperimentResult.Of(plan, results, pilot, command);
        }

        private Task Live(IReadOnlyList<PlannedRun> runs, Action<SocietyNews> watch) =>
            new ExperimentRunner(plan, (run, resume, played, halt) => SocietyProcess.Launch(plan.BaseFile, run, resume, played, halt), parallel, watch).Run(runs, stop);

        private void Say(string? line)
        {
            if (line is not null) terminal.Line(line);
        }

        private Dictionary<PlannedRun, NotesWorth> Worth(IReadOnlyList<PlannedRun> runs)
        {
            TorchRuntime.Initialize("cpu", threads: 1);
            terminal.Line("testing newborns with other notes than their society's own: another society's, shuffled, half, the truth");
            NotesWorth[] taken = new NotesWorth[runs.Count];
            try
            {
                // Torch's scopes belong to threads: each society's tests stay on one.
                Parallel.For(0, runs.Count, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = stop }, index =>
                {
                    PlannedRun run = runs[index];
                    PlannedRun[] arm = [.. runs.Where(other => other.Arm.Name == run.Arm.Name)];
                    taken[index] = NotesWorth.Of(plan, run, arm[(Array.IndexOf(arm, run) + 1) % arm.Length], stop);
                });
            }
            catch (AggregateException several) when (several.Flatten().InnerExceptions.All(each => each is SocietyException or OperationCanceledException))
            {
                if (several.Flatten().InnerExceptions.OfType<SocietyException>().FirstOrDefault() is not { } first) throw new OperationCanceledException(stop);
                throw new SocietyException(first.Message, first.BadInput, several);
            }

            return runs.Zip(taken).ToDictionary(pair => pair.First, pair => pair.Second);
        }
    }
}
