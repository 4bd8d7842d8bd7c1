using static TorchSharp.torch;

namespace AgentSociety.Learning.Tests;

/// <summary>Counts tensors that a piece of work leaves behind.</summary>
/// <remarks>
/// The count is one for the process, and falls whenever the collector's thread finalises a tensor that somebody left to it, such as an earlier test that worked
/// with tensors outside any scope. That garbage is collected before the first reading, so that it cannot go between the two. Nothing is collected
/// before the second: what the work itself leaves to the collector counts.
/// </remarks>
internal static class LiveTensors
{
    /// <summary>How many more tensors there are after the work than before it.</summary>
    public static long LeftBy(Action work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long before = Tensor.TotalCount;
        work();
        return Tensor.TotalCount - before;
    }
}
