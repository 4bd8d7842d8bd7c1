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
        Option<string> from = new("--from") { Description = "Runs whose transcripts are trained on, with commas between them.", HelpName = "RUN[,RUN]", Required = true };
        Option<string?> method = new("--method") { Description = "imitation, rejection-sampling, policy-gradient, dpo or spin; rejection-sampling where it is not given.", HelpName = "M" };
        Option<string> start = new("--base") { Description = "The model to begin with: its folder, or a run whose newest checkpoint is meant.", HelpName = "MODEL", Required = true };
        Option<string> place = new("--out") { Description = "The folder of the new model; it must not exist.", HelpName = "NAME", Required = true };
        Option<long> seed = new("--seed") { Description = "Draw order and pairs from this number.", HelpName = "N", DefaultValueFactory = _ => 1L };
        Option<string[]> set = new("--set") { Description = "Change a setting of training, such as epochs=3, learningRate=1e-4, weights=lora or beta=0.05; may be repeated.", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };
        LogOptions filter = new();
        MachineOptions machine = new();
        Verb command = new("train", "Learn from runs", "Trains a model on the transcripts of runs that are over.",
            new("train --from runs/a --base runs/a --out models/tuned", "Imitate the verified answers"),
            new("train --from runs/a,runs/b --method dpo --base runs/a --out models/dpo --role solver", "Prefer right answers to wrong ones"));
        foreach (Option option in (Option[])[from, method, start, place, seed, set]) command.Add(option);
        filter.AddTo(command);
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            string[] changes = [.. parsed.GetValue(set) ?? [], .. parsed.GetValue(method) is { } name ? [$"method={name}"] : Array.Empty<string>()];
            FineTuneSettings settings = ScenarioFile.Settings<FineTuneSettings>(changes);
            string folder = parsed.GetRequiredValue(place);
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any()) throw new SocietyException($"{folder}: the folder exists and is not empty; name another with --out");
            string origin = RunPlace.FindModel(parsed.GetRequiredValue(start));
            ExportOptions options = filter.Read(parsed);
            // A group without its repetitions has another mean.
            if (settings.Method == FineTuneMethod.PolicyGradient) options = options with { Deduplicate = false };
            RunOptions running = machine.Read(parsed);
            TorchRuntime.Initialize(running.Device, running.Threads);
            IReadOnlyList<SocietyDatabase> open = LogOptions.Open(parsed.GetRequiredValue(from));
            LoggedEpisode[] log = [.. Exporter.Choose(open.SelectMany(database => RunLog.Read(database, options)), options)];
            foreach (SocietyDatabase database in open) database.Dispose();
            terminal.Line($"{log.Length:N0} episodes of {parsed.GetValue(from)}, {SettingName(settings.Method)} on {origin}");

            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "after this step; nothing is written"));
            using LanguageModel model = LanguageModel.Load(origin);
            FineTuner tuner = new(model, settings, (ulong)parsed.GetValue(seed));
            int told = -1;
            FineTuneProgress reached = tuner.Train(log, progress =>
            {
                int tenth = 10 * progress.Step / Math.Max(1, progress.Steps);
                if (tenth == told) return;
                told = tenth;
                terminal.Line($"step {progress.Step}/{progress.Steps}, loss {progress.Loss:0.0000}{(progress.Accuracy is { } accuracy ? $", pairs in order {Figures.Percent(accuracy)}" : "")}, {Figures.Short(progress.TokensPerSecond)} tokens/s, {Figures.Clock(progress.Remaining)} left");
            }, interruption.Token);
            model.Save(folder);
            // Where the weights came from, beside them.
            File.WriteAllText(Path.Combine(folder, "training.json"), JsonSerializer.Serialize(new
            {
                Base = origin,
                From = parsed.GetValue(from),
                Method = SettingName(settings.Method),
                Seed = parsed.GetValue(seed),
                Settings = changes,
                Episodes = log.Length,
                reached.Steps,
                reached.Loss,
                Versions = RunVersions.Current(),
            }, Readable) + "\n");
            terminal.Line($"{folder}: written. Test it: agentsociety eval {folder} --scenario SCENARIO");
        });
        return command;
    }

    private static string SettingName(FineTuneMethod method) => JsonNamingPolicy.KebabCaseLower.ConvertName(method.ToString());
}
