using System.Runtime.InteropServices;

namespace AgentSociety.Models;

/// <summary>How the C library's heap deals with the memory of tensors.</summary>
internal static partial class NativeHeap
{
    // Numbers of glibc's malloc.h.
    private const int TrimThreshold = -1, TopPad = -2, MapThreshold = -3;

    /// <summary>The largest block that glibc lets be taken from its heap rather than mapped by itself.</summary>
    private const int LargestBlock = 32 << 20;

    private const int Pad = 64 << 20;

    /// <summary>Has freed blocks kept for the next ones of their size. Does nothing outside Linux, and nothing where the user has set the heap by its environment variables.</summary>
    /// <remarks>
    /// A training step takes and frees gigabytes. Handed back to the system, they are zeroed and mapped again page by page in the next step: a third of its time for
    /// 100 million weights.
    /// </remarks>
    public static void KeepFreedBlocks()
    {
        // The Linux libtorch is linked with glibc, so that where it loads these are there.
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("MALLOC_TRIM_THRESHOLD_") is not null) return;
        _ = Set(MapThreshold, LargestBlock);
        _ = Set(TrimThreshold, int.MaxValue);
        _ = Set(TopPad, Pad);
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int Set(int parameter, int value);
}
