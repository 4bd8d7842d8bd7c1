using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Microsoft.AspNetCore.Mvc;

namespace AgentSociety.Web;

/// <summary>The same things as JSON, for programs and for the charts.</summary>
/// <remarks>A page's revision is its ETag. A change names the revision that it was made on in <c>If-Match</c>, a new page says <c>If-None-Match: *</c>; without either it is refused. The rules and the errors are those of the scratchpad.</remarks>
internal static class ApiEndpoints
{
    private const int MostRows = 500;

    internal static void MapApi(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder api = app.MapGroup("/api");
        api.MapGet("/runs", (RunLibrary library, string? q, string? state, string? tag, int? limit, int? offset) =>
        {
            (IReadOnlyList<CataloguedRun> runs, int count) = library.List(new RunQuery { Text = q ?? "", State = state ?? "", Tag = tag ?? "", Limit = Rows(limit), Offset = Math.Max(0, offset ?? 0) });
            return new { count, runs };
        });
        api.MapGet("/series", (RunLibrary library, [FromQuery] string[] run, [FromQuery] string[] name, int? points) => new
        {
            series = run.Take(24).SelectMany(key => SeriesSource.Of(library.Open(key).Database, [.. name.Take(40)], Math.Clamp(points ?? 600, 2, 5_000))
                .Select(series => new { run = key, name = series.Name, points = series.Points.Select(point => point is { Low: { } low, High: { } high } ? (double[])[point.Round, point.Value, low, high] : [point.Round, point.Value]) })),
        });
        RouteGroupBuilder one = api.MapGroup("/runs/{run}");
        one.MapGet("", (RunLibrary library, string run) => new { run = library.Find(run), counts = library.Open(run).Records.Counts(), tip = library.Open(run).Database.Tip(), checkpoints = library.Open(run).Records.Checkpoints() });
        one.MapGet("/series", (RunLibrary library, string run) => new { names = library.Open(run).Database.SeriesNames() });
        one.MapGet("/held-out", (RunLibrary library, string run) => library.Open(run).Records.HeldOut());
        one.MapGet("/problems", (RunLibrary library, string run, int? round, int? difficulty, int? limit, int? offset) =>
            library.Open(run).Database.Problems(new ProblemFilter { FromRound = round, ToRound = round, Difficulty = difficulty }, ProblemOrder.Newest, Rows(limit), Math.Max(0, offset ?? 0)));
        one.MapGet("/episodes", (RunLibrary library, HttpRequest request, string run, int? limit, long? before) => library.Open(run).Database.EpisodeList(SelfPlayEndpoints.Filter(request.Query), Rows(limit), before ?? long.MaxValue));
        one.MapGet("/episodes/{**episode}", (RunLibrary library, string run, string episode) => library.Open(run).Database.Episode(episode));
        one.MapGet("/agents", (RunLibrary library, string run) => library.Open(run).Database.Agents());
        one.MapGet("/search", (RunLibrary library, string run, string? q, int? limit) => library.Open(run).Database.Search(q ?? "", Math.Min(Rows(limit), 50)).Select(hit => new
        {
            hit.Page,
            hit.Revision,
            hit.Score,
            hit.Snippet,
            address = Address.Page(run, hit.Page),
        }));
        one.MapGet("/changes", (RunLibrary library, string run, long? after, int? limit) => library.Open(run).Pages.Changes(after ?? 0, Rows(limit)));
        one.MapGet("/links", (RunLibrary library, string run, int? pages) =>
        {
            LinkGraph graph = library.Open(run).Database.LinkGraph(Math.Clamp(pages ?? 200, 1, 1_000));
            return new { pages = graph.Pages.Select(page => new { page.Name, page.Inward, page.Outward, address = Address.Page(run, page.Name) }), links = graph.Links.Select(link => (int[])[link.From, link.To]), graph.AllPages };
        });
        one.MapGet("/history/{**page}", (RunLibrary library, string run, string page, long? before, int? limit) => library.Open(run).Pages.History(page, Rows(limit), before ?? long.MaxValue));
        one.MapGet("/adoption/{**page}", (RunLibrary library, string run, string page) => library.Open(run).Database.AdoptionOf(page).Values.OrderBy(adoption => adoption.Revision));
        one.MapGet("/blame/{**page}", (RunLibrary library, string run, string page) => library.Open(run).Database.Blame(page).Select(line => new { line.Line, line.Revision.Author, line.Revision.Round, revision = line.Revision.Id }));
        one.MapGet("/proposals", (RunLibrary library, string run, int? limit) => library.Open(run).Database.ProposalList(open: true, Rows(limit)));
        one.MapGet("/pages", (RunLibrary library, string run, string? prefix, string? after, int? limit) => library.Open(run).Database.PageList(prefix ?? "", Rows(limit), after ?? ""));
        one.MapGet("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, string? revision, int? round) =>
        {
            OpenRun open = library.Open(run);
            NotePage? note = revision is not null ? open.Pages.ReadRevision(revision) : round is { } then ? open.Pages.ReadAsOf(page, then) : open.Pages.Read(page);
            if (note is null || note.Name != page) return FaultPages.NotFound($"there is no page {page}");
            context.Response.Headers.ETag = $"\"{note.Revision}\"";
            return context.Request.Headers.IfNoneMatch.Contains($"\"{note.Revision}\"") ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Json(note);
        });
        one.MapPut("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, ApiEdit edit) =>
        {
            if (!Expected(context.Request, out string? start)) return Unconditional();
            OpenRun open = library.Open(run);
            Draft draft = new(page, edit.Body ?? "", start, edit.Comment ?? "", Author(edit.Author), edit.Key is { Length: > 0 and <= 200 } key ? key : EditingEndpoints.NewKey());
            return Told(context, EditingEndpoints.Commit(open, draft, edit.OnConflict ?? OnConflict.Merge));
        });
        one.MapDelete("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, string? author, string? comment) =>
        {
            if (!Expected(context.Request, out string? start) || start is null) return Unconditional();
            OpenRun open = library.Open(run);
            NotePage head = open.Pages.Read(page) ?? throw new SocietyException($"there is no page {page}");
            return head.Revision != start ? Results.Json(new { error = "the page has moved on", theirs = head }, statusCode: StatusCodes.Status412PreconditionFailed)
                : Told(context, open.Edit(pad => pad.Delete(page, Author(author), open.RoundInPlay, comment ?? "")));
        });
    }

