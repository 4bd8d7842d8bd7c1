using AgentSociety.Core;
using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

public sealed class RulesTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    private Scratchpad Ruled(EditRules rules) => new(_society.Database, rules: rules);

    [Fact]
    public void A_page_may_not_outgrow_its_limit_and_an_author_its_rate()
    {
        using Scratchpad ruled = Ruled(new EditRules { MaximumPageSize = 20, MaximumEditsPerRound = 2 });
        Assert.Contains("20 are allowed", Assert.IsType<EditResult.Rejected>(ruled.Commit([_society.Request(EditKind.Append, "notes/a", new string('x', 30))])[0]).Reason);
        IReadOnlyList<EditResult> results = ruled.Commit([.. Enumerable.Range(0, 3).Select(edit => _society.Request(EditKind.Append, $"notes/{edit}", "x"))]);
        Assert.Equal([true, true, false], results.Select(result => result is EditResult.Saved));
        Assert.IsType<EditResult.Saved>(ruled.Commit([_society.Request(EditKind.Append, "notes/3", "x", round: 2)])[0]);
    }

    [Fact]
    public void An_edit_that_guts_a_page_waits_and_can_be_accepted()
    {
        using Scratchpad ruled = Ruled(new EditRules { ShrinkGate = Gate.Review });
        string start = Assert.IsType<EditResult.Saved>(ruled.Commit([_society.Request(EditKind.Replace, "notes/a", "one\ntwo\nthree\nfour")])[0]).Revision;
        EditResult.Proposed waits = Assert.IsType<EditResult.Proposed>(ruled.Commit([_society.Request(EditKind.Replace, "notes/a", "1", start)])[0]);
        Assert.Contains("removes", waits.Reason);
        Assert.StartsWith("one", ruled.Snapshot().Read("notes/a")!.Body);
        Assert.Equal(waits.Proposal, Assert.Single(ruled.Proposals()).Number);
        Assert.IsType<EditResult.Saved>(ruled.Decide(waits.Proposal, true, "person", "fine"));
        Assert.Equal("1\n", ruled.Snapshot().Read("notes/a")!.Body);
        Assert.Empty(ruled.Proposals());
        Assert.Throws<SocietyException>(() => ruled.Decide(waits.Proposal, true, "person", "again"));
    }

    [Fact]
    public void The_longest_prefix_decides_the_gate_and_people_pass_it()
    {
        using Scratchpad ruled = Ruled(new EditRules { Gates = new Dictionary<string, Gate> { ["books/"] = Gate.Locked, ["books/open"] = Gate.Auto, ["skills/"] = Gate.Review } });
        EditResult One(string page, bool trusted = false) => ruled.Commit([_society.Request(EditKind.Append, page, "x") with { Trusted = trusted }])[0];
        Assert.IsType<EditResult.Rejected>(One("books/a"));
        Assert.IsType<EditResult.Saved>(One("books/open"));
        EditResult.Proposed waits = Assert.IsType<EditResult.Proposed>(One("skills/a"));
        Assert.IsType<EditResult.Saved>(One("skills/b", trusted: true));
        Assert.IsType<EditResult.Rejected>(ruled.Decide(waits.Proposal, false, "person", "no"));
        Assert.Null(ruled.Snapshot().Read("skills/a"));
    }

    [Fact]
    public void One_agents_edits_are_taken_back_and_others_stay()
    {
        _society.Edit(EditKind.Append, "notes/a", "good", author: "solver-1");
        _society.Edit(EditKind.Append, "notes/a", "spam", author: "solver-2");
        _society.Edit(EditKind.Append, "notes/a", "better", author: "solver-1");
        _society.Edit(EditKind.Append, "notes/b", "spam", author: "solver-2");
        IReadOnlyDictionary<string, EditResult> results = _society.Scratchpad.RevertAuthor("solver-2", 0, "person", 2, "spam");
        Assert.True(results["notes/b"] is EditResult.Saved);
        Assert.Null(_society.Scratchpad.Snapshot().Read("notes/b"));
        // "spam" stands between lines of another author, which touch it: the page is reported or cleaned, never damaged.
        string body = _society.Scratchpad.Snapshot().Read("notes/a")!.Body;
        Assert.Contains("good\n", body);
        Assert.Contains("better\n", body);
        Assert.Equal(results["notes/a"] is EditResult.Conflict, body.Contains("spam"));
    }
}
