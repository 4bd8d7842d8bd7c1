using System.CommandLine;
using AgentSociety.Models;

namespace AgentSociety.Cli.Commands;

/// <summary><c>model merge MODEL</c>.</summary>
internal static class ModelMergeCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> place = ModelCommand.Place();
        Option<string> adapter = new("--adapter") { Description = "The adapter to merge.", HelpName = "NAME", Required = true };
        Option<string> target = new("--out") { Description = "The folder of the merged model.", HelpName = "DIR", Required = true };
        Option<string?> type = new("--type") { Description = $"Number format to store weights in: {ModelFolder.Types}; f32 where it is not given.", HelpName = "TYPE" };
        Verb command = new("merge", "Models", "Adds an adapter's update to the weights and writes the model that behaves like both.", new Example("model merge models/qwen3 --adapter tuned --out models/qwen3-tuned", "The other adapters stay out of it"));
        command.Add(place);
        foreach (Option option in (Option[])[adapter, target, type]) command.Add(option);
        command.SetAction(parsed =>
        {
            TorchRuntime.Initialize("cpu");
            string from = RunPlace.FindModel(parsed.GetRequiredValue(place)), to = parsed.GetRequiredValue(target);
            ModelFolder.CheckTarget(from, to);
            using LanguageModel model = LanguageModel.Load(from);
            model.Merge(parsed.GetRequiredValue(adapter));
            ModelFolder.Write(model, to, parsed.GetValue(type));
            terminal.Line($"{to}: {model.ParameterCount:N0} parameters, {parsed.GetRequiredValue(adapter)} merged");
        });
        return command;
    }
}