    /// <summary>What the caller believes the page to be; false where it says nothing.</summary>
    private static bool Expected(HttpRequest request, out string? revision)
    {
        revision = request.Headers.IfMatch.ToString().Trim('"') is { Length: > 0 } match ? match : null;
        return revision is not null || request.Headers.IfNoneMatch == "*";
    }

    private static IResult Unconditional() => Results.Json(new { error = "say which revision the change was made on in If-Match, or If-None-Match: * for a new page" }, statusCode: StatusCodes.Status428PreconditionRequired);

    private static IResult Told(HttpContext context, EditResult result)
    {
        string? revision = result switch { EditResult.Saved saved => saved.Revision, EditResult.Unchanged same => same.Revision, _ => null };
        if (revision is not null) context.Response.Headers.ETag = $"\"{revision}\"";
        return result switch
        {
            EditResult.Saved saved => Results.Json(new { outcome = saved.Merged ? "merged" : "saved", saved.Revision }),
            EditResult.Unchanged same => Results.Json(new { outcome = "unchanged", same.Revision }),
            EditResult.Proposed proposed => Results.Json(new { outcome = "proposed", proposed.Proposal, proposed.Reason }, statusCode: StatusCodes.Status202Accepted),
            EditResult.Conflict conflict => Results.Json(new { outcome = "conflict", error = "somebody else changed the same lines first", conflict.Base, conflict.Theirs, conflict.Mine, conflict.Attempt }, statusCode: StatusCodes.Status412PreconditionFailed),
            EditResult.Rejected rejected => Results.Json(new { outcome = "rejected", error = rejected.Reason }, statusCode: StatusCodes.Status422UnprocessableEntity),
            _ => throw new InvalidOperationException(result.ToString()),
        };
    }

    private static string Author(string? author) => author is { Length: > 0 and <= 60 } && !author.Any(char.IsControl) ? author : "person";

    private static int Rows(int? limit) => Math.Clamp(limit ?? 100, 1, MostRows);
}

/// <summary>An edit as it comes in by the JSON interface.</summary>
internal sealed record ApiEdit
{
    /// <summary>The new body, Markdown.</summary>
    public string? Body { get; init; }

    /// <summary>Why.</summary>
    public string? Comment { get; init; }

    /// <summary>Who.</summary>
    public string? Author { get; init; }

    /// <summary>What makes a second sending harmless.</summary>
    public string? Key { get; init; }

    /// <summary>What to do where the page has moved on: <c>merge</c>, <c>fail</c> or <c>propose</c>.</summary>
    public OnConflict? OnConflict { get; init; }
}
