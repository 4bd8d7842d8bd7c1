using System.ComponentModel.DataAnnotations;
using AgentSociety.Core.Play;

namespace AgentSociety.Core.Scenarios;

/// <summary>The scratchpad's part in a run.</summary>
public sealed record CultureSettings
{
    /// <summary>Who reads and writes what.</summary>
    public Sharing Sharing { get; init; } = Sharing.Shared;

    /// <summary>Namespaces that all share whatever <c>sharing</c> says, such as <c>books</c>; nothing is shared where it is <c>off</c>.</summary>
    public IReadOnlyList<string> SharedNamespaces { get; init; } = [];

    /// <summary>How many groups the population falls into, where <c>sharing</c> is <c>groups</c>; agents are dealt out in turn, role by role.</summary>
    [Range(1, 10_000)]
    public int Groups { get; init; } = 2;

    /// <summary>Rounds between two migrations of notes among groups or along the ring; 0 for none.</summary>
    [Range(0, 1_000_000)]
    public int MigrateEveryRounds { get; init; } = 5;

    /// <summary>On each side, how many neighbouring groups (ring: agents) a migration takes notes from.</summary>
    [Range(1, 10_000)]
    public int Neighbours { get; init; } = 1;

    /// <summary>What readers are shown of the scratchpad that they may see.</summary>
    public NotesShown Shown { get; init; } = NotesShown.Live;

    /// <summary>How many rounds old what readers see is, where <c>shown</c> is <c>stale</c>.</summary>
    [Range(1, 1_000_000)]
    public int StaleRounds { get; init; } = 5;

    /// <summary>The round after which readers see nothing new, where <c>shown</c> is <c>frozen</c>.</summary>
    [Range(0, 1_000_000)]
    public int FrozenRound { get; init; } = 3;

    /// <summary>The database of another society, relative to the scenario file, where <c>shown</c> is <c>placebo</c>.</summary>
    public string? PlaceboDatabase { get; init; }

    /// <summary>True to show of that society what it had written by the same round, so that readers read about as much as those of their own notes; false for all that it wrote.</summary>
    public bool PlaceboInStep { get; init; }

    /// <summary>Most transcripts that a look-up finds, the newest first, where <c>shown</c> is <c>episodes</c>.</summary>
    [Range(1, 10_000)]
    public int EpisodesFound { get; init; } = 8;

    /// <summary>Pages that newborns read, in this order and no others, such as <c>books/first-steps</c>; a book stands for its chapters. Empty for all pages.</summary>
    public IReadOnlyList<string> ReadingList { get; init; } = [];

    /// <summary>What the population's authors compile.</summary>
    public BookSettings Books { get; init; } = new();

    /// <summary>True to show with each note how its author's attempts went so far.</summary>
    public bool AuthorRecord { get; init; }

    /// <summary>Probability with which each note that an attempt asks for is withheld, so that its worth can be measured; 0 for no experiment.</summary>
    [Range(0, 0.9)]
    public double WithholdingProbability { get; init; }

    /// <summary>How an agent's edit becomes part of the culture.</summary>
    public AdmissionRule Admission { get; init; } = AdmissionRule.Accept;

    /// <summary>Pairs of matched rollouts before a candidate is decided, where <c>admission</c> is <c>gate</c>.</summary>
    [Range(2, 1_000_000)]
    public int AdmissionMinimumPairs { get; init; } = 16;

    /// <summary>Pairs after which a candidate that has not been shown to help is rejected.</summary>
    [Range(2, 1_000_000)]
    public int AdmissionMaximumPairs { get; init; } = 256;

    /// <summary>Reward that a candidate must add to be admitted.</summary>
    [Range(-1, 1)]
    public double AdmissionUplift { get; init; }

    /// <summary>Probability with which a candidate that does not help is admitted all the same, however often it is looked at.</summary>
    [Range(0.0001, 0.5)]
    public double AdmissionError { get; init; } = 0.05;

    /// <summary>Pairs of matched rollouts that a round plays for all candidates together; those that waited longest come first.</summary>
    [Range(1, 1_000_000)]
    public int AdmissionPairsPerRound { get; init; } = 32;

    /// <summary>True to take away pages that were measured to harm: the whole interval of their uplift is below 0. Where <c>withholdingProbability</c> is above 0.</summary>
    public bool RetireHarmful { get; init; }

    /// <summary>True to list pages in the order of their measured uplift, the best first. Where <c>withholdingProbability</c> is above 0.</summary>
    public bool RankByWorth { get; init; }

    /// <summary>How far agents may write on their own, by namespace and role; the longest prefix holds, and of two as long the one that names the role.</summary>
    public IReadOnlyList<GateSettings> Gates { get; init; } = [];

    /// <summary>How the population's editors decide what waits for a review.</summary>
    public EditorSettings Editors { get; init; } = new();

    /// <summary>How far agents may write in notebooks of others.</summary>
    public Gate ForeignNotebooks { get; init; } = Gate.Locked;

