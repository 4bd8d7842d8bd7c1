using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Microsoft.AspNetCore.Mvc;

namespace AgentSociety.Web;

/// <summary>The same things as JSON, for programs and for the charts.</summary>
internal static class ApiEndpoints
{
    private const int MostRows = 500;
    private const int MostCurves = 40;

    internal static void MapApi(this IEndpointRouteBuilder app)
    {
        RouteGroupBuilder api = app.MapGroup("/api");
        api.MapGet("/runs", (RunLibrary library, string? q, string? state, string? tag, int? limit, int? offset) =>
        {
            (IReadOnlyList<CataloguedRun> runs, int count) = library.List(new RunQuery { Text = q ?? "", State = state ?? "", Tag = tag ?? "", Limit = Rows(limit), Offset = Math.Max(0, offset ?? 0) });
            return new { count, runs };
        });
        api.MapGet("/series", (RunLibrary library, [FromQuery] string[] run, [FromQuery] string[] name, int? points) =>
        {
            if (run.Length > RunEndpoints.MostCompared || name.Length > MostCurves) throw new SocietyException($"one request asks for at most {RunEndpoints.MostCompared} runs and {MostCurves} curves; send several");
            return new
            {
                series = run.SelectMany(key => SeriesSource.Of(library.Open(key).Database, name, Math.Clamp(points ?? 600, 2, 5_000))
                    .Select(series => new { run = key, name = series.Name, points = series.Points.Select(point => point is { Low: { } low, High: { } high } ? (double[])[point.Round, point.Value, low, high] : [point.Round, point.Value]) })),
            };
        });
        RouteGroupBuilder one = api.MapGroup("/runs/{run}");
        one.MapGet("", (RunLibrary library, string run) => new { run = library.Find(run), counts = library.Open(run).Records.Counts(), tip = library.Open(run).Database.Tip(), checkpoints = library.Open(run).Records.Checkpoints() });
        one.MapGet("/series", (RunLibrary library, string run) => new { names = library.Open(run).Database.SeriesNames() });
        one.MapGet("/held-out", (RunLibrary library, string run) => library.Open(run).Records.HeldOut());
        one.MapGet("/problems", (RunLibrary library, string run, int? round, int? difficulty, int? limit, int? offset) =>
            library.Open(run).Database.Problems(new ProblemFilter { FromRound = round, ToRound = round, Difficulty = difficulty }, ProblemOrder.Newest, Rows(limit), Math.Max(0, offset ?? 0)));
        one.MapGet("/episodes", (RunLibrary library, HttpRequest request, string run, int? limit, long? before) => library.Open(run).Database.EpisodeList(SelfPlayEndpoints.Filter(request.Query), Rows(limit), before ?? long.MaxValue));
        one.MapGet("/answers", (RunLibrary library, HttpRequest request, string run, int? limit, long? before) => library.Open(run).Database.AnswerList(SelfPlayEndpoints.Answers(request.Query), Rows(limit), before ?? long.MaxValue));
        one.MapGet("/answers/{**answer}", (RunLibrary library, string run, string answer) => library.Open(run).Database.Answer(answer));
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
        one.MapGet("/became/{**page}", (RunLibrary library, string run, string page, int? limit) => library.Open(run).Database.WhatBecameOf(page, Rows(limit)));
        one.MapGet("/trained/{**episode}", (RunLibrary library, string run, string episode) => library.Open(run).Database.BatchesOf(episode));
        one.MapGet("/taught/{checkpoint}", (RunLibrary library, string run, string checkpoint, int? limit) => library.Open(run).Database.WhatTaught(checkpoint, Rows(limit)));
        one.MapGet("/batches/{number:long}", (RunLibrary library, string run, long number) => library.Open(run).Database.EpisodesOf(number));
        one.MapGet("/blame/{**page}", (RunLibrary library, string run, string page) => library.Open(run).Database.Blame(page).Select(line => new { line.Line, line.Revision.Author, line.Revision.Round, revision = line.Revision.Id }));
        one.MapGet("/reads/{**page}", (RunLibrary library, string run, string page, int? limit) => library.Open(run).Database.OutsideReadsOf(page, Rows(limit)));
        one.MapGet("/proposals", (RunLibrary library, string run, int? limit) => library.Open(run).Database.ProposalList(open: true, Rows(limit)));
        one.MapGet("/pages", (RunLibrary library, string run, string? prefix, string? after, int? limit) => library.Open(run).Database.PageList(prefix ?? "", Rows(limit), after ?? ""));
        one.MapGet("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, string? revision, int? round, string? author, string? role) =>
        {
            if (PageName.Fault(page) is { } none) return FaultPages.NotFound(none);
            OpenRun open = library.Open(run);
            NotePage? note = revision is not null ? open.Pages.ReadRevision(revision) : round is { } then ? open.Pages.ReadAsOf(page, then) : open.Pages.Read(page);
            if (note is not null && note.Name != page) return FaultPages.NotFound($"there is no page {page}");
            // Who says who it is reads as an agent of that name; the app's own pages, and people, do not.
            if (author is not null) open.Scratchpad.Record(author, ApiEditing.Played(role), page, note?.Revision);
            if (note is null) return FaultPages.NotFound($"there is no page {page}");
            context.Response.Headers.ETag = $"\"{note.Revision}\"";
            return context.Request.Headers.IfNoneMatch.Contains($"\"{note.Revision}\"") ? Results.StatusCode(StatusCodes.Status304NotModified) : Results.Json(note);
        });
        one.MapApiEditing();
    }

    private static int Rows(int? limit) => Math.Clamp(limit ?? 100, 1, MostRows);
}
