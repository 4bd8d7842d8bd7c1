using System.CommandLine;
using AgentSociety.Core;
using AgentSociety.Models;
using Spectre.Console;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model info MODEL</c>.</summary>
internal static class ModelInfoCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> place = ModelCommand.Place();
        Verb command = new("info", "Models", "Shows a model's architecture, parameters, memory in each number format, tokenizer and chat template.", new("model info models/qwen3", "Of a folder"),
            new("model info models/qwen3 --template", "How it lays conversations out"));
        Option<bool> template = new("--template") { Description = "Print the chat template alone, as the model has it." };
        command.Add(place);
        command.Add(template);
        command.SetAction(parsed =>
        {
            TorchRuntime.Initialize("cpu");
            string folder = RunPlace.FindModel(parsed.GetRequiredValue(place));
            using LanguageModel model = LanguageModel.Load(folder, asStored: true);
            if (parsed.GetValue(template))
            {
                terminal.Line(model.Template?.Source ?? throw new SocietyException($"{folder}: the model has no chat template"));
                return;
            }

            Grid grid = new();
            grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
            grid.AddColumn();
            foreach ((string name, string value) in Facts(folder, model)) grid.AddRow($"[green]{Markup.Escape(name)}[/]", Markup.Escape(value));
            terminal.Out.Write(grid);
        });
        return command;
    }

    private static IEnumerable<(string Name, string Value)> Facts(string folder, LanguageModel model)
    {
        DecoderConfig config = model.Decoder.Config;
        yield return ("folder", folder);
        yield return ("architecture", $"{config.ModelType}: {config.Layers} layers, width {config.Width}, feed-forward {config.FeedForward}, {config.Heads} heads of {config.HeadWidth}, {config.KeyValueHeads} for keys and values");
        string[] parts =
        [
            .. config.QueryKeyValueBias ? ["biases"] : Array.Empty<string>(),
            .. config.QueryKeyNorm ? ["normalised heads"] : Array.Empty<string>(),
            .. config.Window is { } window ? [$"window of {window}"] : Array.Empty<string>(),
            config.TiedHead ? "tied head" : "head of its own",
            $"rotary base {config.RopeTheta:N0}{(config.RopeScaling is { } scaling ? $", {scaling.Rule} scaling" : "")}",
        ];
        yield return ("parts", string.Join(", ", parts));
        yield return ("context", $"{config.Context:N0} tokens, {2L * config.Layers * config.KeyValueHeads * config.HeadWidth * sizeof(float):N0} bytes of cache a token");
        long parameters = model.ParameterCount;
        yield return ("parameters", $"{parameters:N0}, stored as {config.StoredType}");
        // 34 bytes hold 32 numbers of Q8_0.
        yield return ("memory", $"float32 {Size(parameters * 4)}, float16 and bfloat16 {Size(parameters * 2)}, GGUF q8 {Size(parameters * 34 / 32)}");
        yield return ("tokenizer", model.Tokenizer switch
        {
            BytePairTokenizer pairs => pairs.Description,
            CharacterTokenizer characters => $"characters, {characters.Alphabet.Length} and the end of text",
            ITokenizer other => $"{other.VocabularySize} tokens",
        });
        yield return ("ends with", string.Join(", ", model.EndTokens.Select(token => model.Tokenizer is BytePairTokenizer pairs ? $"{token} {pairs.Spelling(token)}" : $"{token}")));
        yield return ("chat template", model.Template is { } template ? $"{template.Source.Length:N0} characters, printed by --template" : "none");
        yield return ("adapters", model.Adapters.Count == 0 ? "none" : string.Join(", ", model.Adapters.Keys.Order(StringComparer.Ordinal)));
    }

    private static string Size(long bytes) => bytes >= 1L << 30 ? $"{bytes / (double)(1L << 30):F1} GiB" : bytes >= 1L << 20 ? $"{bytes / (double)(1L << 20):F1} MiB" : $"{bytes / 1024.0:F1} KiB";
}
