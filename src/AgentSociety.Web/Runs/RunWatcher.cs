using AgentSociety.Core;

namespace AgentSociety.Web;

/// <summary>Looks at the directory of runs every other second.</summary>
internal sealed class RunWatcher(RunLibrary library, ILogger<RunWatcher> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The first look may take a while: the server is not kept waiting for it.
        await Task.Yield();
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                library.Scan();
            }
            catch (Exception cause) when (cause is IOException or UnauthorizedAccessException or SocietyException)
            {
                log.LogWarning("{Root}: the list of runs could not be brought up to date ({Cause})", library.Root, cause.Message);
            }

            await Task.Delay(Every, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
