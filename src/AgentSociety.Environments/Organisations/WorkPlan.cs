using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Organisations;

/// <summary>The plan of a job as a page: a line for each part, who it is for, and whether it is done, ready or waits.</summary>
public static class WorkPlan
{
    /// <summary>The edit that brings the plan of the problem's job up to date with the notes; null where it is already so.</summary>
    /// <remarks>A part is done where its page states a result, true or not: a plan knows no more than the notes do.</remarks>
    public static NoteEdit? Of(IOrganisation organisation, Problem problem, INotes notes)
    {
        IReadOnlyList<WorkPart> parts = organisation.Plan(problem);
        Dictionary<string, string?> results = parts.ToDictionary(part => part.Problem.Text, part => Result(part, notes));
        string text = string.Join('\n', parts.Select(part => $"{part.Problem.Text} {part.Role}: {State(part, results)}"));
        string page = parts[0].Page + "-plan";
        NotePage? old = notes.Read(page);
        // A page that is kept ends its last line.
        return old?.Body.TrimEnd('\n') == text ? null : new() { Page = page, Kind = EditKind.Replace, Text = text, Comment = "bring the work plan up to date", BaseRevision = old?.Revision };
    }

    private static string State(WorkPart part, Dictionary<string, string?> results) => results[part.Problem.Text] is { } result ? $"done, {result}"
        : part.Needs is { } needs && results[needs] is null ? $"waits for {needs}"
        : "ready";

    // As tools read: the last line of the form.
    private static string? Result(WorkPart part, INotes notes) => notes.Read(part.Page)?.Body.Split('\n').Select(line => line.Trim(' ', '\r'))
        .LastOrDefault(line => line.StartsWith(part.Fact, StringComparison.Ordinal) && line.Length == part.Fact.Length + 1 && char.IsAsciiDigit(line[^1]))?[part.Fact.Length..];
}
