using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Learning;

/// <summary>A language model as training sees it.</summary>
internal static class ModelWeights
{
    /// <summary>How the model's texts become tokens.</summary>
    public static TextCode Text(this LanguageModel model) => new(model.Tokenizer, model.Decoder.Config.Context);

    /// <summary>All of the model's own weights, to be trained.</summary>
    public static WeightSet OwnWeights(this LanguageModel model, LearningSettings? settings = null)
    {
        TrainingPass pass = PassOf(settings);
        foreach ((_, TorchSharp.torch.Tensor weight) in model.Decoder.Parameters) weight.requires_grad = true;
        return new WeightSet(TrainingPlan.Base, [.. model.Decoder.Parameters], (tokens, positions) => model.Decoder.Forward(tokens, positions, pass: pass)) { Size = model.ParameterCount };
    }

    /// <summary>One adapter's weights, to be trained over the model's own, which are frozen.</summary>
    public static WeightSet AdapterWeights(this LanguageModel model, string name, LearningSettings? settings = null)
    {
        TrainingPass pass = PassOf(settings);
        if (!model.Adapters.TryGetValue(name, out Adapter? adapter)) throw new SocietyException($"the model has no adapter '{name}'; it has {string.Join(", ", model.Adapters.Keys.Order(StringComparer.Ordinal))}");
        foreach ((_, TorchSharp.torch.Tensor weight) in model.Decoder.Parameters) weight.requires_grad = false;
        return new WeightSet(name, [.. adapter.Parameters], (tokens, positions) => model.Decoder.Forward(tokens, positions, adapter, pass)) { Size = model.ParameterCount };
    }

    private static TrainingPass PassOf(LearningSettings? settings) => settings is null ? default : new TrainingPass(settings.Precision == Precision.Bfloat16, settings.RecomputeLayers);
}
