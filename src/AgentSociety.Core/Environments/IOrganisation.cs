namespace AgentSociety.Core.Environments;

/// <summary>An environment whose problems are the parts of jobs that no one does alone: what one part hands on, another needs.</summary>
/// <remarks>
/// Optional, and for showing and planning only: a part is played, verified and recorded as any problem is, and what it hands on goes through notes.
/// </remarks>
public interface IOrganisation
{
    /// <summary>The roles that parts are made for.</summary>
    IReadOnlyList<string> Roles { get; }

    /// <summary>The parts of the job that this problem belongs to, in an order in which they can be done.</summary>
    IReadOnlyList<WorkPart> Plan(Problem problem);
}

/// <summary>One part of a job.</summary>
public sealed record WorkPart
{
    /// <summary>The part as a problem.</summary>
    public required Problem Problem { get; init; }

    /// <summary>Who it is for; one of <see cref="IOrganisation.Roles"/>.</summary>
    public required string Role { get; init; }

    /// <summary>Text of the problem whose result it needs; null where it needs none.</summary>
    public required string? Needs { get; init; }

    /// <summary>The page on which its result is handed on.</summary>
    public required string Page { get; init; }

    /// <summary>How the line of the page begins that hands its result on.</summary>
    public required string Fact { get; init; }
}
