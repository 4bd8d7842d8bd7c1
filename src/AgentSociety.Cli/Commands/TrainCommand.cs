using System.CommandLine;
using System.Text.Json;
using AgentSociety.Cli.Progress;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Learning;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>train</c>.</summary>
internal static class TrainCommand
{
    private static readonly JsonSerializerOptions Readable = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static Command Create(Terminal terminal)
    {
        Option<string> from = new("--from") { Description = "Runs whose transcripts are trained on, or chat logs (chatml-jsonl or sharegpt, names ending in .jsonl), with commas between them.", HelpName = "RUN[,RUN]", Required = true };
        Option<string?> method = new("--method") { Description = "sft (or imitation), rejection-sampling, policy-gradient, dpo or spin; where it is not given rejection-sampling, and sft of chat logs.", HelpName = "M" };
        Option<string> start = new("--base") { Description = "The model to begin with: its folder, or a run whose newest checkpoint is meant.", HelpName = "MODEL", Required = true };
        Option<string> place = new("--out") { Description = "The folder of the new model; it must not exist.", HelpName = "NAME", Required = true };
        Option<long> seed = new("--seed") { Description = "Draw order and pairs from this number.", HelpName = "N", DefaultValueFactory = _ => 1L };
        Option<string[]> set = new("--set") { Description = "Change a setting of training, such as epochs=3, learningRate=1e-4, weights=lora or beta=0.05; may be repeated.", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };
        LogOptions filter = new();
        MachineOptions machine = new();
        Verb command = new("train", "Learn from runs", "Trains a model on the transcripts of runs that are over.",
            new("train --from runs/a --base runs/a --out models/tuned", "Imitate the verified answers"),
            new("train --from runs/a,runs/b --method dpo --base runs/a --out models/dpo --role solver", "Prefer right answers to wrong ones"),
            new("train --from chats.jsonl --method sft --base models/small --out models/chat", "Imitate chats that another tool wrote"));
        foreach (Option option in (Option[])[from, method, start, place, seed, set]) command.Add(option);
        filter.AddTo(command);
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            string sources = parsed.GetRequiredValue(from);
            string[] files = ChatFiles(sources);
            string? name = parsed.GetValue(method) is { } given ? given == "sft" ? SettingName(FineTuneMethod.Imitation) : given
                : files.Length > 0 && parsed.GetValue(set)?.Any(change => change.StartsWith("method=", StringComparison.Ordinal)) != true ? SettingName(FineTuneMethod.Imitation) : null;
            string[] changes = [.. parsed.GetValue(set) ?? [], .. name is null ? Array.Empty<string>() : [$"method={name}"]];
            FineTuneSettings settings = ScenarioFile.Settings<FineTuneSettings>(changes);
            string folder = parsed.GetRequiredValue(place);
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new SocietyException($"{folder}: the folder exists and is not empty; name another with --out");
            string origin = RunPlace.FindModel(parsed.GetRequiredValue(start));
            ExportOptions options = filter.Read(parsed);
            if (files.Length > 0 && settings.Method != FineTuneMethod.Imitation) throw new SocietyException($"{files[0]}: a chat log has neither verdicts nor groups, which {SettingName(settings.Method)} needs; use --method sft (of right answers alone after export --sound), or name the run itself");
            if (files.Length > 0 && options != new ExportOptions { Format = options.Format }) throw new SocietyException($"{files[0]}: a chat log is trained on whole; --verified, --sound, --role, --agent, --difficulty, --rounds and --keep-duplicates choose from runs (give them to export)");
            // A group without its repetitions has another mean.
            if (settings.Method == FineTuneMethod.PolicyGradient) options = options with { Deduplicate = false };
            RunOptions running = machine.Read(parsed);
            TorchRuntime.Initialize(running.Device, running.Threads);
            LoggedEpisode[] log = files.Length > 0 ? [] : Log(sources, options);
            using LanguageModel model = LanguageModel.Load(origin);
            IReadOnlyList<TrainingSequence> chats = files.Length > 0 ? ChatLog.Read(files, model) : [];
            int texts = log.Length + chats.Count;
            terminal.Line($"{texts:N0} {(files.Length > 0 ? "chats" : "episodes")} of {sources}, {SettingName(settings.Method)} on {origin}");

            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "after this step; nothing is written"));
            FineTuner tuner = new(model, settings, (ulong)parsed.GetValue(seed));
            int told = -1;
            void Tell(FineTuneProgress progress)
            {
                int tenth = 10 * progress.Step / Math.Max(1, progress.Steps);
                if (tenth == told) return;
                told = tenth;
                terminal.Line($"step {progress.Step}/{progress.Steps}, loss {progress.Loss:0.0000}{(progress.Accuracy is { } accuracy ? $", pairs in order {Figures.Percent(accuracy)}" : "")}, {Figures.Short(progress.TokensPerSecond)} tokens/s, {Figures.Clock(progress.Remaining)} left");
            }

            FineTuneProgress reached = files.Length > 0 ? tuner.Train(chats, Tell, interruption.Token) : tuner.Train(log, Tell, interruption.Token);
            model.Save(folder);
            // Where the weights came from, beside them.
            File.WriteAllText(Path.Combine(folder, "training.json"), JsonSerializer.Serialize(new
            {
                Base = origin,
                From = sources,
                Method = SettingName(settings.Method),
                Seed = parsed.GetValue(seed),
                Settings = changes,
                Episodes = texts,
                reached.Steps,
                reached.Loss,
                Versions = RunVersions.Current(),
            }, Readable) + "\n");
            terminal.Line($"{folder}: written. Test it: agentsociety eval {folder} --scenario SCENARIO");
        });
        return command;
    }

    private static LoggedEpisode[] Log(string runs, ExportOptions options)
    {
        IReadOnlyList<SocietyDatabase> open = LogOptions.Open(runs);
        LoggedEpisode[] log = [.. Exporter.Choose(open.SelectMany(database => RunLog.Read(database, options)), options)];
        foreach (SocietyDatabase database in open) database.Dispose();
        return log;
    }

    /// <summary>The chat logs of a list; empty where it names runs.</summary>
    private static string[] ChatFiles(string sources)
    {
        string[] named = sources.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), files = [.. named.Where(source => source.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))];
        if (files.Length > 0 && files.Length < named.Length) throw new SocietyException("--from names runs and chat logs; train on one kind, then on the other");
        return files;
    }

    private static string SettingName(FineTuneMethod method) => JsonNamingPolicy.KebabCaseLower.ConvertName(method.ToString());
}
