using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;

namespace AgentSociety.Kernel.Tests;

public sealed class ScratchpadToolsTests
{
    [Fact]
    public async Task A_page_that_was_written_is_read_found_listed_and_has_a_history()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        EditReply written = await tools.Write("notes/tides", "The moon pulls.\nSee [[skills/tables]].\n", "first");
        await tools.Write("skills/tables", "Look it up.\n", "how");
        Assert.Equal(EditOutcome.Saved, written.Outcome);
        PageReply read = tools.Read("notes/tides");
        Assert.Equal((true, written.Revision, "The moon pulls.\nSee [[skills/tables]].\n"), (read.Found, read.Revision, read.Body));
        Assert.Equal(["notes/tides"], tools.Read("skills/tables").Backlinks!);
        Assert.Equal("The **moon** pulls", tools.Search("moon").Hits.Single().Snippet.Split('.')[0]);
        Assert.Equal(["notes/tides", "skills/tables"], tools.List().Pages);
        PastRevision past = tools.History("notes/tides").Revisions.Single();
        Assert.Equal(("guest", 7, "first", RevisionKind.Edit), (past.Author, past.Round, past.Comment, past.Kind));
    }

    [Fact]
    public async Task What_an_agent_reads_is_recorded_with_its_revision_and_what_a_person_reads_is_not()
    {
        using SocietyFile file = new();
        ScratchpadTools agent = file.Tools("ann", role: Role.Solver), person = file.Tools("person", trusted: true);
        string first = (await agent.Write("notes/a", "one\n", "c")).Revision!, second = (await agent.Write("notes/a", "two\n", "c", first)).Revision!;
        agent.Read("notes/a");
        agent.Read("notes/a", first);
        agent.Read("notes/b");
        // Neither what is no page's name nor what is no revision of the page is a look at it, and a passage is replaced without one.
        agent.Read("nowhere");
        agent.Read("notes/b", first);
        await agent.Replace("notes/a", "two", "2", "c");
        person.Read("notes/a");
        IReadOnlyList<OutsideRead> reads = file.Database.OutsideReadsOf("notes/a");
        Assert.Equal([first, second], reads.Select(read => read.Revision));
        Assert.All(reads, read => Assert.Equal(("ann", Role.Solver, 7), (read.Agent, read.Role!.Value, read.Round)));
        Assert.Null(Assert.Single(file.Database.OutsideReadsOf("notes/b")).Revision);
        Assert.Equal(["notes/b", "notes/a", "notes/a"], file.Database.OutsideReadsBy("ann").Select(read => read.Page));
        Assert.Empty(file.Database.OutsideReadsBy("person"));
        Assert.Equal((2, 1), file.Database.UseOf("notes/a") is { } use ? (use.OutsideReads, use.OutsideReaders) : default);
    }

    [Fact]
    public async Task A_passage_is_replaced_where_it_stands_once_and_nowhere_else()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        await tools.Write("notes/a", "one\ntwo\ntwo three\n", "first");
        Assert.Contains("more than once", (await tools.Replace("notes/a", "two", "2", "x")).Reason, StringComparison.Ordinal);
        Assert.Contains("does not stand", (await tools.Replace("notes/a", "four", "4", "x")).Reason, StringComparison.Ordinal);
        Assert.Contains("empty", (await tools.Replace("notes/a", "", "4", "x")).Reason, StringComparison.Ordinal);
        Assert.Contains("no such page", (await tools.Replace("notes/b", "two", "2", "x")).Reason, StringComparison.Ordinal);
        Assert.Equal("one\ntwo\ntwo three\n", tools.Read("notes/a").Body);
        Assert.Equal(EditOutcome.Saved, (await tools.Replace("notes/a", "one\r\ntwo\r\n", "1\n", "x")).Outcome);
        Assert.Equal("1\ntwo three\n", tools.Read("notes/a").Body);
    }

    [Fact]
    public async Task Changes_of_other_lines_merge_and_changes_of_the_same_lines_come_back_with_base_theirs_and_mine()
    {
        using SocietyFile file = new();
        ScratchpadTools mine = file.Tools("me"), theirs = file.Tools("them");
        string start = (await mine.Write("notes/a", "one\ntwo\nthree\nfour\nfive\n", "first")).Revision!;
        await theirs.Replace("notes/a", "one", "ONE", "theirs", start);
        Assert.Equal(EditOutcome.Merged, (await mine.Replace("notes/a", "five", "FIVE", "mine", start)).Outcome);
        Assert.Equal("ONE\ntwo\nthree\nfour\nFIVE\n", mine.Read("notes/a").Body);
        EditReply conflict = await mine.Replace("notes/a", "one", "eins", "mine", start);
        Assert.Equal((EditOutcome.Conflict, "one\ntwo\nthree\nfour\nfive\n", "eins\ntwo\nthree\nfour\nfive\n", mine.Read("notes/a").Revision, "ONE\ntwo\nthree\nfour\nFIVE\n"),
            (conflict.Outcome, conflict.Base!.Body, conflict.Mine, conflict.Theirs!.Revision, conflict.Theirs.Body));
        Assert.Contains("eins", conflict.Attempt, StringComparison.Ordinal);
        Assert.Equal(EditOutcome.Conflict, (await file.Tools("them", onConflict: OnConflict.Fail).Write("notes/a", "x\n", "no base")).Outcome);
        EditReply waiting = await file.Tools("them", onConflict: OnConflict.Propose).Write("notes/a", "x\n", "late", start);
        Assert.Equal((EditOutcome.Proposed, waiting.Proposal), (waiting.Outcome, file.Scratchpad.Proposals().Single().Number));
    }

    [Fact]
    public async Task Gates_sizes_and_rates_hold_agents_and_a_person_meets_the_size_only()
    {
        using SocietyFile file = new(new EditRules
        {
            MaximumPageSize = 100,
            MaximumEditsPerRound = 3,
            Gates = [new GateSettings { Prefix = "books/", Gate = Gate.Locked, Role = Role.Solver }, new GateSettings { Prefix = "skills/" }],
        });
        ScratchpadTools agent = file.Tools("agent", role: Role.Solver), person = file.Tools("person", trusted: true);
        Assert.Equal(EditOutcome.Rejected, (await agent.Append("books/one", "x", "c")).Outcome);
        Assert.Equal(EditOutcome.Proposed, (await agent.Append("skills/one", "x", "c")).Outcome);
        Assert.Contains("100 are allowed", (await agent.Write("notes/big", new string('x', 200), "c")).Reason, StringComparison.Ordinal);
        Assert.Equal(EditOutcome.Saved, (await agent.Append("notes/1", "x", "c")).Outcome);
        Assert.Equal(EditOutcome.Unchanged, (await agent.Append("notes/1", "x", "c")).Outcome);
        Assert.Equal(EditOutcome.Saved, (await agent.Append("notes/2", "x", "c")).Outcome);
        Assert.Contains("3 edits in round 7", (await agent.Append("notes/3", "x", "c")).Reason, StringComparison.Ordinal);
        Assert.Equal(EditOutcome.Saved, (await person.Append("books/one", "x", "c")).Outcome);
        Assert.Equal(EditOutcome.Rejected, (await person.Write("notes/big", new string('x', 200), "c")).Outcome);
    }

    [Fact]
    public async Task Readers_that_are_agents_leave_remarks_in_a_books_margin_through_its_gate()
    {
        using SocietyFile file = new(new EditRules { ReadFirst = true, Gates = [new GateSettings { Prefix = "books/", Gate = Gate.Locked, Role = Role.Proposer }, new GateSettings { Prefix = "books/closed/", Gate = Gate.Review }] });
        ScratchpadTools reader = file.Tools("ann", role: Role.Solver), person = file.Tools("person", trusted: true);
        foreach (string book in (string[])["books/guide", "books/closed"]) await person.Write(book, new Book { Page = book, Title = "Guide", Chapters = [new("skills/chains", "Chains")] }.Compile(), "c");
        Assert.Equal(EditOutcome.Saved, (await reader.Remark("books/guide", "skills/chains", "step two\nis wrong")).Outcome);
        Assert.Equal(EditOutcome.Saved, (await file.Tools("bob").Remark("books/guide", "skills/chains", "it helped me")).Outcome);
        Assert.Equal([new MarginalNote("skills/chains", "step two is wrong"), new MarginalNote("skills/chains", "it helped me")], Book.Margin(new PageArchive(file.Database).Read("books/guide/margin")!));
        Assert.Equal(["ann", "bob"], file.Database.Blame("books/guide/margin").Select(line => line.Revision.Author));
        Assert.Equal(EditOutcome.Proposed, (await reader.Remark("books/closed", "skills/chains", "x")).Outcome);
        Assert.Equal((EditOutcome.Rejected, EditRule.Gate), await file.Tools("proposer-1", role: Role.Proposer).Remark("books/guide", "skills/chains", "x") is { } held ? (held.Outcome, held.Rule) : default);
        Assert.Contains("no chapter notes/none", (await reader.Remark("books/guide", "notes/none", "x")).Reason, StringComparison.Ordinal);
        Assert.Contains("no book books/none", (await reader.Remark("books/none", "skills/chains", "x")).Reason, StringComparison.Ordinal);
        Assert.Contains("no book books/guide/margin", (await reader.Remark("books/guide/margin", "skills/chains", "x")).Reason, StringComparison.Ordinal);
        foreach (string unfit in (string[])[" ", new string('x', Book.LongestRemark + 1)]) Assert.Equal(EditRule.Form, (await reader.Remark("books/guide", "skills/chains", unfit)).Rule);
    }

    [Fact]
    public async Task A_section_is_written_beside_another_one_without_conflict()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        string start = (await tools.Write("notes/a", "# Rules\nold rule\n# Facts\nold fact\n", "first")).Revision!;
        await tools.Write("notes/a", "new rule\n", "c", start, "Rules");
        Assert.Contains((await tools.Write("notes/a", "new fact\n", "c", start, "Facts")).Outcome, (EditOutcome[])[EditOutcome.Saved, EditOutcome.Merged]);
        Assert.Equal("# Rules\nnew rule\n# Facts\nnew fact\n", tools.Read("notes/a").Body!.Replace("\n\n", "\n", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("notes")]
    [InlineData("../etc/passwd")]
    [InlineData("notes/../x")]
    [InlineData("nowhere/x")]
    [InlineData("notes/<script>")]
    [InlineData("")]
    public async Task A_name_that_is_none_is_answered_with_the_reason(string name)
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        Assert.NotEmpty(tools.Read(name).Reason!);
        Assert.Equal(EditOutcome.Rejected, (await tools.Write(name, "x", "c")).Outcome);
        Assert.Equal(EditOutcome.Rejected, (await tools.Append(name, "x", "c")).Outcome);
        Assert.Empty(tools.History(name).Revisions);
        Assert.Empty(tools.List().Pages);
    }

    [Fact]
    public async Task Whoever_has_a_notebook_sees_and_writes_nothing_else()
    {
        using SocietyFile file = new();
        ScratchpadTools all = file.Tools(), own = file.Tools("ann", prefix: "agents/ann/");
        string secret = (await all.Write("notes/secret", "hidden words\n", "c")).Revision!;
        await all.Write("agents/annabel/x", "hidden words\n", "c");
        await own.Write("agents/ann/x", "open words, see [[notes/secret]]\n", "c");
        Assert.Equal(["agents/ann/x"], own.List().Pages);
        Assert.Equal(["agents/ann/x"], own.List("agents/").Pages);
        Assert.Empty(own.List("notes/").Pages);
        Assert.Equal(["agents/ann/x"], own.Search("words").Hits.Select(hit => hit.Page));
        Assert.Empty(own.Search("words", "notes/").Hits);
        Assert.False(own.Read("notes/secret").Found);
        Assert.False(own.Read("agents/ann/x", secret).Found);
        Assert.Empty(own.History("notes/secret").Revisions);
        Assert.Equal(EditOutcome.Rejected, (await own.Write("notes/secret", "mine now\n", "c", secret)).Outcome);
    }

    [Fact]
    public async Task Long_lists_come_in_pieces_and_old_revisions_can_be_read()
    {
        using SocietyFile file = new();
        ScratchpadTools tools = file.Tools();
        string first = (await tools.Write("notes/00", "old\n", "c")).Revision!;
        await tools.Write("notes/00", "new\n", "c", first);
        for (int page = 1; page < 7; page++) await tools.Append($"notes/{page:d2}", "x", "c");
        ListReply some = tools.List(limit: 4);
        Assert.Equal(["notes/00", "notes/01", "notes/02", "notes/03"], some.Pages);
        ListReply rest = tools.List(limit: 4, after: some.Next);
        Assert.Equal(["notes/04", "notes/05", "notes/06"], rest.Pages);
        Assert.Null(rest.Next);
        Assert.Equal("old\n", tools.Read("notes/00", first).Body);
        Assert.Contains("no revision of notes/01", tools.Read("notes/01", first).Reason, StringComparison.Ordinal);
        Assert.Contains("there is no revision", tools.Read("notes/01", "feed").Reason, StringComparison.Ordinal);
    }
}
