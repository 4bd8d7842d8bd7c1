using AgentSociety.Models.Cpu;
using AgentSociety.Models.Tensors;

namespace AgentSociety.Models.Tests;

/// <summary>The ways in which an engine computes; both run on the CPU here.</summary>
public enum EnginePass
{
    /// <summary>Own kernels, which an engine takes for a model on the CPU.</summary>
    Kernels,

    /// <summary>Torch's operations, which it takes for a model on any other device.</summary>
    Tensors,
}

public static class EnginePasses
{
    public static TheoryData<EnginePass> All => [EnginePass.Kernels, EnginePass.Tensors];

    public static DecodingEngine Engine(this EnginePass pass, LanguageModel model, int slots = 256, int context = int.MaxValue, TimeProvider? time = null, bool halvedAdapters = false) =>
        Engine(pass, model, CacheRoom.UsualBytes, slots, context, time, halvedAdapters);

    public static DecodingEngine Engine(this EnginePass pass, LanguageModel model, long cacheBytes, int slots, int context = int.MaxValue, TimeProvider? time = null, bool halvedAdapters = false) =>
        new(model, slots, context, time, cacheBytes, (model, size) => pass == EnginePass.Kernels ? new CpuPass(model, size, TorchRuntime.Threads) : new TensorPass(model, size)) { HalvedAdapters = halvedAdapters };
}
