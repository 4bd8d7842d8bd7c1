using System.CommandLine;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Kernel;
using AgentSociety.Models;
using AgentSociety.Society;
using Microsoft.Extensions.AI;
using Spectre.Console;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model chat MODEL</c>.</summary>
internal static class ModelChatCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> place = ModelCommand.Place();
        Option<string?> system = new("--system") { Description = "What the model is told before the conversation.", HelpName = "TEXT" };
        Option<string?> adapter = new("--adapter") { Description = "The adapter to speak with.", HelpName = "NAME" };
        Option<float?> temperature = new("--temperature") { Description = "How freely words are drawn, 0 for the likeliest; what the model's publisher advises where it is not given.", HelpName = "T", CustomParser = result => OptionValue.Real(result, 0f, 100f) };
        Option<long?> seed = new("--seed") { Description = "Repeats a conversation: same words, same seed, same answers.", HelpName = "N", CustomParser = result => OptionValue.Whole<long>(result) };
        Option<int> most = new("--max-tokens") { Description = "Most tokens of an answer.", HelpName = "N", DefaultValueFactory = _ => 1024, CustomParser = result => OptionValue.Whole(result, 1, int.MaxValue) };
        MachineOptions machine = new();
        Verb command = new("chat", "Models", "Talks with a model; answers appear as they are written, an empty line or the end of input ends it.",
            new("model chat models/qwen3", "With the model's own template"),
            new("model chat models/qwen3 --adapter tuned --temperature 0 --seed 1", "With an adapter, always the likeliest word"))
        {
            More = "A model without a chat template, such as one that was trained here, continues the text as it stands and remembers no earlier lines.",
        };
        command.Add(place);
        foreach (Option option in (Option[])[system, adapter, temperature, seed, most]) command.Add(option);
        machine.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            string folder = RunPlace.FindModel(parsed.GetRequiredValue(place));
            RunOptions running = machine.Read(parsed);
            TorchRuntime.Initialize(running.Device, running.Threads);
            using LanguageModel model = LanguageModel.Load(folder, asStored: true);
            using LocalModel local = new(model, slots: 1);
            using LocalChatClient client = new(new LocalChat(local, ModelChat.Settings(model, "model")));
            ChatOptions options = new()
            {
                ModelId = parsed.GetValue(adapter) is { } name ? $"model:{name}" : null,
                Temperature = parsed.GetValue(temperature),
                Seed = parsed.GetValue(seed),
                MaxOutputTokens = parsed.GetValue(most),
            };
            bool remembers = model.Template is not null;
            if (!remembers) terminal.Complain("note", "yellow", "the model has no chat template; it continues each line as it stands");
            await Converse(client, options, parsed.GetValue(system), remembers, terminal).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task Converse(LocalChatClient client, ChatOptions options, string? system, bool remembers, Terminal terminal)
    {
        List<ChatMessage> turns = system is null ? [] : [new ChatMessage(ChatRole.System, system)];
        while (Ask(terminal) is { Length: > 0 } question)
        {
            ChatMessage asked = new(ChatRole.User, question);
            StringBuilder answer = new();
            using Interruption interruption = new(() => { });
            try
            {
                await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync([.. remembers ? turns : [], asked], options, interruption.Token).ConfigureAwait(false))
                {
                    answer.Append(update.Text);
                    await terminal.Raw.WriteAsync(Terminal.Plain(update.Text)).ConfigureAwait(false);
                    await terminal.Raw.FlushAsync().ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
            {
                // The answer is cut off, the conversation is not.
            }
            catch (SocietyException failure)
            {
                if (answer.Length > 0) terminal.Line("");
                terminal.Complain("error", "red", failure.Message);
                continue;
            }

            terminal.Line("");
            turns.Add(asked);
            turns.Add(new ChatMessage(ChatRole.Assistant, answer.ToString()));
        }
    }

    private static string? Ask(Terminal terminal)
    {
        if (terminal.IsInteractive) terminal.Error.Markup("[green]> [/]");
        return Console.In.ReadLine();
    }
}
