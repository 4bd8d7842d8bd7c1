using System.CommandLine;
using AgentSociety.Core;
using AgentSociety.Models;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model import FOLDER</c>.</summary>
internal static class ModelImportCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> source = new("FOLDER") { Description = "A folder in Hugging Face's format, or a PEFT folder with a LoRA adapter." };
        Option<string> target = new("--out") { Description = "The model's folder here, for a scenario's model.base; for an adapter the model that it belongs to.", HelpName = "DIR", Required = true };
        Option<string?> type = new("--type") { Description = $"Number format to store weights in: {ModelFolder.Types}; as they are where it is not given.", HelpName = "TYPE" };
        Option<string?> name = new("--name") { Description = "The adapter's name; the folder's where it is not given.", HelpName = "NAME" };
        Verb command = new("import", "Models", "Checks a model or an adapter from elsewhere, whole, and takes it in.",
            new("model import downloads/Qwen3-0.6B --out models/qwen3", "A model, in the number format that it comes in"),
            new("model import downloads/my-lora --out models/qwen3 --name tuned", "An adapter, into the model that it was trained on"));
        command.Add(source);
        foreach (Option option in (Option[])[target, type, name]) command.Add(option);
        command.SetAction(parsed =>
        {
            string from = parsed.GetRequiredValue(source), to = parsed.GetRequiredValue(target);
            TorchRuntime.Initialize("cpu");
            if (Adapter.IsAdapter(from))
            {
                TakeAdapter(from, to, parsed.GetValue(name) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(from))), parsed.GetValue(type), terminal);
                return;
            }

            ModelFolder.CheckTarget(from, to);
            using LanguageModel model = LanguageModel.Load(from, asStored: true, foreign: true);
            ModelFolder.Write(model, to, parsed.GetValue(type));
            terminal.Line($"{to}: {model.Decoder.Config.ModelType}, {model.ParameterCount:N0} parameters");
        });
        return command;
    }

    private static void TakeAdapter(string from, string to, string name, string? type, Terminal terminal)
    {
        // It becomes a folder's name.
        if (name.Length == 0 || name is "." or ".." || Path.GetFileName(name) != name) throw new SocietyException($"'{name}' cannot be an adapter's name; give a plain one by --name");
        using LanguageModel model = LanguageModel.Load(to, asStored: true);
        Adapter adapter = model.LoadAdapter(name, from, foreign: true);
        string folder = Path.Combine(to, "adapters", name);
        ModelFolder.Write(adapter, folder, type);
        terminal.Line($"{folder}: rank {adapter.Settings.Rank}, {string.Join(", ", adapter.Settings.Targets)}");
    }
}
