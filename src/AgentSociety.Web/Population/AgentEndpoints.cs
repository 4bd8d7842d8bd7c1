using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentSociety.Web;

/// <summary>The members of the population.</summary>
internal static class AgentEndpoints
{
    internal static void MapAgents(this IEndpointRouteBuilder app)
    {
        app.MapGet("/runs/{run}/agents", (RunLibrary library, string run) => new RazorComponentResult<AgentsPage>(new { Run = library.Open(run) }));
        // A slash that is escaped stays so in a route.
        app.MapGet("/runs/{run}/agents/{**agent}", (RunLibrary library, string run, string agent) => new RazorComponentResult<AgentPage>(new { Run = library.Open(run), Name = agent.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase) }));
    }
}
