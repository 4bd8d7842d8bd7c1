using AgentSociety.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Learning;

/// <summary>Gradients of many shares of a batch, taken side by side and summed in the order of the shares.</summary>
/// <remarks>
/// Data parallelism within the process: each share goes forward and backward on one thread, with tensor operations that use no further
/// ones. The sum does not depend on the number of threads nor on which share is ready first, and threads that lose their core for a while
/// hold nobody up but themselves; with threads inside each operation they would hold up all, thousands of times a second.
/// </remarks>
internal static class GradientSum
{
    /// <summary>Values below which a second thread costs more than it brings.</summary>
    public const long WorthThreads = 1 << 20;

    /// <summary>Adds the gradient of every share's loss to the gradients at hand.</summary>
    /// <param name="parameters">The leaves to differentiate by.</param>
    /// <param name="device">Where they live; on a GPU shares go one after the other.</param>
    /// <param name="shares">Number of shares.</param>
    /// <param name="loss">Computes the loss of a share inside a dispose scope of its thread.</param>
    public static void Add(IReadOnlyList<(string Name, Tensor Value)> parameters, Device device, int shares, Func<int, Tensor> loss)
    {
        if (shares == 0) return;
        Tensor[] leaves = [.. parameters.Select(parameter => parameter.Value)];
        Dictionary<int, Tensor[]> early = [];
        Lock gate = new();
        int next = 0;
        Each(device, shares, share =>
        {
            Tensor[] gradients;
            using (NewDisposeScope())
            {
                gradients = [.. autograd.grad([loss(share)], leaves).Select(gradient => gradient.DetachFromDisposeScope())];
            }

            lock (gate)
            {
                early[share] = gradients;
                for (; next < shares - 1 && early.Remove(next, out Tensor[]? due); next++)
                {
                    for (int index = 0; index < leaves.Length; index++) Add(leaves, due, index);
                }
            }
        });

        // While the last share's are added, no thread has anything else to do.
        Tensor[] last = early[shares - 1];
        if (last.Sum(gradient => gradient.numel()) >= WorthThreads) Each(device, leaves.Length, index => Add(leaves, last, index));
        else
        {
            for (int index = 0; index < leaves.Length; index++) Add(leaves, last, index);
        }
    }

    /// <summary>Does something for every share, on as many threads as the runtime has.</summary>
    public static void Each(Device device, int shares, Action<int> work) =>
        TrainingThreads.Run(shares, device.type == DeviceType.CPU ? TorchRuntime.Threads : 1, work);

    private static void Add(Tensor[] leaves, Tensor[] gradients, int index)
    {
        using var scope = NewDisposeScope();
        using var frozen = no_grad();
        if (leaves[index].grad is { } sum) sum.Accumulate(gradients[index]);
        else leaves[index].grad = gradients[index];
        // The leaf holds on to the values of its first gradient.
        gradients[index].Dispose();
    }
}
