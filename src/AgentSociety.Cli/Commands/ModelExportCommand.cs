using System.CommandLine;
using AgentSociety.Core;
using AgentSociety.Models;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model export MODEL</c>.</summary>
internal static class ModelExportCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> place = ModelCommand.Place();
        Option<string> format = new("--format") { Description = "hf for Hugging Face's folder, gguf for llama.cpp's file, peft for an adapter's folder.", HelpName = "FORMAT", DefaultValueFactory = _ => "hf" };
        format.AcceptOnlyFromAmong("hf", "gguf", "peft");
        Option<string> target = new("--out") { Description = "The folder, or the file for gguf.", HelpName = "PATH", Required = true };
        Option<string?> type = new("--type") { Description = $"Number format: {ModelFolder.Types}, for gguf f32, f16 or q8; hf and peft keep what the weights have where it is not given, gguf takes f16.", HelpName = "TYPE" };
        Option<string?> adapter = new("--adapter") { Description = "Merge this adapter first; for peft the one to write.", HelpName = "NAME" };
        Verb command = new("export", "Models", "Writes a model, or one of its adapters, in a format that other tools load.",
            new("model export runs/first-society --out exported", "The newest checkpoint as a Hugging Face folder"),
            new("model export models/qwen3 --format gguf --type q8 --adapter tuned --out tuned.gguf", "With an adapter merged, for llama.cpp"),
            new("model export models/qwen3 --format peft --adapter tuned --out tuned", "An adapter alone"),
            new("model export models/qwen3 --format peft --adapter tuned --type bf16 --out tuned", "In bfloat16, which decodes faster among many"));
        command.Add(place);
        foreach (Option option in (Option[])[format, target, type, adapter]) command.Add(option);
        command.SetAction(parsed =>
        {
            string folder = RunPlace.FindModel(parsed.GetRequiredValue(place)), to = parsed.GetRequiredValue(target), wanted = parsed.GetRequiredValue(format);
            string? number = parsed.GetValue(type), name = parsed.GetValue(adapter);
            TorchRuntime.Initialize("cpu");
            if (wanted == "hf") ModelFolder.CheckTarget(folder, to);
            // Merging computes in float32; nothing else needs more than the file.
            using LanguageModel model = LanguageModel.Load(folder, asStored: name is null || wanted == "peft");
            if (wanted == "peft")
            {
                if (name is null) throw new SocietyException("--format peft: name the adapter by --adapter");
                if (!model.Adapters.TryGetValue(name, out Adapter? found)) throw new SocietyException($"the model has no adapter '{name}'; it has {(model.Adapters.Count == 0 ? "none" : string.Join(", ", model.Adapters.Keys.Order(StringComparer.Ordinal)))}");
                ModelFolder.Write(found, to, number);
                terminal.Line($"{to}: adapter {name}");
                return;
            }

            if (name is not null) model.Merge(name);
            if (wanted == "gguf") GgufExport.Write(model, to, GgufTypeOf(number));
            else ModelFolder.Write(model, to, number ?? (name is null ? null : StoredTypeOf(model)));
            terminal.Line($"{to}: {model.ParameterCount:N0} parameters");
        });
        return command;
    }

    /// <summary>The format of the weights in the file, which merging widens.</summary>
    private static string StoredTypeOf(LanguageModel model) => model.Decoder.Config.StoredType switch
    {
        "bfloat16" => "bf16",
        "float16" or "half" => "f16",
        _ => "f32",
    };

    private static GgufType GgufTypeOf(string? name) => name switch
    {
        null or "f16" => GgufType.F16,
        "f32" => GgufType.F32,
        "q8" => GgufType.Q8,
        _ => throw new SocietyException($"--type {name}: GGUF files are written in f32, f16 or q8"),
    };
}