    /// <summary>Characters of the largest page.</summary>
    [Range(1, 10_000_000)]
    public int MaximumPageSize { get; init; } = 100_000;

    /// <summary>Edits that one agent may make in a round, saved or waiting for a decision; 0 for any number.</summary>
    [Range(0, 1_000_000)]
    public int MaximumEditsPerRound { get; init; }

    /// <summary>Pages that one agent may begin in a run; 0 for any number.</summary>
    [Range(0, 1_000_000)]
    public int MaximumPagesPerAgent { get; init; }

    /// <summary>Share of a page that one edit may remove before it is an alarm: repeated rewriting destroys notes.</summary>
    [Range(0, 1)]
    public double LargestShrink { get; init; } = 0.5;

    /// <summary>What becomes of an edit that removes more than that.</summary>
    public Gate ShrinkGate { get; init; } = Gate.Auto;

    /// <summary>True to hold agents to reading a page that stands before they add to it: an edit names the revision that was read. Where <c>shown</c> is <c>live</c>.</summary>
    public bool ReadFirst { get; init; }

    /// <summary>Where a line that says what is already there is looked for before it is written.</summary>
    public DuplicateSearch Duplicates { get; init; } = DuplicateSearch.Page;

    /// <summary>Similarity of their shingles (Jaccard) from which on two lines say the same.</summary>
    [Range(0, 1)]
    public double DuplicateSimilarity { get; init; } = 0.8;

    /// <summary>True to keep an agent's note of a fact only where an experiment of the same attempt showed it: slips of the pen do not become knowledge.</summary>
    public bool RequireEvidence { get; init; } = true;

    /// <summary>Experiments that each solver may run in a round: each reveals one fact of the world.</summary>
    [Range(0, 100_000)]
    public int ExperimentsPerRound { get; init; } = 4;
}

/// <summary>Whose notes an agent can read.</summary>
public enum Sharing
{
    /// <summary>One scratchpad for all.</summary>
    Shared,

    /// <summary>Each agent has a notebook of its own, with the same tools.</summary>
    Private,

    /// <summary>No notes: every look finds nothing and every note is lost.</summary>
    Off,

    /// <summary>A scratchpad for each group; notes migrate between neighbouring groups.</summary>
    Groups,

    /// <summary>A notebook for each agent; notes migrate between neighbours on a ring, one step a migration.</summary>
    Ring,
}

/// <summary>What readers are shown of the notes that they may see: the arms of an experiment on what it is about notes that helps.</summary>
public enum NotesShown
{
    /// <summary>The notes as they are.</summary>
    Live,

    /// <summary>Nothing, while writing goes on: what it costs and gives to write alone.</summary>
    Unread,

    /// <summary>The notes of another society: the look of a culture without content that fits.</summary>
    Placebo,

    /// <summary>The notes as they were some rounds ago.</summary>
    Stale,

    /// <summary>The notes as they were at the end of one round.</summary>
    Frozen,

    /// <summary>The names of pages and no bodies.</summary>
    Titles,

    /// <summary>Raw transcripts found by search, and no notes: keeping logs rather than writing a book.</summary>
    Episodes,

    /// <summary>Each body under the name of another page of its namespace.</summary>
    Shuffled,

    /// <summary>A half of the pages, the same for all and drawn once.</summary>
    Half,

    /// <summary>What the environment knows to be true, where it can be written down: the headroom.</summary>
    Oracle,
}

/// <summary>How far agents may write on their own.</summary>
public enum Gate
{
    /// <summary>Edits are saved at once.</summary>
    Auto,

    /// <summary>Edits wait as proposals for a person or an editor agent.</summary>
    Review,

    /// <summary>Edits are refused.</summary>
    Locked,
}

/// <summary>How far agents may write on their own in a part of the scratchpad.</summary>
public sealed record GateSettings
{
    /// <summary>Beginning of the pages' names, such as <c>skills/</c>; also meant inside notebooks.</summary>
    [Required]
    public required string Prefix { get; init; }

    /// <summary>Whom it holds for; nothing for every role.</summary>
    public Role? Role { get; init; }

    /// <summary>How far.</summary>
    public Gate Gate { get; init; } = Gate.Review;
}

/// <summary>How an agent's edit becomes part of the culture.</summary>
public enum AdmissionRule
{
    /// <summary>At once.</summary>
    Accept,

    /// <summary>After matched rollouts with and without it showed that it helps.</summary>
    Gate,

    /// <summary>After a person or an editor agent accepted it.</summary>
    Review,
}

/// <summary>Where a line that says what is already there is looked for.</summary>
public enum DuplicateSearch
{
    /// <summary>Nowhere.</summary>
    Off,

    /// <summary>On the page that is edited.</summary>
    Page,

    /// <summary>On the pages of the same namespace and notebook that are most like the text.</summary>
    Namespace,
}
