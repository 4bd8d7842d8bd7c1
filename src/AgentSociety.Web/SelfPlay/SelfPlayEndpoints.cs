using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AgentSociety.Web;

/// <summary>Problems, attempts and transcripts.</summary>
internal static class SelfPlayEndpoints
{
    internal static void MapSelfPlay(this IEndpointRouteBuilder app)
    {
        app.MapGet("/runs/{run}/problems", (RunLibrary library, string run) => new RazorComponentResult<ProblemsPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/problems/{**problem}", (RunLibrary library, string run, string problem) => new RazorComponentResult<ProblemPage>(new { Run = library.Open(run), Id = problem }));
        app.MapGet("/runs/{run}/episodes", (RunLibrary library, string run) => new RazorComponentResult<EpisodesPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/episodes/{**episode}", (RunLibrary library, string run, string episode) => new RazorComponentResult<EpisodePage>(new { Run = library.Open(run), Id = episode }));
        app.MapGet("/runs/{run}/answers", (RunLibrary library, string run) => new RazorComponentResult<AnswersPage>(new { Run = library.Open(run) }));
        app.MapGet("/runs/{run}/answers/{**answer}", (RunLibrary library, string run, string answer) => new RazorComponentResult<AnswerPage>(new { Run = library.Open(run), Id = answer }));
    }

    /// <summary>The filter that a query asks for; values that mean nothing do not restrict.</summary>
    internal static EpisodeFilter Filter(IQueryCollection query) => new()
    {
        FromRound = Whole(query, "from") ?? Whole(query, "round"),
        ToRound = Whole(query, "to") ?? Whole(query, "round"),
        Agent = Text(query, "agent"),
        Role = Enum.TryParse(query["role"], ignoreCase: true, out Role role) && Enum.IsDefined(role) ? role : null,
        Outcome = query["verdict"] == "lucky" ? Outcome.Correct : Enum.TryParse(query["verdict"], ignoreCase: true, out Outcome outcome) && Enum.IsDefined(outcome) ? outcome : null,
        Sound = query["verdict"] == "lucky" ? false : null,
        Problem = Text(query, "problem"),
    };

    /// <summary>The same for answers of tests.</summary>
    internal static AnswerFilter Answers(IQueryCollection query)
    {
        EpisodeFilter verdict = Filter(query);
        return new AnswerFilter
        {
            Round = Whole(query, "round"),
            Test = Text(query, "test"),
            Difficulty = Whole(query, "difficulty"),
            Reading = query["reading"].ToString() switch { "yes" => true, "no" => false, _ => null },
            Outcome = verdict.Outcome,
            Sound = verdict.Sound,
        };
    }

    internal static int? Whole(IQueryCollection query, string name) => int.TryParse(query[name], out int value) ? value : null;

    internal static string? Text(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } text ? text : null;
}
