using System.CommandLine;
using System.Net;
using AgentSociety.Kernel;
using AgentSociety.Models;
using AgentSociety.Society;
using AgentSociety.Web.Serving;

namespace AgentSociety.Cli.Commands;

/// <summary><c>serve MODEL</c>.</summary>
internal static class ServeCommand
{
    private const string TokenVariable = "AGENTSOCIETY_TOKEN";
    private const long UsualAnswers = 256;

    /// <summary>Each slot has a cache, and a row in every step.</summary>
    private const int MostSlots = 4096;

    public static Command Create(Terminal terminal)
    {
        Argument<string> place = new("MODEL") { Description = "A model's folder, or a run whose newest checkpoint is meant." };
        Option<int> port = new("--port") { Description = "The port; 0 for any that is free.", HelpName = "N", DefaultValueFactory = _ => 8000, CustomParser = result => OptionValue.Whole(result, 0, 65_535) };
        Option<IPAddress> listen = new("--listen") { Description = $"The address to listen at. Any but this machine's own needs a token, by --token or {TokenVariable}.", HelpName = "IP", DefaultValueFactory = _ => IPAddress.Loopback, CustomParser = OptionValue.Address };
        Option<string?> token = new("--token") { Description = "What clients must send as their API key.", HelpName = "TOKEN" };
        Option<string?> name = new("--name") { Description = "The name that clients ask for; the folder's where it is not given. NAME:ADAPTER asks for an adapter.", HelpName = "NAME" };
        Option<int> slots = new("--slots") { Description = "Most answers in one batch.", HelpName = "N", DefaultValueFactory = _ => 64, CustomParser = result => OptionValue.Whole(result, 1, MostSlots) };
        Option<int?> answers = new("--answers") { Description = "Most answers that are written or wait; beyond them clients get 429. Four a slot, and 256 at least, where it is not given.", HelpName = "N", CustomParser = result => OptionValue.Whole(result, 1, int.MaxValue) };
        Option<double?> time = new("--timeout") { Description = "Most seconds that an answer may take, waiting included; it then ends with what there is. A request's own timeout may be less.", HelpName = "S", CustomParser = result => OptionValue.Real(result, 0.001, 86_400.0) };
        Option<bool> halved = new("--bf16-adapters") { Description = "Round adapters to bfloat16 in memory: many of them answer faster together, in half the memory. Answers are not those of the adapters as they were trained, to the last digit." };
        MachineOptions machine = new();
        Verb command = new("serve", "Share", "Serves a model with its adapters to everything that speaks the OpenAI protocol.",
            new("serve runs/first-society", "The newest checkpoint, at http://127.0.0.1:8000/v1"),
            new("serve models/tuned --port 9000 --name tuned", "A folder, under a name of its own"),
            new("serve runs/first-society --bf16-adapters", "Many agents' adapters at once, rounded to bfloat16"),
            new("serve models/tuned --listen 0.0.0.0 --token secret", "For other machines"));
        foreach (Option option in (Option[])[port, listen, token, name, slots, answers, time, halved]) command.Add(option);
        command.Add(place);
        machine.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            string folder = RunPlace.FindModel(parsed.GetRequiredValue(place));
            RunOptions running = machine.Read(parsed);
            TorchRuntime.Initialize(running.Device, running.Threads);
            using LanguageModel model = LanguageModel.Load(folder, asStored: true);
            int most = parsed.GetValue(answers) ?? (int)Math.Max(UsualAnswers, Math.Min(int.MaxValue, 4L * parsed.GetValue(slots)));
            using LocalModel local = new(model, parsed.GetValue(slots), queue: most, halvedAdapters: parsed.GetValue(halved));
            // What there is no memory for is said now and not to the first who asks.
            await local.StartAsync().ConfigureAwait(false);
            LocalChat chat = new(local, ModelChat.Settings(model, parsed.GetValue(name) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder)))));
            ModelServerOptions options = new()
            {
                Listen = parsed.GetRequiredValue(listen),
                Port = parsed.GetValue(port),
                Token = parsed.GetValue(token) ?? Environment.GetEnvironmentVariable(TokenVariable),
                MaximumAnswers = most,
                MaximumTime = parsed.GetValue(time) is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
                Report = defect => terminal.Complain("defect", "red", defect.ToString()),
            };
            using Interruption interruption = new(() => terminal.Complain("stopping", "yellow", "answers that are being written end here"));
            await using RunningModelServer server = await ModelServer.StartAsync(chat, options, interruption.Token).ConfigureAwait(false);
            terminal.Line($"{folder} at {server.Address}, models {string.Join(", ", chat.Names)}");
            await server.WaitAsync(interruption.Token).ConfigureAwait(false);
        });
        return command;
    }
}
