using AgentSociety.Models.Cpu;
using AgentSociety.Models.Tensors;
using TorchSharp;

namespace AgentSociety.Models;

/// <summary>How the engine computes: a decoder's weights, the caches of all slots, and rows on their way through.</summary>
/// <remarks>What a row gives must not depend on the adapters and the tokens of other slots' rows. Not thread-safe.</remarks>
internal interface IForwardPass : IDisposable
{
    /// <summary>Takes up the shared weights as they are now. What the caches hold is of the old ones.</summary>
    void Refresh();

    /// <summary>Takes up an adapter's weights as they are now, for rows that carry them (<see cref="Row.Adapter"/>); later changes of the adapter do not show.</summary>
    /// <param name="adapter">The adapter.</param>
    /// <param name="halved">True to round its weights to bfloat16.</param>
    /// <returns>The weights; whoever asked gives their memory back by disposing them.</returns>
    IDisposable Pack(Adapter adapter, bool halved);

    /// <summary>Runs rows; those of one slot are consecutive and in order of position, outputs are numbered in order of rows.</summary>
    void Run(ReadOnlySpan<Row> rows);

    /// <summary>The logits of an output of the last run, [vocabulary]; the caller may write to them.</summary>
    Span<float> Logits(int output);

    /// <summary>Makes room for so many positions in a slot's cache and keeps its first ones; a cache that was not made room for gets the whole context.</summary>
    void Reserve(int slot, int positions, int kept);

    /// <summary>Gives a slot's cache back.</summary>
    void Release(int slot);

    /// <summary>Copies the first <paramref name="length"/> places of a slot's cache to another.</summary>
    void CopyPrefix(int from, int to, int length);
}

/// <summary>The pass that belongs to a model's device.</summary>
internal static class ForwardPass
{
    public static IForwardPass Of(LanguageModel model, PassSize size) => model.Decoder.Device.type == DeviceType.CPU
        ? new CpuPass(model, size, TorchRuntime.Threads)
        : new TensorPass(model, size);
}

/// <summary>What a pass makes room for.</summary>
/// <param name="Slots">Slots.</param>
/// <param name="Context">Most tokens of a sequence.</param>
/// <param name="Positions">Most positions of all slots' caches together.</param>
/// <param name="Rows">Most rows of a run.</param>
internal readonly record struct PassSize(int Slots, int Context, long Positions, int Rows);
