using AgentSociety.Core.Play;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>What a training that was stopped must remember to go on exactly: weights, optimizer moments and how far it was, in one file that appears whole or not at all.</summary>
/// <remarks>The base model, the log and the settings are the caller's to bring again; what follows from them (references of preferences and of the KL, orders of texts) is made anew.</remarks>
/// <param name="file">The file.</param>
public sealed class FineTuneState(string file)
{
    private const string WeightPrefix = "weight/", StepName = "step", EntropyPrefix = "entropy/";

    /// <summary>True where a training left its state.</summary>
    public bool Exists => File.Exists(file);

    /// <param name="weights">What is trained.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="step">Steps (epochs, for the policy gradient) that are done.</param>
    /// <param name="entropy">Entropies by role that steer the bonus; null where there is none.</param>
    internal void Save(WeightSet weights, AdamW optimizer, int step, IReadOnlyDictionary<Role, double>? entropy = null)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        SafetensorsFile.Write(file,
        [
            .. weights.Parameters.Select(parameter => (WeightPrefix + parameter.Name, parameter.Value)),
            .. optimizer.Moments(),
            (StepName, tensor([(long)step, optimizer.Steps])),
            .. (entropy ?? new Dictionary<Role, double>()).Select(pair => (EntropyPrefix + pair.Key, tensor([pair.Value], dtype: ScalarType.Float64))),
        ]);
    }

    /// <summary>Takes up what <see cref="Save"/> wrote.</summary>
    /// <returns>Steps that are done; 0 where nothing was saved.</returns>
    /// <exception cref="Core.SocietyException">The file is damaged or belongs to other weights.</exception>
    internal int Load(WeightSet weights, AdamW optimizer, IDictionary<Role, double>? entropy = null)
    {
        if (!Exists) return 0;
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Dictionary<string, Tensor> stored = SafetensorsFile.Read(file);
        try
        {
            foreach ((string name, Tensor value) in weights.Parameters.Select(parameter => (WeightPrefix + parameter.Name, parameter.Value)).Concat(optimizer.Moments()))
            {
                if (!stored.TryGetValue(name, out Tensor? source) || !source.shape.SequenceEqual(value.shape)) throw new Core.SocietyException($"{file}: tensor {name} is missing or of another shape; the state belongs to another model");
                value.copy_(source);
            }

            if (!stored.TryGetValue(StepName, out Tensor? done) || done.numel() != 2) throw new Core.SocietyException($"{file}: does not say how far the training was");
            foreach (Role role in Enum.GetValues<Role>())
                if (entropy is not null && stored.TryGetValue(EntropyPrefix + role, out Tensor? value)) entropy[role] = value.item<double>();
            long[] numbers = done.data<long>().ToArray();
            optimizer.Resume(numbers[1]);
            return (int)numbers[0];
        }
        finally
        {
            foreach (Tensor tensor in stored.Values) tensor.Dispose();
        }
    }
}
