using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AgentSociety.Web;

/// <summary>The list of runs, a run at a glance, and runs side by side.</summary>
internal static class RunEndpoints
{
    /// <summary>Runs that are compared at once, at most.</summary>
    internal const int MostCompared = 24;

    internal static void MapRuns(this IEndpointRouteBuilder app)
    {
        app.MapGet("/", async (RunLibrary library) =>
        {
            // The very first look at a large directory goes on while the page shows what is known so far.
            await Task.WhenAny(library.Scanned, Task.Delay(300)).ConfigureAwait(false);
            return library.IsSingleRun ? Results.Redirect(Address.Run(Path.GetFileName(library.Root))) : new RazorComponentResult<RunsPage>();
        });
        app.MapGet("/runs", () => Results.Redirect("/"));
        app.MapGet("/compare", (RunLibrary library, [FromQuery] string[] run) =>
        {
            string[] asked = [.. run.Distinct()];
            return new RazorComponentResult<ComparePage>(new { Runs = asked.Take(MostCompared).Select(library.Open).ToArray(), LeftOut = Math.Max(0, asked.Length - MostCompared) });
        });
        app.MapGet("/runs/{run}", (RunLibrary library, string run) => new RazorComponentResult<RunPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/configuration", (RunLibrary library, string run) => new RazorComponentResult<ConfigurationPage>(new { Run = library.Open(run) }));
        app.MapPost("/runs/{run}/label", (RunLibrary library, string run, [FromForm] string? name, [FromForm] string? tags) =>
        {
            library.Label(run, name ?? "", tags ?? "");
            return Results.LocalRedirect("/");
        });
        app.MapPost("/runs/{run}/delete", (RunLibrary library, string run, [FromForm] string sure) =>
        {
            library.Delete(run);
            return Results.LocalRedirect($"/?deleted={Uri.EscapeDataString(run)}");
        });
        app.MapPost("/runs/{run}/undelete", (RunLibrary library, string run, [FromForm] string sure) =>
        {
            library.Undelete(run);
            return Results.LocalRedirect("/");
        });
    }
}
