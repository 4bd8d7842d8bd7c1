using System.Globalization;
using System.Runtime.InteropServices;
using AgentSociety.Core;
using TorchSharp;

namespace AgentSociety.Models;

/// <summary>Loads the native library once for the process and says where tensors live.</summary>
public static partial class TorchRuntime
{
    private static readonly Lock Gate = new();
    private static bool _initialised;

    /// <summary>Where tensors live: the CPU until <see cref="Initialize"/> has chosen.</summary>
    public static torch.Device Device { get; private set; } = torch.CPU;

    /// <summary>Threads of training and of decoding on the CPU.</summary>
    public static int Threads { get; private set; } = Environment.ProcessorCount;

    /// <summary>Loads the library and chooses the device. Further calls may choose again.</summary>
    /// <param name="device"><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</param>
    /// <param name="threads">Threads of training and decoding; null for as many as the machine has cores.</param>
    /// <exception cref="SocietyException">The device is not to be had, or the library does not load.</exception>
    public static void Initialize(string device = "auto", int? threads = null)
    {
        lock (Gate)
        {
            if (!_initialised)
            {
                NativeHeap.KeepFreedBlocks();
                Load();
            }

            Threads = threads ?? Environment.ProcessorCount;
            // Work is shared out above tensor operations, by texts in training and by rows in decoding: an operation that waits for
            // threads of its own is many times slower wherever something else runs on the machine too.
            torch.set_num_threads(1);
            Device = Choose(device);
        }
    }

    private static torch.Device Choose(string device)
    {
        if (device == "cpu") return torch.CPU;
        bool available = torch.cuda.is_available();
        if (device == "auto") return available ? torch.CUDA : torch.CPU;
        int index = 0;
        if (device != "cuda" && !(device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), NumberStyles.None, null, out index)))
            throw new SocietyException($"device '{device}' is unknown; use auto, cpu, cuda or cuda:N, where GPUs are counted from 0");
        if (!available) throw new SocietyException($"device '{device}' was asked for and this libtorch sees no GPU; use --device cpu, or build with a CUDA libtorch (docs/models.md)");
        if (index >= torch.cuda.device_count()) throw new SocietyException($"device '{device}' was asked for and there are {torch.cuda.device_count()} GPUs, counted from 0");
        return torch.device(DeviceType.CUDA, index);
    }

    private static void Load()
    {
        // OpenMP workers that spin while they wait cost a factor of ten on shared cores. The library reads the variable when
        // it is loaded and from the C environment, which Environment.SetEnvironmentVariable does not change.
        if (!OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) SetEnvironment("OMP_WAIT_POLICY", "passive", 1);
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception cause) when (cause is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw new SocietyException($"the libtorch library does not load: {cause.Message.ReplaceLineEndings(" ")}", badInput: false, cause);
        }

        _initialised = true;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}
