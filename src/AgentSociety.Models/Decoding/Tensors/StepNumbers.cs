using static TorchSharp.torch;

namespace AgentSociety.Models.Tensors;

/// <summary>The whole numbers that a step needs on its device (tokens, places, indices), sent there in one piece: each transfer of its own would make a GPU wait.</summary>
internal sealed class StepNumbers
{
    private readonly List<long> _numbers = [];
    private Tensor? _sent;

    /// <summary>Adds a list; what comes back names it once all are sent.</summary>
    public Part Add(IEnumerable<long> numbers)
    {
        int start = _numbers.Count;
        _numbers.AddRange(numbers);
        return new Part(start, _numbers.Count - start);
    }

    /// <summary>Sends all lists. The tensor belongs to the dispose scope at hand, and so does what <see cref="Of"/> gives.</summary>
    public void Send(Device device)
    {
        _sent = tensor(_numbers.ToArray(), ScalarType.Int64, device);
        _numbers.Clear();
    }

    /// <summary>A list on the device, [length], int64.</summary>
    public Tensor Of(Part part) => _sent!.narrow(0, part.Start, part.Length);

    /// <summary>Where a list stands.</summary>
    internal readonly record struct Part(int Start, int Length);
}
