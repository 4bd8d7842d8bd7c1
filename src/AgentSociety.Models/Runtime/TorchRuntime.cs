using System.Globalization;
using System.Runtime.InteropServices;
using AgentSociety.Core;
using TorchSharp;

namespace AgentSociety.Models;

/// <summary>Loads the native library once for the process and says where tensors live.</summary>
public static partial class TorchRuntime
{
    /// <summary>The environment variable that names the folder of the libtorch to use; without it the one that the program was built with is used, or the one on the loader's path.</summary>
    public const string FolderVariable = "AGENTSOCIETY_LIBTORCH";

    private static readonly Lock Gate = new();
    private static bool _initialised;
    private static torch.Device? _device;

    /// <summary>Where tensors live: the CPU until <see cref="Initialize"/> has chosen.</summary>
    public static torch.Device Device => _device ?? torch.CPU;

    /// <summary>The device by the name that <see cref="Initialize"/> takes: <c>cpu</c> or <c>cuda:0</c>.</summary>
    public static string DeviceName => Device.type == DeviceType.CPU ? "cpu" : $"cuda:{Math.Max(Device.index, 0)}";

    /// <summary>Threads of training and of decoding on the CPU.</summary>
    public static int Threads { get; private set; } = Environment.ProcessorCount;

    /// <summary>The libtorch in use: its version, where that is known, its folder, and whether it can compute on GPUs. Null before <see cref="Initialize"/>.</summary>
    public static LibtorchInUse? Libtorch { get; private set; }

    /// <summary>GPUs that the libtorch in use sees.</summary>
    public static int Gpus => torch.cuda.is_available() ? torch.cuda.device_count() : 0;

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
            _device = Choose(device);
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
        if (!available) throw new SocietyException($"device '{device}' was asked for and this libtorch {(Libtorch!.Cuda ? "sees no GPU; look at the driver (nvidia-smi), or use --device cpu" : "is made for CPUs alone; use --device cpu, or name a CUDA libtorch with --libtorch (docs/models.md)")}");
        if (index >= torch.cuda.device_count()) throw new SocietyException($"device '{device}' was asked for and there are {torch.cuda.device_count()} GPUs, counted from 0");
        return torch.device(DeviceType.CUDA, index);
    }

    private static void Load()
    {
        // OpenMP workers that spin while they wait cost a factor of ten on shared cores. The library reads the variable when
        // it is loaded and from the C environment, which Environment.SetEnvironmentVariable does not change.
        if (!OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable("OMP_WAIT_POLICY") is null) SetEnvironment("OMP_WAIT_POLICY", "passive", 1);
        LibtorchFolder.Load(Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } named ? named : null);
        TextWriter output = Console.Out;
        // Where it does not load, TorchSharp writes pages to the standard output, which belongs to the command's result.
        Console.SetOut(TextWriter.Null);
        try
        {
            torch.InitializeDeviceType(DeviceType.CPU);
        }
        catch (Exception cause) when (cause is NotSupportedException or DllNotFoundException or TypeInitializationException)
        {
            throw new SocietyException($"the libtorch that the program was built with does not load; build it anew, or with -p:Libtorch=external and name one with --libtorch (docs/models.md; --verbose shows what was tried)", badInput: false, cause);
        }
        finally
        {
            Console.SetOut(output);
        }

        string folder = LibtorchFolder.Loaded() ?? AppContext.BaseDirectory;
        Libtorch = new LibtorchInUse(LibtorchFolder.VersionIn(folder), folder, File.Exists(Path.Combine(folder, LibtorchFolder.FileOf("torch_cuda"))));
        _initialised = true;
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

/// <summary>A libtorch that is loaded.</summary>
/// <param name="Version">Its version, such as 2.10.0; null where its files do not say.</param>
/// <param name="Folder">Where it was loaded from.</param>
/// <param name="Cuda">True where it can compute on GPUs of NVIDIA's.</param>
public sealed record LibtorchInUse(string? Version, string Folder, bool Cuda);
