using System.Runtime.InteropServices;

namespace AgentSociety.Environments.Code;

/// <summary>The processor time of the calling thread: what it has worked, however long it had to wait for a core.</summary>
static partial class ThreadTime
{
    private const int LinuxThreadClock = 3;
    private const int MacThreadClock = 16;

    /// <summary>What the calling thread has used since it began.</summary>
    public static TimeSpan Used
    {
        get
        {
            if (OperatingSystem.IsWindows())
            {
                // In steps of the scheduler's clock, 16 ms.
                return GetThreadTimes(GetCurrentThread(), out _, out _, out long kernel, out long user) ? TimeSpan.FromTicks(kernel + user) : default;
            }

            if (OperatingSystem.IsMacOS()) return TimeSpan.FromTicks((long)(MacTime(MacThreadClock) / 100));
            return LinuxTime(LinuxThreadClock, out Moment now) == 0 ? TimeSpan.FromTicks((now.Seconds * TimeSpan.TicksPerSecond) + (now.Nanoseconds / 100)) : default;
        }
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int LinuxTime(int clock, out Moment now);

    [LibraryImport("libc", EntryPoint = "clock_gettime_nsec_np")]
    private static partial ulong MacTime(int clock);

    [LibraryImport("kernel32")]
    private static partial nint GetCurrentThread();

    [LibraryImport("kernel32")]
    [return: MarshalAs(UnmanagedType.Bool)]
    private static partial bool GetThreadTimes(nint thread, out long created, out long ended, out long kernel, out long user);

    private struct Moment
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
