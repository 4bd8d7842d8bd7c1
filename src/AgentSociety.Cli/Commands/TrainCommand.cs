using System.CommandLine;
using AgentSociety.Cli.Progress;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>train</c>.</summary>
internal static class TrainCommand
{
    public static Command Create(Terminal terminal)
    {
        Option<string> from = new("--from") { Description = "Runs whose transcripts are trained on, or chat logs (chatml-jsonl or sharegpt, names ending in .jsonl), with commas between them.", HelpName = "RUN[,RUN]", Required = true };
        Option<string?> method = new("--method") { Description = $"{string.Join(", ", NamedMethod.Names)}; where it is not given rejection-sampling, and sft of chat logs.", HelpName = "M" };
        Option<string> start = new("--base") { Description = "The model to begin with: its folder, or a run whose newest checkpoint is meant.", HelpName = "MODEL", Required = true };
        Option<string> place = new("--out") { Description = "The folder of the new model; it must not exist, or hold the same training unfinished, which then goes on.", HelpName = "NAME", Required = true };
        Option<long> seed = new("--seed") { Description = "Draw order and pairs from this number.", HelpName = "N", DefaultValueFactory = _ => 1L, CustomParser = OptionValue.Whole<long> };
        Option<string[]> set = new("--set") { Description = "Change a setting of training, such as epochs=3, learningRate=1e-4, weights=lora or beta=0.05; may be repeated.", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };
        LogOptions filter = new();
        MachineOptions machine = new();
        Verb command = new("train", "Learn from runs", "Trains a model on the transcripts of runs that are over.",
            new("train --from runs/a --base runs/a --out models/tuned", "Imitate the verified answers"),
            new("train --from runs/a,runs/b --method dpo --base runs/a --out models/dpo --role solver", "Prefer right answers to wrong ones"),
            new("train --from runs/a --method grpo --base runs/a --out models/grpo --role solver --set policy.stepCredit=1", "A policy gradient with credit for each step"),
            new("train --from runs/a --method distillation --base runs/a --out models/asleep", "Learn by heart what the run's scratchpad says"),
            new("train --from chats.jsonl --method sft --base models/small --out models/chat", "Imitate chats that another tool wrote"));
        foreach (Option option in (Option[])[from, method, start, place, seed, set]) command.Add(option);
        filter.AddTo(command);
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            string sources = parsed.GetRequiredValue(from);
            string[] files = ChatFiles(sources);
            string[] own = parsed.GetValue(set) ?? [];
            string? name = parsed.GetValue(method) ?? (files.Length > 0 && !own.Any(change => change.StartsWith("method=", StringComparison.Ordinal)) ? "sft" : null);
            string[] changes = [.. name is null ? [] : NamedMethod.Changes(name) ?? throw new SocietyException($"there is no method '{name}'; {Nearest.Hint(name, NamedMethod.Names)}"), .. own];
            FineTuneSettings settings = ScenarioFile.Settings<FineTuneSettings>(changes);
            PolicyKeys.Require(own, settings.Method);
            ConsolidationKeys.Require(own, settings.Method);
            MethodKeys.Require(own, settings.Method);
            string folder = parsed.GetRequiredValue(place);
            string origin = RunPlace.FindModel(parsed.GetRequiredValue(start));
            ExportOptions options = filter.Read(parsed);
            if (files.Length > 0 && settings.Method == FineTuneMethod.Distillation) throw new SocietyException($"{files[0]}: a chat log has no scratchpad, whose notes distillation teaches; name the run itself, or use --method sft");
            if (files.Length > 0 && settings.Method != FineTuneMethod.Imitation) throw new SocietyException($"{files[0]}: a chat log has neither verdicts nor groups, which {NamedMethod.NameOf(settings.Method)} needs; use --method sft (of right answers alone after export --sound), or name the run itself");
            if (files.Length > 0 && options != new ExportOptions { Format = options.Format }) throw new SocietyException($"{files[0]}: a chat log is trained on whole; --verified, --sound, --role, --agent, --difficulty, --rounds and --keep-duplicates choose from runs (give them to export)");
            // A group without its repetitions has another mean.
            if (settings.Method == FineTuneMethod.PolicyGradient) options = options with { Deduplicate = false };
            RunOptions running = machine.Read(parsed);
            using NotesDistillation? notes = settings.Method == FineTuneMethod.Distillation ? NotesDistillation.Open(sources, options, terminal) : null;
            LoggedEpisode[] log = notes?.Log ?? (files.Length > 0 ? [] : Log(sources, options, settings, terminal));
            // A run that was played on, or a file that was written anew, is another log under the same name.
            string content = notes is not null ? notes.Fingerprint : files.Length > 0 ? LogFingerprint.OfFiles(files) : LogFingerprint.Of(log);
            TrainingPlace kept = new(folder, new { Base = origin, Weights = ModelFingerprint.Of(origin), From = sources, Log = content, Settings = changes, Seed = parsed.GetValue(seed), Filter = options });
            TorchRuntime.Initialize(running.Device, running.Threads);
            using LanguageModel model = LanguageModel.Load(origin);
            IReadOnlyList<TrainingSequence> chats = files.Length > 0 ? ChatLog.Read(files, model) : [];
            if (settings.Method == FineTuneMethod.Spin) TellOpponent(log, origin, terminal);
            int texts = log.Length + chats.Count;
            string right = files.Length > 0 || settings.Method is FineTuneMethod.Imitation or FineTuneMethod.Distillation ? "" : $", {log.Count(logged => logged.Episode.Sound):N0} of them right and sound, {log.Count(logged => logged.Episode is { Outcome: Outcome.Correct, Sound: false }):N0} right by a wrong step";
            string what = notes?.Said ?? $"{texts:N0} {(files.Length > 0 ? "chats" : "episodes")}";
            terminal.Line($"{what} of {sources}{right}; {name ?? NamedMethod.NameOf(settings.Method)} on {origin}{(kept.State.Exists ? "; goes on from where it was stopped" : "")}");

            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "after this step; the same command goes on"));
            FineTuner tuner = new(model, settings, (ulong)parsed.GetValue(seed), kept.State);
            TrainingProgress? last = null;
            void Tell(TrainingProgress progress)
            {
                kept.Begin();
                if (last is null || 10 * progress.Step / Math.Max(1, progress.Steps) != 10 * last.Step / Math.Max(1, last.Steps)) terminal.Line(Said(progress));
                last = progress;
            }

            // Where the weights came from, beside them.
            void Write(bool finished) => kept.Write(model, new
            {
                Base = origin,
                From = sources,
                Method = name ?? NamedMethod.NameOf(settings.Method),
                Seed = parsed.GetValue(seed),
                Settings = changes,
                Episodes = texts,
                notes?.Lessons,
                Finished = finished,
                Steps = finished ? last?.Steps : null,
                Loss = finished ? last?.Loss : null,
                Versions = RunVersions.Current(),
            }, finished);
            try
            {
                if (notes is not null) notes.Train(tuner, model, settings, (ulong)parsed.GetValue(seed), Tell, interruption.Token);
                else _ = files.Length > 0 ? tuner.Train(chats, Tell, interruption.Token) : tuner.Train(log, Tell, interruption.Token);
            }
            catch (Exception cause) when (cause is OperationCanceledException or SocietyException && last is not null && kept.State.Exists)
            {
                Write(finished: false);
                terminal.Line($"{folder}: holds the last good weights; the same command goes on from there");
                throw;
            }

            Write(finished: true);
            notes?.TellAfter(model, settings, interruption.Token);
            terminal.Line($"{folder}: written. Test it: agentsociety eval {folder} {(files.Length > 0 ? "--scenario SCENARIO" : $"--notes {sources.Split(',')[0].Trim()}")}");
        });
        return command;
    }

    /// <summary>SPIN's rejected side is the model's own; what an earlier checkpoint wrote is somebody else's.</summary>
    private static void TellOpponent(LoggedEpisode[] log, string origin, Terminal terminal)
    {
        string checkpoint = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(origin)));
        int own = log.Count(logged => logged.Episode.Checkpoint == checkpoint);
        if (own == log.Length) return;
        terminal.Line($"note: {log.Length - own:N0} of {log.Length:N0} episodes were written by other weights than {checkpoint}, which training begins with and holds them against; for SPIN as published begin with the checkpoint that wrote them (--base RUN/checkpoints/NAME) and choose its rounds (--rounds)");
    }

    private static string Said(TrainingProgress progress) =>
        $"step {progress.Step}/{progress.Steps}, loss {progress.Loss:g4}{(progress is { Accuracy: { } accuracy, Step: > 1 } ? $", pairs in order {Figures.Percent(accuracy)}" : "")}, {Figures.Short(progress.TokensPerSecond)} tokens/s, {Figures.Clock(progress.Remaining)} left";

    private static LoggedEpisode[] Log(string runs, ExportOptions options, FineTuneSettings settings, Terminal terminal)
    {
        IReadOnlyList<SocietyDatabase> open = LogOptions.Open(runs);
        int reserved = 0, edits = 0;
        IEnumerable<LoggedEpisode> Read(SocietyDatabase database)
        {
            // What a run keeps for its tests is trained on nowhere, as it is exported nowhere else than into test files.
            IEnumerable<LoggedEpisode> read = LoggedProposals.Read(RunLog.Read(database, options), database).Where(logged =>
            {
                // Nothing verifies what an editor decides: it is learned where somebody asks for it.
                bool edit = logged.Episode.Role == Role.Editor && options.Role != Role.Editor;
                if (edit) edits++;
                else if (logged.Reserved) reserved++;
                return !edit && !logged.Reserved;
            });
            if (settings.Method != FineTuneMethod.PolicyGradient) return read;
            read = LoggedPlay.Noted(read, database);
            bool steps = settings.Policy.StepCredit > 0, seats = settings.Policy.Advantage == AdvantageEstimator.Role, kinds = settings.Policy.Advantage == AdvantageEstimator.Task;
            return steps || seats || kinds ? LoggedAttempts.Noted(read, database, steps, seats, kinds) : read;
        }

        LoggedEpisode[] log = [.. Exporter.Choose(open.SelectMany(Read), options)];
        foreach (SocietyDatabase database in open) database.Dispose();
        if (edits > 0) terminal.Line($"left out: {edits:N0} decisions of editors, which nothing verifies; --role editor takes them alone");
        if (reserved > 0) terminal.Line($"left out: {reserved:N0} proposals of problems that are kept for held-out tests");
        return log;
    }

    /// <summary>The chat logs of a list; empty where it names runs.</summary>
    private static string[] ChatFiles(string sources)
    {
        string[] named = sources.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), files = [.. named.Where(source => source.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))];
        if (files.Length > 0 && files.Length < named.Length) throw new SocietyException("--from names runs and chat logs; train on one kind, then on the other");
        return files;
    }
}
