using AgentSociety.Models;
using AgentSociety.Models.Cpu;
using TorchSharp;

namespace AgentSociety.Benchmarks;

/// <summary>The most that this machine's cores multiply and add: a large matrix product, by torch and by the decoding engine, the better of the two.</summary>
/// <remarks>Which is the better one depends on the processor: torch's library does not use the widest vectors on every maker's.</remarks>
internal static class MachinePeak
{
    private const int Size = 2048, Repeats = 4;

    /// <summary>Measures both and notes a row for each.</summary>
    /// <returns>GFLOP/s.</returns>
    public static double Measure(Figures figures, string name) => Math.Max(
        figures.Rate($"{name}, peak: matrix product 2048^3, torch", "GFLOP/s", () => OnEveryThread(ByTorch)).Own,
        figures.Rate($"{name}, peak: matrix product 2048^3, decoding engine", "GFLOP/s", () => OnEveryThread(ByEngine)).Own);

    /// <summary>A product of its own on every thread, since tensor operations use one.</summary>
    private static double OnEveryThread(Action products)
    {
        Thread[] threads = [.. Enumerable.Range(0, TorchRuntime.Threads).Select(_ => new Thread(() => products()))];
        foreach (Thread thread in threads) thread.Start();
        foreach (Thread thread in threads) thread.Join();
        return threads.Length * Repeats * 2.0 * Size * Size * Size / 1e9;
    }

    private static void ByTorch()
    {
        using DisposeScope scope = torch.NewDisposeScope();
        using var frozen = torch.no_grad();
        torch.Tensor left = torch.randn(Size, Size), right = torch.randn(Size, Size);
        for (int repeat = 0; repeat < Repeats; repeat++) left.matmul(right).Dispose();
    }

    private static unsafe void ByEngine()
    {
        using PackedMatrix matrix = new(Size, Size);
        using FloatBlock input = new(Size * Size), output = new(Size * Size);
        for (int repeat = 0; repeat < Repeats; repeat++)
        {
            for (int row = 0; row < Size; row += BlockOrder.MostRows) matrix.Multiply(input.Start + row * Size, Size, output.Start + row * Size, Size, BlockOrder.MostRows);
        }
    }
}
