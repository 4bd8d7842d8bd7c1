using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>Books that the population's authors compile from the pages that served readers best.</summary>
public sealed record BookSettings
{
    /// <summary>Rounds from one edition to the next; 0 for no books. Needs an agent of role <c>author</c>; each writes <c>books/NAME</c>.</summary>
    [Range(0, 1_000_000)]
    public int EveryRounds { get; init; }

    /// <summary>Chapters of a book at most.</summary>
    [Range(1, 1_000)]
    public int Chapters { get; init; } = 8;

    /// <summary>True to give newborns the authors' books as reading, beside <c>culture.readingList</c>: they read these and no other page.</summary>
    public bool Assigned { get; init; }
}
