namespace AgentSociety.Culture;

/// <summary>A culture in numbers, each with its interval where it is an estimate. What has no observations is null.</summary>
public sealed record CultureMetrics
{
    /// <summary>The last round that is known.</summary>
    public required int Round { get; init; }

    /// <summary>Pages that are not deleted.</summary>
    public required long Pages { get; init; }

    /// <summary>Pages whose lines were followed; fewer than there were where that would have taken too long.</summary>
    public required long PagesFollowed { get; init; }

    /// <summary>Adoption: of solvers' attempts in the window, the share that read a note which another agent had written.</summary>
    public Estimate? Adoption { get; init; }

    /// <summary>Adoption per revision: of the revisions of the episodes that are looked through, the share that another agent read before the next one stood in its place.</summary>
    public Estimate? AdoptedRevisions { get; init; }

    /// <summary>Agents other than the author who read a revision; mean over the same revisions.</summary>
    public Estimate? ReadersOfRevision { get; init; }

    /// <summary>Of the pages there are, the share that is cited by an agent who never wrote on them.</summary>
    public Estimate? CitedPages { get; init; }

    /// <summary>Distinct agents who cite a page without having written on it; mean over the pages that are cited so.</summary>
    public Estimate? CitingAgents { get; init; }

    /// <summary>Rounds until a line is taken away.</summary>
    public Survival? LineLife { get; init; }

    /// <summary>Rounds from a page's first reading to its last; a page counts as out of use when nobody read it for as long as the window.</summary>
    public Survival? UseLife { get; init; }

    /// <summary>How notes descend from notes.</summary>
    public Lineage? Lineage { get; init; }

    /// <summary>Hill number of order 1 over claims: lines that are one claim have one <see cref="LineSimilarity.Form"/>.</summary>
    public Estimate? Diversity { get; init; }

    /// <summary>Share of the standing lines that say what another standing line says.</summary>
    public Estimate? DuplicateShare { get; init; }

    /// <summary>Gini's coefficient over authors of their standing lines.</summary>
    public Estimate? AuthorshipGini { get; init; }

    /// <summary>Of the standing lines that state a fact of the world, the share that is true; where the environment can judge it.</summary>
    public Estimate? Fidelity { get; init; }

    /// <summary>Of the facts of the world, the share that stands on the page where it is looked up, in any notebook.</summary>
    public Estimate? Coverage { get; init; }

    /// <summary>Reproduction number of false claims in notes: how many further notes state it, by other agents who had read it there; mean over false statements. Below 1, errors die out.</summary>
    public Estimate? ErrorReproduction { get; init; }

    /// <summary>Failed attempts of other agents that read a false statement; mean over false statements.</summary>
    public Estimate? ErrorExposure { get; init; }

    /// <summary>Signs that the culture destroys itself.</summary>
    public required CollapseSigns Collapse { get; init; }
}

/// <summary>How notes descend from notes: a revision's parents are the revisions that its author read in the attempt that led to it.</summary>
/// <param name="Depth">Steps of the longest line of descent.</param>
/// <param name="MeanDepth">Steps of the longest line that ends in a revision; mean over those that have parents.</param>
/// <param name="Recombination">Of the revisions with parents, the share whose parents are of different authors.</param>
/// <param name="Branching">Children of a revision that has any; mean.</param>
public sealed record Lineage(int Depth, Estimate? MeanDepth, Estimate? Recombination, Estimate? Branching);

/// <summary>Signs that a culture destroys itself.</summary>
/// <param name="GuttingEdits">Edits of the window that removed more than half of their page.</param>
/// <param name="ReadingGain">Success of newborns who read minus that of newborns who did not, in the last held-out test of both.</param>
public sealed record CollapseSigns(long GuttingEdits, Estimate? ReadingGain)
{
    /// <summary>True where a page was gutted, or newborns do worse with the notes than without beyond chance.</summary>
    public bool Alarm => GuttingEdits > 0 || ReadingGain?.High < 0;
}

/// <summary>What the metrics look at. The limits bound the time that they take, whatever the run's size.</summary>
public sealed record MetricsScope
{
    /// <summary>Rounds, the last one included, that count as now.</summary>
    public int Window { get; init; } = 5;

    /// <summary>Revisions whose lines are followed: pages are drawn by a fixed hash of their number until these are spent.</summary>
    public int Revisions { get; init; } = 20_000;

    /// <summary>Episodes that are looked through, the newest first.</summary>
    public int Episodes { get; init; } = 20_000;

    /// <summary>Citations that are looked through, the newest first.</summary>
    public int Citations { get; init; } = 20_000;

    /// <summary>False statements that are followed.</summary>
    public int FalseStatements { get; init; } = 1_000;
}
