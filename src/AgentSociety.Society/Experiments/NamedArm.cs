using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>Arms that go by a name: what readers have of a culture, and the controls beside it.</summary>
public enum NamedArm
{
    /// <summary>No notes: every look finds nothing and every note is lost.</summary>
    NoNotes,

    /// <summary>Each agent has a notebook of its own, with the same tools. Against <c>shared</c>: what sharing gives.</summary>
    Private,

    /// <summary>One scratchpad for all.</summary>
    Shared,

    /// <summary>Shared, and never read: what writing alone costs and gives.</summary>
    Unread,

    /// <summary>Notes of another world's society, as many as it had by the same round; <c>notesFrom</c> names its arm. Against <c>shared</c>: what the content gives.</summary>
    Placebo,

    /// <summary>The notes as they were <c>culture.staleRounds</c> ago.</summary>
    Stale,

    /// <summary>The notes as they were after <c>culture.frozenRound</c>.</summary>
    Frozen,

    /// <summary>The names of pages and no bodies.</summary>
    Titles,

    /// <summary>Raw transcripts found by search, and no notes. Against <c>shared</c>: what writing a book gives over keeping logs.</summary>
    Episodes,

    /// <summary>Each body under the name of another page.</summary>
    Shuffled,

    /// <summary>A half of the pages.</summary>
    Half,

    /// <summary>What is true in place of what was written. Against <c>shared</c>: the headroom.</summary>
    Oracle,

    /// <summary>From the middle of the run on nothing that was written before can be read: how far the score falls was in text, and what is left in weights.</summary>
    Wipe,

    /// <summary>Nobody dies: one long life with the experience of all generations together.</summary>
    SingleLifetime,
}

/// <summary>What named arms change of the base scenario.</summary>
internal static class NamedArms
{
    /// <summary>The changes of an arm, as <c>key=value</c>; the arm's own <c>set</c> comes after them.</summary>
    /// <param name="arm">The arm.</param>
    /// <param name="scenario">The base with the changes of all arms, for arms that depend on its length.</param>
    public static IReadOnlyList<string> Changes(NamedArm arm, Scenario scenario) => arm switch
    {
        NamedArm.NoNotes => ["culture.sharing=off"],
        NamedArm.Private => ["culture.sharing=private"],
        NamedArm.Shared => ["culture.sharing=shared"],
        NamedArm.Placebo => ["culture.sharing=shared", "culture.shown=placebo", "culture.placeboInStep=true"],
        NamedArm.Wipe => ["culture.sharing=shared", FormattableString.Invariant($"generations.wipeScratchpadAtRound={(scenario.SelfPlay.Rounds / 2) + 1}")],
        NamedArm.SingleLifetime => ["generations.everyRounds=0"],
        _ => ["culture.sharing=shared", $"culture.shown={SettingKeys.NameOf(arm)}"],
    };
}
