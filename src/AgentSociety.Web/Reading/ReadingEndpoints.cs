using AgentSociety.Culture;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentSociety.Web;

/// <summary>Everything of a scratchpad that can be read.</summary>
internal static class ReadingEndpoints
{
    internal static void MapReading(this IEndpointRouteBuilder app)
    {
        app.MapGet("/runs/{run}/scratchpad", (RunLibrary library, string run) => new RazorComponentResult<ScratchpadPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/changes", (RunLibrary library, string run) => new RazorComponentResult<ChangesPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/links", (RunLibrary library, string run) => new RazorComponentResult<LinksPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/proposals", (RunLibrary library, string run) => new RazorComponentResult<ProposalsPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/worth", (RunLibrary library, string run) => new RazorComponentResult<WorthPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/whole/{**book}", (RunLibrary library, string run, string book) => OfPage(book, () => new RazorComponentResult<BookPage>(new { Run = library.Open(run), Name = book })));
        app.MapGet("/runs/{run}/lessons/{checkpoint}", (RunLibrary library, string run, string checkpoint) => new RazorComponentResult<LessonsPage>(new { Run = library.Open(run), Checkpoint = checkpoint }));
        app.MapGet("/runs/{run}/pages/{**page}", (RunLibrary library, string run, string page, string? revision, int? round) =>
            OfPage(page, () => new RazorComponentResult<PagePage>(new { Run = library.Open(run), Name = page, Revision = revision, Round = round })));
        app.MapGet("/runs/{run}/history/{**page}", (RunLibrary library, string run, string page) => OfPage(page, () => new RazorComponentResult<HistoryPage>(new { Run = library.Open(run), Name = page })));
        app.MapGet("/runs/{run}/blame/{**page}", (RunLibrary library, string run, string page) => OfPage(page, () => new RazorComponentResult<BlamePage>(new { Run = library.Open(run), Name = page })));
        app.MapGet("/runs/{run}/diff/{**page}", (RunLibrary library, string run, string page, string? from, string to, string? view) => OfPage(page, () =>
        {
            OpenRun open = library.Open(run);
            // Without an older revision the diff is what the revision itself changed.
            string? older = from ?? open.Pages.Revision(to).Parent;
            return new RazorComponentResult<DiffPage>(new { Run = open, Name = page, From = older, To = to, SideBySide = view == "side" });
        }));
    }

    /// <summary>What is no name of a page is no page: said before anything reads it.</summary>
    private static IResult OfPage(string page, Func<IResult> show) => PageName.Fault(page) is { } fault ? FaultPages.NotFound(fault) : show();
}
