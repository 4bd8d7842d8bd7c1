using System.CommandLine;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model info|chat|bench|import|export|merge</c>; each has a file of its own.</summary>
internal static class ModelCommand
{
    public static Command Create(Terminal terminal) => new Verb("model", "Models", "Looks at models, talks to them, and brings them in and out in the formats of other tools.",
        new("model info models/qwen3", "Architecture, parameters, memory, tokenizer and template of a folder"),
        new("model import downloads/Qwen3-0.6B --out models/qwen3", "Check a downloaded model and take it in"),
        new("model export runs/first-society --format gguf --out model.gguf", "The newest checkpoint of a run for llama.cpp"))
    {
        ModelInfoCommand.Create(terminal),
        ModelChatCommand.Create(terminal),
        ModelBenchCommand.Create(terminal),
        ModelImportCommand.Create(terminal),
        ModelExportCommand.Create(terminal),
        ModelMergeCommand.Create(terminal),
    };

    /// <summary>The argument of commands that read a model.</summary>
    public static Argument<string> Place() => new("MODEL") { Description = "A model's folder, or a run whose newest checkpoint is meant." };
}
