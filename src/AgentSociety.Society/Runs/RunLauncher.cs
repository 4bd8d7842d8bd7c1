using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Models;
using Akka.Actor;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace AgentSociety.Society;

/// <summary>Runs a scenario, goes on with a run, and tests what a run has made.</summary>
/// <remarks>
/// A run is one actor system: <c>society</c> with <c>learner</c>, <c>model-host</c>, <c>scratchpad</c>, <c>recorder</c> and one actor an
/// agent below it. Everything that it must not forget is in its directory, so that a process may die at any moment.
/// </remarks>
public static class RunLauncher
{
    /// <summary>Runs a scenario from its beginning.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="directory">The run's directory, made and empty.</param>
    /// <param name="options">Device and threads.</param>
    /// <param name="watch">Told how the run goes, from threads of the run's own; must return quickly.</param>
    /// <param name="stop">Asks the run to stop; what was stored stays, and the round in play is played again on resumption.</param>
    /// <exception cref="SocietyException">The scenario cannot be run, or the run failed.</exception>
    public static async Task<RunEnd> Run(LoadedScenario scenario, RunDirectory directory, RunOptions options, Action<RunProgress> watch, CancellationToken stop)
    {
        using RunLock held = RunLock.Take(directory);
        // A run that was there before, and one of which a round may be stored, is nobody's to take away.
        bool mayStay = directory.HoldsRun;
        try
        {
            TorchRuntime.Initialize(options.Device, options.Threads);
            RunPlan plan = RunPlan.Of(Settled(scenario, directory));
            TakePlacebo(plan, directory, options);
            stop.ThrowIfCancellationRequested();
            // From here on the directory holds all that a run begins with.
            WriteScenario(directory, plan.Loaded);
            return await Play(plan, directory, options, watch, () => mayStay = true, stop).ConfigureAwait(false);
        }
        catch (Exception failure) when (!mayStay && (failure is SocietyException { BadInput: true } || !File.Exists(directory.Database)))
        {
            // What could not begin leaves nothing behind.
            held.Dispose();
            directory.DiscardUnbegun();
            throw;
        }
    }

    /// <summary>Goes on with a run after its last stored round. On the CPU what follows is what would have followed had it never stopped.</summary>
    /// <exception cref="SocietyException">The run's files are missing or do not fit each other, or the run failed.</exception>
    public static async Task<RunEnd> Resume(RunDirectory directory, RunOptions options, Action<RunProgress> watch, CancellationToken stop)
    {
        using RunLock held = RunLock.Take(directory);
        TorchRuntime.Initialize(options.Device, options.Threads);
        return await Play(RunPlan.Of(Scenario(directory)), directory, options, watch, null, stop).ConfigureAwait(false);
    }

    /// <summary>Plays a run from where its records end, which is its beginning where there are none.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="options">Device and threads.</param>
    /// <param name="watch">Told how the run goes.</param>
    /// <param name="storing">Called before a round is stored.</param>
    /// <param name="stop">Asks the run to stop.</param>
    private static async Task<RunEnd> Play(RunPlan plan, RunDirectory directory, RunOptions options, Action<RunProgress> watch, Action? storing, CancellationToken stop)
    {
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        RunRecords records = new(database);
        string heldOut = HeldOutTest.Fingerprint(plan);
        if (records.Info() is not { } info)
        {
            records.Begin(new RunInfo
            {
                Name = directory.Name,
                Scenario = plan.Loaded.Yaml,
                ScenarioHash = plan.Loaded.Hash,
                Seed = plan.Scenario.Seed,
                Versions = RunVersions.Current(),
            });
        }
        else if (info.ScenarioHash != plan.Loaded.Hash)
        {
            throw new SocietyException($"{directory.ScenarioFile}: was changed since the run began; a run goes on with its own scenario only: restore the file, or run the changed one as a new run");
        }
        else if (records.LastRound() is { } last && SocietyState.Load(last.State).HeldOut is { } taken && taken != heldOut)
        {
            throw new SocietyException($"{directory.Path}: the held-out test would ask other problems from now on than it did until now, because the environment or its files are others than the run had; "
                + $"go on with what it was begun with (AgentSociety {info.Versions.GetValueOrDefault("AgentSociety", "of an unknown version")}), or run its scenario as a new run");
        }

        return await Live(plan, directory, database, records, heldOut, options, watch, storing, stop).ConfigureAwait(false);
    }

    /// <summary>Takes the final held-out test again, with a run's newest weights and scratchpad or with one of its checkpoints.</summary>
    /// <param name="runOrCheckpoint">A run's directory, or the folder of a checkpoint: one of a run, which is tested with the scratchpad of its round, or any other.</param>
    /// <param name="scenario">Whose world and problems are asked; needed where the checkpoint belongs to no run.</param>
    /// <param name="options">Device and threads.</param>
    /// <param name="stop">Checked between steps.</param>
    /// <param name="notes">A run whose scratchpad, as it ended, a checkpoint is tested with, and whose problems are asked where no scenario is given; null for none.</param>
    /// <exception cref="SocietyException">There is no such run or checkpoint, or it does not fit the scenario.</exception>
    public static IReadOnlyList<HeldOutRecord> Evaluate(string runOrCheckpoint, LoadedScenario? scenario, RunOptions options, CancellationToken stop, RunDirectory? notes = null) =>
        Examine(runOrCheckpoint, scenario, options, notes, (plan, model, read) => HeldOutTest.Take(plan, model, read, plan.Scenario.Evaluation.FinalProblemsPerDifficulty, stop: stop));

