using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using AgentSociety.Culture;

namespace AgentSociety.Web;

/// <summary>Tells open pages what is new, by server-sent events.</summary>
/// <remarks>A tick names what has changed and carries no content: the page asks for itself again and takes over the parts that are live.</remarks>
internal static class LiveEndpoints
{
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(400);
    private const int SilentTicks = 35;

    internal static void MapLive(this IEndpointRouteBuilder app)
    {
        app.MapGet("/live", (RunLibrary library, IHostApplicationLifetime host, HttpContext context) =>
            TypedResults.ServerSentEvents(Runs(library, host, context.RequestAborted)));
        app.MapGet("/runs/{run}/live", (string run, RunLibrary library, IHostApplicationLifetime host, HttpContext context) =>
            TypedResults.ServerSentEvents(Run(library, library.Open(run), host, context.RequestAborted)));
    }

    private static IAsyncEnumerable<SseItem<object>> Runs(RunLibrary library, IHostApplicationLifetime host, CancellationToken gone) =>
        Ticks(() => library.Version, (_, now) => ("runs", (object)new { version = now }), host, gone);

    private static IAsyncEnumerable<SseItem<object>> Run(RunLibrary library, OpenRun run, IHostApplicationLifetime host, CancellationToken gone) => Ticks(() => new Seen(run.Database.Tip(), library.Find(run.Key)?.State ?? ""), (before, seen) =>
    {
        List<string> changed = [];
        LiveTip now = seen.Tip;
        if (now.Round != before?.Tip.Round) changed.Add("round");
        if (now.Revision != before?.Tip.Revision) changed.Add("revision");
        if (now.Proposal != before?.Tip.Proposal || now.Waiting != before?.Tip.Waiting) changed.Add("proposal");
        if (seen.State != before?.State) changed.Add("state");
        return ("run", new { changed, now.Round, now.Revision, now.Proposal, now.Waiting, seen.State });
    }, host, gone);

    /// <summary>What a run says of itself, and whether it goes on.</summary>
    private sealed record Seen(LiveTip Tip, string State);

    private static async IAsyncEnumerable<SseItem<object>> Ticks<T>(Func<T> look, Func<T?, T, (string Event, object Data)> tell, IHostApplicationLifetime host, [EnumeratorCancellation] CancellationToken gone)
        where T : notnull
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(gone, host.ApplicationStopping);
        T seen = look();
        // The first event says where the stream begins: a page that is older than it asks for itself again.
        yield return new SseItem<object>(tell(default, seen).Data, "hello");
        for (int silent = 0; !end.IsCancellationRequested;)
        {
            try
            {
                await Task.Delay(Every, end.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                yield break;
            }

            T now = look();
            if (!now.Equals(seen))
            {
                (string name, object data) = tell(seen, now);
                yield return new SseItem<object>(data, name);
                (seen, silent) = (now, 0);
            }
            else if (++silent == SilentTicks)
            {
                // Keeps connections open and lets the server notice that a reader has gone.
                yield return new SseItem<object>(new { }, "still");
                silent = 0;
            }
        }
    }
}
