using System.CommandLine;
using System.Diagnostics;
using AgentSociety.Cli.Measuring;
using AgentSociety.Core;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model bench MODEL</c>.</summary>
internal static class ModelBenchCommand
{
    private const int Prompt = 8;
    private const int Texts = 16;

    public static Command Create(Terminal terminal)
    {
        Argument<string> place = ModelCommand.Place();
        Option<int[]> batches = new("--batch") { Description = "Sequences side by side, several to compare; 1, 16 and 64 where it is not given.", HelpName = "N", DefaultValueFactory = _ => [1, 16, 64], CustomParser = result => OptionValue.Wholes(result, 1, 4096), AllowMultipleArgumentsPerToken = true };
        Option<int> prompt = new("--prompt") { Description = "Tokens of the prompts that are read.", HelpName = "N", DefaultValueFactory = _ => 128, CustomParser = result => OptionValue.Whole(result, 1, int.MaxValue) };
        Option<double> seconds = new("--seconds") { Description = "About how long to measure each figure.", HelpName = "S", DefaultValueFactory = _ => 3, CustomParser = result => OptionValue.Real(result, 0.1, 3600) };
        Option<bool> noTraining = new("--no-train") { Description = "Leave training out, which needs about four times the weights' memory." };
        MachineOptions machine = new();
        Verb command = new("bench", "Models", "Measures how fast this machine decodes, reads prompts and trains with a model, in tokens a second.",
            new("model bench models/qwen3", "One, 16 and 64 sequences at once, and training"),
            new("model bench runs/first-society --batch 256 --seconds 10", "The newest checkpoint, a large batch, more patiently"))
        {
            More = "The model's files stay as they are: what training changes is a copy in memory. Peers beside it, on one machine in one run, are measured by the repository's benchmarks (docs/benchmarks.md).",
        };
        command.Add(place);
        foreach (Option option in (Option[])[batches, prompt, seconds, noTraining]) command.Add(option);
        machine.AddTo(command);
        command.SetAction(parsed =>
        {
            RunOptions running = machine.Read(parsed);
            TorchRuntime.Initialize(running.Device, running.Threads);
            bool trains = !parsed.GetValue(noTraining);
            string folder = RunPlace.FindModel(parsed.GetRequiredValue(place));
            using LanguageModel model = LanguageModel.Load(folder, asStored: !trains);
            terminal.Line($"{folder}: {model.ParameterCount:N0} parameters, {TorchRuntime.Threads} threads, {TorchRuntime.DeviceName}");
            double patience = parsed.GetValue(seconds);
            foreach (int batch in parsed.GetRequiredValue(batches).Distinct()) Decode(model, batch, parsed.GetValue(prompt), patience, terminal);
            if (trains) Train(model, patience, terminal);
        });
        return command;
    }

    private static void Decode(LanguageModel model, int batch, int prompt, double patience, Terminal terminal)
    {
        using DecodingLoad load = new(model, batch);
        int length = Math.Min(64, load.Context - Prompt), read = Math.Min(prompt, load.Context - 1);
        if (length < 1) throw new SocietyException($"the model has room for {load.Context} tokens; measuring takes {Prompt + 1} at least");
        Show(terminal, $"decode, batch {batch}", patience, () => load.Decode(Prompt, length), Together);
        Show(terminal, $"prompts of {read}, batch {batch}", patience, () => load.Prefill(read), Together);

        string Together() => load.Together < batch ? $", {load.Together} at a time (the cache has room for no more)" : "";
    }

    private static void Train(LanguageModel model, double patience, Terminal terminal)
    {
        int length = Math.Min(64, model.Decoder.Config.Context - 1);
        using TrainingLoad load = new(model, Texts, length);
        Show(terminal, $"train, {Texts} texts of {length}", patience, load.Step);
    }

    /// <summary>Once to warm up, then as often as time allows, three times at least; the median counts.</summary>
    private static void Show(Terminal terminal, string name, double patience, Func<long> work, Func<string>? remark = null)
    {
        work();
        List<double> rates = [];
        long begun = Stopwatch.GetTimestamp();
        while (rates.Count < 3 || Stopwatch.GetElapsedTime(begun).TotalSeconds < patience)
        {
            long started = Stopwatch.GetTimestamp();
            rates.Add(work() / Stopwatch.GetElapsedTime(started).TotalSeconds);
        }

        rates.Sort();
        terminal.Line($"{name,-28} {rates[rates.Count / 2],12:N0} tokens/s   {rates[0]:N0} to {rates[^1]:N0} in {rates.Count} runs{remark?.Invoke()}");
    }
}
