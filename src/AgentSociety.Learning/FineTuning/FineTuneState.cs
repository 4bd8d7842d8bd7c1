using AgentSociety.Core.Play;
using AgentSociety.Models;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>What a training that was stopped must remember to go on exactly: weights, optimizer moments and how far it was, in one file that appears whole or not at all.</summary>
/// <remarks>The base model, the log and the settings are the caller's to bring again; what follows from them (references of preferences and of the KL, orders of texts) is made anew.</remarks>
/// <param name="file">The file.</param>
public sealed class FineTuneState(string file)
{
    private const string WeightPrefix = "weight/", StepName = "step", EntropyPrefix = "entropy/", TakenName = "pass/taken", MeasuredPrefix = "pass/entropy/";

    /// <summary>True where a training left its state.</summary>
    public bool Exists => File.Exists(file);

    /// <param name="weights">What is trained.</param>
    /// <param name="optimizer">Its optimizer.</param>
    /// <param name="step">Steps (whole epochs, for the policy gradient) that are done.</param>
    /// <param name="pass">Where the policy gradient is within its epoch; null for other methods.</param>
    internal void Save(WeightSet weights, AdamW optimizer, int step, PassState? pass = null)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
        SafetensorsFile.Write(file,
        [
            .. weights.Parameters.Select(parameter => (WeightPrefix + parameter.Name, parameter.Value)),
            .. optimizer.Moments(),
            (StepName, tensor([(long)step, optimizer.Steps])),
            .. pass is null ? [] : Tensors(pass),
        ]);
    }

    /// <summary>Takes up what <see cref="Save"/> wrote.</summary>
    /// <returns>Steps that are done; 0 where nothing was saved.</returns>
    /// <exception cref="Core.SocietyException">The file is damaged or belongs to other weights.</exception>
    internal int Load(WeightSet weights, AdamW optimizer, PassState? pass = null)
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
            if (pass is not null) Take(pass, stored);
            long[] numbers = done.data<long>().ToArray();
            optimizer.Resume(numbers[1]);
            return (int)numbers[0];
        }
        finally
        {
            foreach (Tensor tensor in stored.Values) tensor.Dispose();
        }
    }

    private static IEnumerable<(string Name, Tensor Value)> Tensors(PassState pass) =>
    [
        (TakenName, tensor([(long)pass.Taken])),
        .. pass.Entropy.Select(pair => (EntropyPrefix + pair.Key, tensor([pair.Value], dtype: ScalarType.Float64))),
        .. pass.Measured.Select(pair => (MeasuredPrefix + pair.Key, tensor([pair.Value.Sum, (double)pair.Value.Count], dtype: ScalarType.Float64))),
    ];

    private static void Take(PassState pass, Dictionary<string, Tensor> stored)
    {
        if (stored.TryGetValue(TakenName, out Tensor? taken)) pass.Taken = (int)taken.item<long>();
        foreach (Role role in Enum.GetValues<Role>())
        {
            if (stored.TryGetValue(EntropyPrefix + role, out Tensor? value)) pass.Entropy[role] = value.item<double>();
            if (!stored.TryGetValue(MeasuredPrefix + role, out Tensor? measured)) continue;
            double[] sum = measured.data<double>().ToArray();
            pass.Measured[role] = (sum[0], (long)sum[1]);
        }
    }
}

/// <summary>Where a policy gradient is within a pass over a log, beside weights and moments.</summary>
internal sealed class PassState
{
    /// <summary>Steps of the pass that were taken.</summary>
    public int Taken { get; set; }

    /// <summary>Entropy by role in the pass before, which steers the bonus of this one.</summary>
    public Dictionary<Role, double> Entropy { get; init; } = [];

    /// <summary>What this pass has measured of it so far.</summary>
    public Dictionary<Role, (double Sum, long Count)> Measured { get; init; } = [];
}
