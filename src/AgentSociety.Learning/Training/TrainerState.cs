using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>What a trainer must remember beside the weights, in a folder: <c>optimizer.safetensors</c> and <c>trainer.json</c>.</summary>
internal static class TrainerState
{
    private const string TensorFile = "optimizer.safetensors";
    private const string NumberFile = "trainer.json";

    public static void Save(string folder, IReadOnlyDictionary<string, Learner> learners, IReadOnlyDictionary<Role, double> entropy)
    {
        using var scope = NewDisposeScope();
        Directory.CreateDirectory(folder);
        SafetensorsFile.Write(Path.Combine(folder, TensorFile), learners.SelectMany(Tensors));
        Numbers numbers = new(learners.ToDictionary(learner => learner.Key, learner => learner.Value.Optimizer.Steps), new Dictionary<Role, double>(entropy));
        File.WriteAllText(Path.Combine(folder, NumberFile), JsonSerializer.Serialize(numbers) + "\n");
    }

    public static void Load(string folder, IReadOnlyDictionary<string, Learner> learners, Dictionary<Role, double> entropy)
    {
        Numbers numbers = ReadNumbers(Path.Combine(folder, NumberFile));
        string file = Path.Combine(folder, TensorFile);
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(file);
        try
        {
            foreach ((string name, Learner learner) in learners)
            {
                if (!numbers.Steps.TryGetValue(name, out long steps)) throw new SocietyException($"{file}: holds no training state of '{name}'; the run was made with other adapters");
                using var scope = NewDisposeScope();
                using var frozen = no_grad();
                foreach ((string key, Tensor value) in Tensors(new KeyValuePair<string, Learner>(name, learner)))
                {
                    if (!stored.TryGetValue(key, out Tensor? source)) throw new SocietyException($"{file}: tensor {key} is missing; the state belongs to another model");
                    if (!source.shape.SequenceEqual(value.shape)) throw new SocietyException($"{file}: tensor {key} has shape [{string.Join(", ", source.shape)}] where the model needs [{string.Join(", ", value.shape)}]");
                    value.copy_(source);
                }

                learner.Optimizer.Resume(steps);
            }
        }
        finally
        {
            foreach (Tensor tensor in stored.Values) tensor.Dispose();
        }

        entropy.Clear();
        foreach ((Role role, double value) in numbers.Entropy) entropy[role] = value;
    }

    private static IEnumerable<(string Name, Tensor Value)> Tensors(KeyValuePair<string, Learner> learner)
    {
        foreach ((string name, Tensor value) in learner.Value.Optimizer.Moments()) yield return ($"{learner.Key}/{name}", value);
        for (int index = 0; index < (learner.Value.Reference?.Length ?? 0); index++)
        {
            yield return ($"{learner.Key}/{learner.Value.Weights.Parameters[index].Name}.reference", learner.Value.Reference![index]);
        }
    }

    private static Numbers ReadNumbers(string file)
    {
        try
        {
            return JsonSerializer.Deserialize<Numbers>(File.ReadAllText(file)) ?? throw new SocietyException($"{file}: is empty");
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new SocietyException($"{file}: cannot be read as the state of a trainer ({cause.Message})", cause: cause);
        }
    }

    private sealed record Numbers(Dictionary<string, long> Steps, Dictionary<Role, double> Entropy);
}
