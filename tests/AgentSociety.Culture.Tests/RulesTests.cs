using System.Diagnostics;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using CsCheck;

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
    public void Edits_that_wait_count_in_the_rate_and_not_again_when_they_are_accepted()
    {
        using Scratchpad ruled = Ruled(new EditRules { MaximumEditsPerRound = 2, Gates = [new GateSettings { Prefix = "skills/", Gate = Gate.Review }] });
        EditResult One(string page) => ruled.Commit([_society.Request(EditKind.Append, page, "x")])[0];
        long first = Assert.IsType<EditResult.Proposed>(One("skills/a")).Proposal;
        Assert.IsType<EditResult.Saved>(ruled.Decide(first, true, "person", "", 1));
        Assert.IsType<EditResult.Proposed>(One("skills/b"));
        Assert.Equal(EditRule.Rate, Assert.IsType<EditResult.Rejected>(One("skills/c")).Rule);
        Assert.Single(ruled.Proposals());
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
        Assert.IsType<EditResult.Saved>(ruled.Decide(waits.Proposal, true, "person", "fine", 1));
        Assert.Equal("1\n", ruled.Snapshot().Read("notes/a")!.Body);
        Assert.Empty(ruled.Proposals());
        EditResult.Rejected late = Assert.IsType<EditResult.Rejected>(ruled.Decide(waits.Proposal, false, "another", "too late", 1));
        Assert.Equal(EditRule.Decided, late.Rule);
        Assert.Contains("person", late.Reason);
        Assert.Equal("1\n", ruled.Snapshot().Read("notes/a")!.Body);
        Assert.Throws<SocietyException>(() => ruled.Decide(waits.Proposal + 1, true, "person", "there is none", 1));
    }

    [Fact]
    public void A_page_that_is_rewritten_at_the_same_length_is_gutted_all_the_same_and_so_is_a_stale_one()
    {
        using Scratchpad ruled = Ruled(new EditRules { ShrinkGate = Gate.Locked });
        EditResult One(string text, string? start) => ruled.Commit([_society.Request(EditKind.Replace, "notes/a", text, start)])[0];
        string start = Assert.IsType<EditResult.Saved>(One("one\ntwo\nthree\nfour", null)).Revision;
        Assert.Contains("removes 75 %", Assert.IsType<EditResult.Rejected>(One("one\nxxx\nxxxxx\nxxxx\n", start)).Reason);
        Assert.IsType<EditResult.Saved>(One("one\n2\n3\nfour", start));
        // Measured against what its editor had read, not against the longer page that it meets.
        ruled.Commit([_society.Request(EditKind.Append, "notes/a", string.Concat(Enumerable.Range(0, 20).Select(line => $"line {line}\n")), author: "solver-2")]);
        Assert.Equal(EditRule.Gate, Assert.IsType<EditResult.Rejected>(One("one", start)).Rule);
    }

    [Fact]
    public void The_size_that_counts_is_that_of_the_page_after_the_merge()
    {
        using Scratchpad ruled = Ruled(new EditRules { MaximumPageSize = 30 });
        EditResult One(string text, string? start) => ruled.Commit([_society.Request(EditKind.Replace, "notes/a", text, start)])[0];
        string start = Assert.IsType<EditResult.Saved>(One("a\nb\nc\nd\n", null)).Revision;
        Assert.IsType<EditResult.Saved>(One($"{new string('x', 15)}\nb\nc\nd\n", start));
        Assert.Equal(EditRule.Size, Assert.IsType<EditResult.Rejected>(One($"a\nb\nc\n{new string('y', 15)}\n", start)).Rule);
        Assert.IsType<EditResult.Saved>(One("a\nb\nc\nfour\n", start));
    }

    [Fact]
    public void The_longest_prefix_decides_the_gate_and_people_pass_it()
    {
        using Scratchpad ruled = Ruled(new EditRules
        {
            Gates = [new GateSettings { Prefix = "books/", Gate = Gate.Locked }, new GateSettings { Prefix = "books/open", Gate = Gate.Auto }, new GateSettings { Prefix = "skills/", Gate = Gate.Review }],
        });
        EditResult One(string page, bool trusted = false) => ruled.Commit([_society.Request(EditKind.Append, page, "x") with { Trusted = trusted }])[0];
        Assert.IsType<EditResult.Rejected>(One("books/a"));
        Assert.IsType<EditResult.Saved>(One("books/open"));
        EditResult.Proposed waits = Assert.IsType<EditResult.Proposed>(One("skills/a"));
        Assert.IsType<EditResult.Saved>(One("skills/b", trusted: true));
        Assert.IsType<EditResult.Rejected>(ruled.Decide(waits.Proposal, false, "person", "no", 1));
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
        // "spam" stands between lines of another author, which touch it.
        Assert.IsType<EditResult.Saved>(results["notes/a"]);
        Assert.Equal("good\nbetter\n", _society.Scratchpad.Snapshot().Read("notes/a")!.Body);
    }

    [Fact]
    public void A_gate_may_hold_for_one_role_and_reaches_into_notebooks()
    {
        EditRules rules = new()
        {
            Gates =
            [
                new GateSettings { Prefix = "books/", Gate = Gate.Locked },
                new GateSettings { Prefix = "books/", Role = Role.Author, Gate = Gate.Auto },
                new GateSettings { Prefix = "notes/", Role = Role.Proposer, Gate = Gate.Review },
            ],
        };
        Assert.Equal(Gate.Locked, rules.GateOf("books/a", Role.Solver));
        Assert.Equal(Gate.Locked, rules.GateOf("books/a", null));
        Assert.Equal(Gate.Auto, rules.GateOf("books/a", Role.Author));
        Assert.Equal(Gate.Review, rules.GateOf("agents/proposer-1/notes/a", Role.Proposer));
        Assert.Equal(Gate.Auto, rules.GateOf("notes/a", Role.Solver));
        using Scratchpad ruled = Ruled(rules);
        Assert.Equal(EditRule.Gate, Assert.IsType<EditResult.Rejected>(ruled.Commit([_society.Request(EditKind.Append, "books/a", "x") with { Role = Role.Solver }])[0]).Rule);
        Assert.IsType<EditResult.Saved>(ruled.Commit([_society.Request(EditKind.Append, "books/a", "x") with { Role = Role.Author }])[0]);
    }

    [Fact]
    public void A_notebook_belongs_to_its_agent_and_a_groups_to_nobody()
    {
        using Scratchpad ruled = Ruled(new EditRules { ForeignNotebooks = Gate.Locked });
        EditResult One(string page) => ruled.Commit([_society.Request(EditKind.Append, page, "x", author: "solver-1")])[0];
        Assert.IsType<EditResult.Saved>(One("agents/solver-1/notes/a"));
        Assert.IsType<EditResult.Saved>(One("agents/group-2/notes/a"));
        Assert.Equal(EditRule.Notebook, Assert.IsType<EditResult.Rejected>(One("agents/solver-2/notes/a")).Rule);
        Assert.Equal(EditRule.Notebook, Assert.IsType<EditResult.Rejected>(One("agents/solver-2")).Rule);
    }

    [Fact]
    public void An_author_begins_no_more_pages_than_its_quota_and_goes_on_writing_on_them()
    {
        using Scratchpad ruled = Ruled(new EditRules { MaximumPagesPerAuthor = 2 });
        EditResult One(string page, string text) => ruled.Commit([_society.Request(EditKind.Append, page, text)])[0];
        Assert.IsType<EditResult.Saved>(One("notes/a", "x"));
        Assert.IsType<EditResult.Saved>(One("notes/b", "x"));
        Assert.Equal(EditRule.Quota, Assert.IsType<EditResult.Rejected>(One("notes/c", "x")).Rule);
        Assert.IsType<EditResult.Saved>(One("notes/a", "y"));
    }

    [Theory]
    [InlineData("- Always work from the right end.", "always work from the right end", true)]
    [InlineData("Work the chain from the right-hand end first", "Work the chains from the right-hand end first", true)]
    [InlineData("operator c maps 4 to 2", "operator c maps 4 to 3", false)]
    [InlineData("operator c maps its digit to two", "operator d maps its digit to two", false)]
    [InlineData("the right-hand rule is applied first", "the right-hand rule is not applied first", false)]
    [InlineData("c4=2", "c4=3", false)]
    [InlineData("c4=2", "`c4=2`", true)]
    [InlineData("# Rules", "# Rules", false)]
    [InlineData("| --- | :-: |", "| --- | :-: |", false)]
    public void Lines_that_say_the_same_are_told_from_lines_that_look_alike(string one, string other, bool same) =>
        Assert.Equal(same, LineSimilarity.SayTheSame(LineSimilarity.Form(one), LineSimilarity.Form(other), 0.8));

    [Fact]
    public void An_index_of_lines_finds_what_a_comparison_of_all_of_them_finds()
    {
        string[] words = ["chain", "the", "right", "end", "work", "from", "not", "4", "hand", "rules"];
        Gen<string> line = Gen.Int[0, words.Length - 1].Array[1, 6].Select(picks => string.Join(' ', picks.Select(pick => words[pick])) + "\n");
        Gen.Select(line.Array[0, 12], line, Gen.Double[0.3, 1]).Sample((lines, other, similarity) =>
            Assert.Equal(lines.FirstOrDefault(one => LineSimilarity.SayTheSame(LineSimilarity.Form(one), LineSimilarity.Form(other), similarity)), new LinesBySaying(lines, similarity).FirstSaying(other)), iter: 5_000);
    }

    [Fact]
    public void Thousands_of_new_lines_are_looked_for_on_large_pages_in_a_time_that_holds_up_nobody()
    {
        using Scratchpad ruled = Ruled(new EditRules { Duplicates = DuplicateSearch.Namespace });
        string Lines(int seed) => string.Concat(Enumerable.Range(0, 1_900).Select(line => $"the chain {new string(new Random((seed * 10_000) + line).GetItems("abcdefgh".ToCharArray(), 12))} is worked from its right end\n"));
        for (int page = 0; page < 3; page++) ruled.Commit([_society.Request(EditKind.Append, $"notes/{page}", Lines(page)) with { Trusted = true }]);
        Stopwatch watch = Stopwatch.StartNew();
        Assert.IsType<EditResult.Saved>(ruled.Commit([_society.Request(EditKind.Append, "notes/new", Lines(9))])[0]);
        // Compared in pairs these are eleven million comparisons.
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
        Assert.Equal(EditRule.Duplicate, Assert.IsType<EditResult.Rejected>(ruled.Commit([_society.Request(EditKind.Append, "notes/other", Lines(1)[^60..])])[0]).Rule);
    }

    [Fact]
    public void What_is_there_already_is_refused_by_name_before_it_is_written()
    {
        using Scratchpad ruled = Ruled(new EditRules { Duplicates = DuplicateSearch.Page });
        EditResult One(EditKind kind, string page, string text, string? start = null) => ruled.Commit([_society.Request(kind, page, text, start)])[0];
        string first = Assert.IsType<EditResult.Saved>(One(EditKind.Append, "notes/a", "Work the chain from the right-hand end first.\nc4=2")).Revision;
        EditResult.Rejected again = Assert.IsType<EditResult.Rejected>(One(EditKind.Append, "notes/a", "* work the chain from the right-hand end first"));
        Assert.Equal(EditRule.Duplicate, again.Rule);
        Assert.Contains("notes/a", again.Reason);
        Assert.IsType<EditResult.Saved>(One(EditKind.Append, "notes/a", "c4=3"));
        Assert.IsType<EditResult.Unchanged>(One(EditKind.Append, "notes/a", "c4=3"));
        string head = ruled.Snapshot().Read("notes/a")!.Revision;
        // A better wording in its place is no duplicate of what it replaces.
        Assert.IsType<EditResult.Saved>(One(EditKind.Replace, "notes/a", "Work the chains from the right-hand end first.\nc4=2\nc4=3", head));
        Assert.IsType<EditResult.Saved>(One(EditKind.Append, "notes/b", "work the chain from the right-hand end first"));
        Assert.NotEmpty(first);
    }

    [Fact]
    public void Duplicates_are_looked_for_across_a_namespace_also_within_one_commit()
    {
        using Scratchpad ruled = Ruled(new EditRules { Duplicates = DuplicateSearch.Namespace });
        EditResult One(string page, string text) => ruled.Commit([_society.Request(EditKind.Append, page, text)])[0];
        Assert.IsType<EditResult.Saved>(One("notes/a", "Work the chain from the right-hand end first."));
        Assert.Contains("notes/a", Assert.IsType<EditResult.Rejected>(One("notes/b", "work the chains from the right-hand end first")).Reason);
        Assert.IsType<EditResult.Saved>(One("skills/b", "work the chain from the right-hand end first"));
        Assert.IsType<EditResult.Saved>(One("agents/solver-1/notes/b", "work the chain from the right-hand end first"));
        IReadOnlyList<EditResult> both = ruled.Commit([_society.Request(EditKind.Append, "notes/c", "begin with the longest word"), _society.Request(EditKind.Append, "notes/d", "Begin with the longest word!")]);
        Assert.Equal([true, false], both.Select(result => result is EditResult.Saved));
    }

    [Fact]
    public void Lines_of_code_are_no_claims_and_may_stand_as_often_as_the_code_needs_them()
    {
        using Scratchpad ruled = Ruled(EditRules.From(new CultureSettings()));
        EditResult One(EditKind kind, string text, string? start = null) => ruled.Commit([_society.Request(kind, "skills/chains", text, start)])[0];
        string first = Assert.IsType<EditResult.Saved>(One(EditKind.Append, "```\nif (right) {\n  return next(value)\n}\n```\nBegin at the right-hand end.\n")).Revision;
        Assert.IsType<EditResult.Saved>(One(EditKind.Append, "```\nif (left) {\n    return next(value);\n  }\n```\n", first));
        // A scenario that says nothing of it refuses what the page says already.
        Assert.Equal(EditRule.Duplicate, Assert.IsType<EditResult.Rejected>(One(EditKind.Append, "- begin at the right-hand end", first)).Rule);
    }

    [Fact]
    public void A_refusal_is_recorded_with_its_rule()
    {
        using Scratchpad ruled = Ruled(new EditRules { MaximumEditsPerRound = 1 });
        EditRequest[] requests = [_society.Request(EditKind.Append, "notes/a", "x"), _society.Request(EditKind.Append, "notes/a", "y")];
        IReadOnlyList<EditResult> first = ruled.Commit(requests);
        Assert.Equal(EditRule.Rate, Assert.IsType<EditResult.Rejected>(first[1]).Rule);
        Assert.Equal(first, ruled.Commit(requests));
    }
}
