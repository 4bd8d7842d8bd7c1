using AgentSociety.Models;

namespace AgentSociety.Tests.Gpu;

/// <summary>A test that needs a GPU of NVIDIA's and a libtorch that computes on it; skipped with the reason where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CudaFactAttribute : FactAttribute
{
    public CudaFactAttribute() => Skip = OnDevice.Problem;
}

/// <inheritdoc cref="CudaFactAttribute"/>
[AttributeUsage(AttributeTargets.Method)]
public sealed class CudaTheoryAttribute : TheoryAttribute
{
    public CudaTheoryAttribute() => Skip = OnDevice.Problem;
}

/// <summary>Has models live on a device while it is held.</summary>
internal sealed class OnDevice : IDisposable
{
    public OnDevice(string device) => TorchRuntime.Initialize(device);

    /// <summary>Why nothing can be computed on a GPU here; null where it can.</summary>
    public static string? Problem => TorchRuntime.Gpus > 0 ? null
        : TorchRuntime.Libtorch is { Cuda: true } ? "this machine has no GPU that libtorch sees"
        : "this libtorch is made for CPUs alone; build with -p:Libtorch=cuda, or name a CUDA libtorch in AGENTSOCIETY_LIBTORCH";

    public void Dispose() => TorchRuntime.Initialize("cpu");
}
