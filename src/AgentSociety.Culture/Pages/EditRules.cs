using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture;

/// <summary>Why an edit was refused.</summary>
public enum EditRule
{
    /// <summary>The name or the text cannot be stored.</summary>
    Form,

    /// <summary>The key was used before, by another edit.</summary>
    Key,

    /// <summary>The base is no revision of the page, or none was named where the page must be read first.</summary>
    Base,

    /// <summary>The page would be too large.</summary>
    Size,

    /// <summary>The author has made its edits of the round.</summary>
    Rate,

    /// <summary>The author has begun its pages.</summary>
    Quota,

    /// <summary>The page is locked, or the edit removes too much.</summary>
    Gate,

    /// <summary>The page is in somebody else's notebook.</summary>
    Notebook,

    /// <summary>It says what is there already.</summary>
    Duplicate,

    /// <summary>It was proposed, and somebody or the rollouts decided against it.</summary>
    Decision,

    /// <summary>It was proposed, and was decided before.</summary>
    Decided,
}

/// <summary>Hard rules that every edit passes, in one order, before it is saved: what is asked of agents in a prompt they ignore.</summary>
/// <remarks>
/// Form, size, notebook, rate, quota, gate, reading, duplicates, review, admission: the first that holds an edit decides. Requests that are
/// trusted, such as a person's, meet the form and the size only.
/// </remarks>
public sealed record EditRules
{
    /// <summary>Characters of the largest page.</summary>
    public int MaximumPageSize { get; init; } = 100_000;

    /// <summary>Edits that one author may make in a round, saved or waiting for a decision.</summary>
    public int MaximumEditsPerRound { get; init; } = int.MaxValue;

    /// <summary>Pages that one author may begin.</summary>
    public int MaximumPagesPerAuthor { get; init; } = int.MaxValue;

    /// <summary>Share of the lines that its editor had read which one edit may remove before it is an alarm: rewriting is what destroys notes.</summary>
    public double LargestShrink { get; init; } = 0.5;

    /// <summary>What becomes of an edit that removes more than that.</summary>
    public Gate ShrinkGate { get; init; } = Gate.Auto;

    /// <summary>Gates by prefix of the page's name and role; <see cref="Gate.Auto"/> where none matches.</summary>
    public IReadOnlyList<GateSettings> Gates { get; init; } = [];

    /// <summary>How far authors may write under <c>agents/NAME/</c> of another; notebooks of groups and eras, <c>agents/group-1/</c>, are nobody's, and an agent's is its heirs' (<c>solver-3.2</c>).</summary>
    public Gate ForeignNotebooks { get; init; } = Gate.Auto;

    /// <summary>How an edit becomes part of the culture.</summary>
    public AdmissionRule Admission { get; init; } = AdmissionRule.Accept;

    /// <summary>True where a page that stands is edited only by who names a revision of it, as one learns by reading it: lines that are appended and new sections too, which meet any head.</summary>
    public bool ReadFirst { get; init; }

    /// <summary>Where a line that says what is already there is looked for.</summary>
    public DuplicateSearch Duplicates { get; init; } = DuplicateSearch.Off;

    /// <summary>Similarity from which on two lines say the same.</summary>
    public double DuplicateSimilarity { get; init; } = 0.8;

    /// <summary>The rules that a scenario sets.</summary>
    public static EditRules From(CultureSettings settings) => new()
    {
        MaximumPageSize = settings.MaximumPageSize,
        MaximumEditsPerRound = settings.MaximumEditsPerRound == 0 ? int.MaxValue : settings.MaximumEditsPerRound,
        MaximumPagesPerAuthor = settings.MaximumPagesPerAgent == 0 ? int.MaxValue : settings.MaximumPagesPerAgent,
        LargestShrink = settings.LargestShrink,
        ShrinkGate = settings.ShrinkGate,
        Gates = settings.Gates,
        ForeignNotebooks = settings.ForeignNotebooks,
        Admission = settings.Admission,
        ReadFirst = settings.ReadFirst,
        Duplicates = settings.Duplicates,
        DuplicateSimilarity = settings.DuplicateSimilarity,
    };

    /// <summary>The gate of a page for a role: the longest matching prefix holds, and of two as long the one that names the role.</summary>
    /// <remarks>A prefix is looked for at the start of the name and at the start of the name inside its notebook: <c>notes/</c> also means <c>agents/solver-1/notes/</c>.</remarks>
    public Gate GateOf(string page, Role? role)
    {
        string inside = PageName.InsideNotebook(page);
        return Gates.Where(gate => (gate.Role is null || gate.Role == role) && (page.StartsWith(gate.Prefix, StringComparison.Ordinal) || inside.StartsWith(gate.Prefix, StringComparison.Ordinal)))
            .OrderByDescending(gate => gate.Prefix.Length).ThenByDescending(gate => gate.Role is not null).Select(gate => gate.Gate).FirstOrDefault();
    }

    /// <summary>The gate of a page as somebody's notebook.</summary>
    internal Gate NotebookGate(string page, string author) =>
        PageName.Notebook(page) is not { } owner || owner == author || author.StartsWith($"{owner}.", StringComparison.Ordinal)
        || owner.StartsWith(PageName.GroupNotebook, StringComparison.Ordinal) || owner.StartsWith(PageName.EraNotebook, StringComparison.Ordinal) ? Gate.Auto : ForeignNotebooks;
}