    /// <summary>Reads what a run's newest weights or a checkpoint play in a game of two, at every decision point.</summary>
    /// <inheritdoc cref="Evaluate(string, LoadedScenario?, RunOptions, CancellationToken, RunDirectory?)"/>
    public static StrategyReading ReadStrategy(string runOrCheckpoint, LoadedScenario? scenario, RunOptions options, CancellationToken stop, RunDirectory? notes = null) =>
        Examine(runOrCheckpoint, scenario, options, notes, (plan, model, _) => StrategyReading.Take(plan, model, stop));

    /// <summary>Finds the weights, the world and the notes that belong together, and asks something of them.</summary>
    private static T Examine<T>(string runOrCheckpoint, LoadedScenario? scenario, RunOptions options, RunDirectory? notes, Func<RunPlan, LanguageModel, INotes, T> ask)
    {
        TorchRuntime.Initialize(options.Device, options.Threads);
        if (notes is not null) return Examine(notes, null, scenario, ask, Weights(runOrCheckpoint));
        if (File.Exists(Path.Combine(runOrCheckpoint, "society.db"))) return Examine(RunDirectory.Open(runOrCheckpoint), null, scenario, ask);
        if (!Directory.Exists(runOrCheckpoint)) throw new SocietyException($"{runOrCheckpoint}: no such run or checkpoint; 'agentsociety runs' lists the runs");
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(runOrCheckpoint));
        string? run = Path.GetDirectoryName(Path.GetDirectoryName(full));
        if (run is not null && File.Exists(Path.Combine(run, "society.db"))) return Examine(RunDirectory.Open(run), Path.GetFileName(full), scenario, ask);
        if (scenario is null) throw new SocietyException($"{runOrCheckpoint}: belongs to no run; say with --scenario whose problems are to be asked");
        RunPlan plan = RunPlan.Of(scenario);
        using LanguageModel model = Elsewhere(full, plan);
        return ask(plan, model, EmptyNotes.Instance);
    }

    /// <summary>A model that a scenario's society did not make, with its one adapter in its weights where nobody of the scenario has one of that name: an adapter left out would be no test of the model.</summary>
    private static LanguageModel Elsewhere(string folder, RunPlan plan)
    {
        LanguageModel model = LanguageModel.Load(folder);
        string[] names = [.. model.Adapters.Keys.Order(StringComparer.Ordinal)], strange = [.. names.Except(plan.Population.Select(agent => agent.Adapter))];
        if (strange.Length == 0) return model;
        if (names is [{ } only])
        {
            model.Merge(only);
            return model;
        }

        model.Dispose();
        throw new SocietyException($"{folder}: has the adapters {string.Join(", ", names)}, and nobody of the scenario has {string.Join(", ", strange)}; merge the one that is meant (agentsociety model merge)");
    }

    /// <summary>The folder of weights that somebody wants tested elsewhere: their own, or a run's newest.</summary>
    private static string Weights(string runOrCheckpoint)
    {
        if (!File.Exists(Path.Combine(runOrCheckpoint, "society.db"))) return Directory.Exists(runOrCheckpoint) ? runOrCheckpoint : throw new SocietyException($"{runOrCheckpoint}: no such run or checkpoint; 'agentsociety runs' lists the runs");
        RunDirectory run = RunDirectory.Open(runOrCheckpoint);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Database);
        return new RunRecords(database).LastRound() is { } last ? run.Checkpoint(SocietyState.Load(last.State).ResumePoint) : throw new SocietyException($"{run.Path}: the run has stored no round yet; there is nothing to test");
    }

    private static T Examine<T>(RunDirectory directory, string? checkpoint, LoadedScenario? scenario, Func<RunPlan, LanguageModel, INotes, T> ask, string? weights = null)
    {
        RunPlan plan = RunPlan.Of(scenario ?? Scenario(directory));
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        StoredRound last = records.LastRound() ?? throw new SocietyException($"{directory.Path}: the run has stored no round yet; there is nothing to test");
        SocietyState state = SocietyState.Load(last.State);
        int round = RoundOf(directory, checkpoint ?? state.ResumePoint, records, state, last.Round);
        plan = plan.Against(state.PastSelves);
        using LanguageModel model = weights is null ? LanguageModel.Load(directory.Checkpoint(checkpoint ?? state.ResumePoint)) : Elsewhere(weights, plan);
        return ask(plan, model, NotesAccess.After(plan, database, round).OfNewborn(round));
    }

    /// <summary>The round after which a checkpoint was written. Of the two resume points the state names one; the other is older, or of a round that was never stored.</summary>
    private static int RoundOf(RunDirectory directory, string checkpoint, RunRecords records, SocietyState state, int last)
    {
        if (checkpoint == RunDirectory.BaseCheckpoint) return 0;
        if (checkpoint == state.ResumePoint) return state.ResumeRound ?? last;
        return records.Checkpoints().FirstOrDefault(saved => saved.Name == checkpoint)?.Round
            ?? throw new SocietyException($"{directory.Checkpoint(checkpoint)}: the run does not say of which round these weights are, and so neither which scratchpad is theirs; test a checkpoint that it stored (round-N), or say with --notes whose scratchpad they are to read, as it ended");
    }

    private static async Task<RunEnd> Live(RunPlan plan, RunDirectory directory, SocietyDatabase database, RunRecords records, string heldOut, RunOptions options, Action<RunProgress> watch, Action? storing, CancellationToken stop)
    {
        using Scratchpad scratchpad = new(database, rules: EditRules.From(plan.Scenario.Culture));
        using RunSession session = new()
        {
            Plan = plan,
            Directory = directory,
            Records = records,
            Database = database,
            OpenRemote = options.OpenRemote,
            Scratchpad = scratchpad,
            HeldOut = heldOut,
            Watch = watch,
            Storing = storing,
            Stop = stop,
        };
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddAkka("agentsociety", (akka, _) => akka
            .AddHocon(Dispatchers.Configuration, HoconAddMode.Prepend)
            .WithActors((system, registry) => registry.Register<SocietyActor>(system.ActorOf(SocietyActor.Props(session), "society"))));
        using IHost host = builder.Build();
        await host.StartAsync(CancellationToken.None).ConfigureAwait(false);
        try
        {
            IActorRef society = host.Services.GetRequiredService<IRequiredActor<SocietyActor>>().ActorRef;
            await Task.WhenAny(session.End, society.WatchAsync(CancellationToken.None)).ConfigureAwait(false);
            session.Fail(new SocietyException($"the society ended without a word; 'agentsociety resume {directory.Path}' goes on from the last stored round", badInput: false));
            return await session.End.ConfigureAwait(false);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None).ConfigureAwait(false);
            // An orderly stop waits for some seconds only; what the actors work with goes when the last of them has.
            await host.Services.GetRequiredService<ActorSystem>().WhenTerminated.ConfigureAwait(false);
        }
    }

    /// <summary>The scenario with its base model inside the run's directory.</summary>
    private static LoadedScenario Settled(LoadedScenario scenario, RunDirectory directory)
    {
        if (scenario.BaseFolder is not { } folder) return scenario;
        string copy = directory.Checkpoint(RunDirectory.BaseCheckpoint);
        try
        {
            foreach (string file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                string target = Path.Combine(copy, Path.GetRelativePath(folder, file));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(file, target, overwrite: true);
            }
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{folder}: the base model cannot be copied to {copy} ({cause.Message}); make room or access", cause: cause);
        }

        return scenario with { BaseFolder = copy };
    }

    /// <summary>Makes the notes of another society a part of the run's directory, where its readers are shown them.</summary>
    private static void TakePlacebo(RunPlan plan, RunDirectory directory, RunOptions options)
    {
        if (plan.Scenario.Culture.Shown != NotesShown.Placebo) return;
        string beside = Path.GetDirectoryName(Path.GetFullPath(plan.Loaded.File))!;
        string source = options.PlaceboDatabase ?? (plan.Scenario.Culture.PlaceboDatabase is { } path ? Path.GetFullPath(path, beside)
            : throw new SocietyException($"{plan.Loaded.File}: culture.shown is 'placebo' and culture.placeboDatabase names no database; name another run's society.db"));
        using SocietyDatabase other = SocietyDatabase.OpenReadOnly(source);
        CultureTransfer.CopyNotes(other, directory.PlaceboDatabase);
    }

    /// <summary>The run's own copy of its scenario.</summary>
    private static LoadedScenario Scenario(RunDirectory directory)
    {
        string copy = directory.Checkpoint(RunDirectory.BaseCheckpoint), text;
        try
        {
            text = File.ReadAllText(directory.ScenarioFile);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{directory.ScenarioFile}: cannot be read ({cause.Message}); a run needs its own copy of its scenario", cause: cause);
        }

        return ScenarioFile.OfRun(text, directory.ScenarioFile, Directory.Exists(copy) ? copy : null);
    }

    private static void WriteScenario(RunDirectory directory, LoadedScenario scenario)
    {
        try
        {
            // Whole or not at all: who finds it goes on from it.
            File.WriteAllText(directory.UnfinishedScenario, scenario.Yaml);
            File.Move(directory.UnfinishedScenario, directory.ScenarioFile, overwrite: true);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{directory.ScenarioFile}: cannot be written ({cause.Message})", cause: cause);
        }
    }
}
