using AgentSociety.Core.Culture;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture.Tests;

public sealed class EditingTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void A_page_is_created_changed_and_read()
    {
        string first = _society.Save("notes/a", "one");
        string second = _society.Save("notes/a", "two", first);
        Assert.Equal(new NotePage("notes/a", second, "two\n"), _society.Scratchpad.Snapshot().Read("notes/a"));
        Assert.Equal(new NotePage("notes/a", second, "two\n"), _society.Archive.Read("notes/a"));
        Assert.Equal("one\n", _society.Archive.ReadRevision(first).Body);
        Assert.Equal([second, first], _society.Archive.History("notes/a").Select(revision => revision.Id));
        Assert.Equal(first, _society.Archive.Revision(second).Parent);
    }

    [Fact]
    public void Appends_never_conflict_and_a_line_that_stands_there_is_left_alone()
    {
        Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Append, "notes/a", "c4=2"));
        Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Append, "notes/a", "c5=7", author: "solver-2"));
        Assert.IsType<EditResult.Unchanged>(_society.Edit(EditKind.Append, "notes/a", "c4=2", author: "solver-2"));
        Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Append, "notes/a", "4=2"));
        Assert.Equal("c4=2\nc5=7\n4=2\n", _society.Archive.Read("notes/a")!.Body);
    }

    [Fact]
    public void A_stale_edit_of_other_lines_is_merged_with_both_parents()
    {
        string start = _society.Save("notes/a", "1\n2\n3\n4\n5");
        string theirs = _society.Save("notes/a", "1\n2\n3\n4\nfive", start, "solver-2");
        EditResult.Saved merged = Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "one\n2\n3\n4\n5", start));
        Assert.True(merged.Merged);
        Assert.Equal("one\n2\n3\n4\nfive\n", _society.Archive.Read("notes/a")!.Body);
        RevisionInfo revision = _society.Archive.Revision(merged.Revision);
        Assert.Equal((RevisionKind.Merge, theirs), (revision.Kind, revision.Parent));
        RevisionInfo side = _society.Archive.Revision(revision.Merged!);
        Assert.Equal((RevisionKind.Side, start), (side.Kind, side.Parent));
        Assert.Equal("one\n2\n3\n4\n5\n", _society.Archive.ReadRevision(side.Id).Body);
    }

    [Fact]
    public void A_conflict_returns_everything_needed_to_resolve_it_and_saves_nothing()
    {
        string start = _society.Save("notes/a", "one");
        string theirs = _society.Save("notes/a", "uno", start, "solver-2");
        EditResult.Conflict conflict = Assert.IsType<EditResult.Conflict>(_society.Edit(EditKind.Replace, "notes/a", "eins", start));
        Assert.Equal(new NotePage("notes/a", start, "one\n"), conflict.Base);
        Assert.Equal(new NotePage("notes/a", theirs, "uno\n"), conflict.Theirs);
        Assert.Equal("eins\n", conflict.Mine);
        Assert.Equal("<<<<<<< mine\neins\n=======\nuno\n>>>>>>> theirs\n", conflict.Attempt);
        Assert.Equal("uno\n", _society.Archive.Read("notes/a")!.Body);
        Assert.Null(Assert.IsType<EditResult.Conflict>(_society.Edit(EditKind.Replace, "notes/a", "eins", start, onConflict: OnConflict.Fail)).Attempt);
        Assert.IsType<EditResult.Proposed>(_society.Edit(EditKind.Replace, "notes/a", "eins", start, onConflict: OnConflict.Propose));
        Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "eins", conflict.Theirs.Revision));
    }

    [Fact]
    public void Two_who_create_one_page_at_once_conflict_unless_they_say_the_same()
    {
        _society.Save("notes/a", "one");
        Assert.IsType<EditResult.Unchanged>(_society.Edit(EditKind.Replace, "notes/a", "one"));
        Assert.Null(Assert.IsType<EditResult.Conflict>(_society.Edit(EditKind.Replace, "notes/a", "two")).Base);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("notes/")]
    [InlineData("notes//a")]
    [InlineData("notes/../a")]
    [InlineData("/notes/a")]
    [InlineData("elsewhere/a")]
    [InlineData("notes/a\n")]
    [InlineData("notes/a\u202e")]
    [InlineData("notes\\a")]
    [InlineData("notes/<b>")]
    [InlineData("notes/\ud800")]
    public void A_bad_name_is_refused_with_a_reason(string name) =>
        Assert.NotEmpty(Assert.IsType<EditResult.Rejected>(_society.Edit(EditKind.Append, name, "x")).Reason);

    [Fact]
    public void An_unknown_base_and_a_text_that_is_no_text_are_refused()
    {
        _society.Save("notes/a", "one");
        Assert.IsType<EditResult.Rejected>(_society.Edit(EditKind.Replace, "notes/a", "two", new string('0', 64)));
        Assert.IsType<EditResult.Rejected>(_society.Edit(EditKind.Append, "notes/a", "a\0b"));
        Assert.IsType<EditResult.Rejected>(_society.Edit(EditKind.Append, "notes/a", "a\ud800b"));
    }

    [Fact]
    public void A_repeated_key_returns_what_was_recorded_and_changes_nothing()
    {
        string start = _society.Save("notes/a", "one");
        _society.Save("notes/a", "uno", start);
        EditRequest[] requests =
        [
            _society.Request(EditKind.Replace, "notes/a", "eins", start),
            _society.Request(EditKind.Append, "notes/b", "new"),
            _society.Request(EditKind.Append, "notes/b", "new"),
            _society.Request(EditKind.Append, "b", "x"),
            _society.Request(EditKind.Replace, "notes/a", "eins", start, onConflict: OnConflict.Propose),
            _society.Request(EditKind.Replace, "notes/a", "eins", start, onConflict: OnConflict.Fail),
        ];
        IReadOnlyList<EditResult> first = _society.Scratchpad.Commit(requests);
        long revisions = new RunRecords(_society.Database).Counts().Revisions;
        _society.Reopen();
        Assert.Equal(first, _society.Scratchpad.Commit(requests));
        Assert.Equal(revisions, new RunRecords(_society.Database).Counts().Revisions);
    }

    [Fact]
    public void Delete_is_a_revision_and_restore_undoes_it()
    {
        _society.Save("notes/a", "one two");
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.Delete("notes/a", "person", 2, "wrong"));
        Assert.Null(_society.Scratchpad.Snapshot().Read("notes/a"));
        Assert.Empty(_society.Scratchpad.Snapshot().List("notes/"));
        Assert.Empty(_society.Database.Search("two"));
        Assert.Equal("one two\n", _society.Archive.ReadAsOf("notes/a", 1)!.Body);
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.Restore("notes/a", "person", 3, "right after all"));
        Assert.Equal("one two\n", _society.Scratchpad.Snapshot().Read("notes/a")!.Body);
        Assert.Single(_society.Database.Search("two"));
        Assert.Null(_society.Archive.ReadAsOf("notes/a", 2));
        Assert.Equal(3, _society.Archive.History("notes/a").Count);
    }

    [Fact]
    public void A_snapshot_does_not_change_and_the_past_can_be_taken_again()
    {
        for (int round = 1; round <= 5; round++) _society.Edit(EditKind.Append, "notes/a", $"line {round}", round: round);
        INotes now = _society.Scratchpad.Snapshot(), third = _society.Scratchpad.Snapshot(3);
        _society.Edit(EditKind.Append, "notes/a", "line 6", round: 6);
        _society.Edit(EditKind.Append, "notes/b", "new", round: 6);
        Assert.EndsWith("line 5\n", now.Read("notes/a")!.Body);
        Assert.EndsWith("line 3\n", third.Read("notes/a")!.Body);
        Assert.Equal(["notes/a"], _society.Scratchpad.Snapshot(5).List(""));
        Assert.Equal(third.Read("notes/a"), _society.Scratchpad.Snapshot(3).Read("notes/a"));
        Assert.Equal(third.Read("notes/a"), _society.Archive.ReadAsOf("notes/a", 3));
        Assert.Empty(_society.Scratchpad.Snapshot(0).List(""));
    }

    [Fact]
    public void A_private_notebook_is_the_scratchpad_under_a_prefix()
    {
        _society.Save("agents/solver-1/notes/a", "mine");
        INotes mine = _society.Scratchpad.Snapshot(prefix: "agents/solver-1/");
        Assert.Equal("mine\n", mine.Read("notes/a")!.Body);
        Assert.Equal(["notes/a"], mine.List("notes/"));
        Assert.Empty(_society.Scratchpad.Snapshot(prefix: "agents/solver-2/").List(""));
    }

    [Fact]
    public void An_edit_of_another_process_is_seen_by_the_next_snapshot_and_merged_by_the_next_commit()
    {
        string start = _society.Save("notes/a", "1\n2\n3");
        using SocietyDatabase other = SocietyDatabase.Open(_society.Path);
        using Scratchpad person = new(other);
        person.Commit([_society.Request(EditKind.Replace, "notes/a", "1\n2\nthree", start, "person")]);
        Assert.True(Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "one\n2\n3", start)).Merged);
        Assert.Equal("one\n2\nthree\n", person.Snapshot().Read("notes/a")!.Body);
    }

    [Fact]
    public void A_proposal_that_is_accepted_late_is_part_of_the_round_in_which_it_was_decided()
    {
        string start = _society.Save("notes/a", "one");
        _society.Save("notes/a", "uno", start, round: 2);
        EditResult.Proposed waits = Assert.IsType<EditResult.Proposed>(_society.Edit(EditKind.Replace, "notes/a", "eins", start, round: 2, onConflict: OnConflict.Propose));
        string third = _society.Save("notes/a", "tres", _society.Archive.Read("notes/a")!.Revision, round: 3);
        EditResult.Proposed appended = Propose("notes/b", "appended", round: 2);
        EditResult.Proposed line = Propose("notes/a", "late", round: 1);
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.Decide(appended.Proposal, true, "person", "fine", 7));
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.Decide(line.Proposal, true, "person", "fine", 7));
        Assert.Null(_society.Archive.ReadAsOf("notes/b", 6));
        Assert.NotNull(_society.Archive.ReadAsOf("notes/b", 7));
        for (int round = 3; round < 7; round++)
        {
            Assert.Equal(third, _society.Archive.ReadAsOf("notes/a", round)!.Revision);
            Assert.Equal("tres\n", _society.Scratchpad.Snapshot(round).Read("notes/a")!.Body);
        }

        Assert.Equal("tres\nlate\n", _society.Archive.ReadAsOf("notes/a", 7)!.Body);
        Assert.Equal(waits.Proposal, Assert.Single(_society.Scratchpad.Proposals()).Number);
    }

    [Fact]
    public void Rounds_never_go_back_on_a_page()
    {
        string first = _society.Save("notes/a", "one", round: 5);
        string second = _society.Save("notes/a", "one\ntwo", first, round: 3);
        _society.Scratchpad.Delete("notes/a", "person", 2, "gone");
        Assert.Equal([5, 5, 5], _society.Archive.History("notes/a").Select(revision => revision.Round));
        Assert.Null(_society.Archive.ReadAsOf("notes/a", 4));
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void A_key_that_comes_again_with_another_edit_is_refused_and_the_first_one_stays()
    {
        EditRequest first = _society.Request(EditKind.Append, "notes/a", "one", key: "k");
        EditResult saved = _society.Scratchpad.Commit([first])[0];
        EditRequest begun = _society.Request(EditKind.Replace, "notes/c", "three", key: "another");
        string revision = Assert.IsType<EditResult.Saved>(_society.Scratchpad.Commit([begun])[0]).Revision;
        EditRequest[] others =
        [
            first with { Author = "solver-2" },
            first with { Edit = first.Edit with { Text = "two" } },
            first with { Edit = first.Edit with { Page = "notes/b" } },
            first with { Edit = first.Edit with { Kind = EditKind.Replace } },
            first with { Edit = first.Edit with { Kind = EditKind.Section, Section = "Rules" } },
            begun with { Edit = begun.Edit with { BaseRevision = revision } },
        ];
        foreach (EditResult result in _society.Scratchpad.Commit(others)) Assert.Contains("key", Assert.IsType<EditResult.Rejected>(result).Reason);
        // What an append's author had read by then does not make it another.
        foreach (EditRequest again in (EditRequest[])[first, first with { Edit = first.Edit with { BaseRevision = Assert.IsType<EditResult.Saved>(saved).Revision } }])
            Assert.Equal(saved, _society.Scratchpad.Commit([again])[0]);
        Assert.Equal("one\n", _society.Archive.Read("notes/a")!.Body);
        Assert.Null(_society.Archive.Read("notes/b"));
    }

    [Fact]
    public void An_edit_that_was_merged_taken_back_and_sent_again_is_merged_again_beside_all_others_of_its_batch()
    {
        string start = _society.Save("notes/a", "1\n2\n3\n4\n5");
        _society.Save("notes/a", "1\n2\n3\n4\nfive", start, "solver-2");
        Assert.True(Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "one\n2\n3\n4\n5", start)).Merged);
        _society.Save("notes/a", "1\n2\n3\n4\nfive", _society.Archive.Read("notes/a")!.Revision, "person");
        IReadOnlyList<EditResult> batch = _society.Scratchpad.Commit([_society.Request(EditKind.Replace, "notes/a", "one\n2\n3\n4\n5", start), _society.Request(EditKind.Append, "notes/b", "another")]);
        Assert.True(Assert.IsType<EditResult.Saved>(batch[0]).Merged);
        Assert.IsType<EditResult.Saved>(batch[1]);
        Assert.Equal("one\n2\n3\n4\nfive\n", _society.Archive.Read("notes/a")!.Body);
        Assert.Single(_society.Archive.History("notes/a"), revision => revision.Kind == RevisionKind.Side);
        Assert.Empty(_society.Database.CheckIntegrity());
    }

    [Fact]
    public void A_key_of_before_edits_had_a_hash_is_taken_at_its_word()
    {
        EditResult saved = _society.Edit(EditKind.Append, "notes/a", "one", key: "old");
        _society.Database.Write(connection => Dapper.SqlMapper.Execute(connection, "UPDATE edit SET asked = NULL"));
        Assert.Equal(saved, _society.Edit(EditKind.Append, "notes/a", "two", key: "old"));
    }

    [Fact]
    public void Who_takes_a_page_away_or_brings_it_back_may_say_what_was_seen()
    {
        string seen = _society.Save("notes/a", "one"), head = _society.Save("notes/a", "two", seen, "solver-2");
        EditResult.Conflict conflict = Assert.IsType<EditResult.Conflict>(_society.Scratchpad.Delete("notes/a", "person", 2, "old", seen));
        Assert.Equal((seen, head), (conflict.Base!.Revision, conflict.Theirs.Revision));
        Assert.Equal(EditRule.Base, Assert.IsType<EditResult.Rejected>(_society.Scratchpad.Delete("notes/a", "person", 2, "old", new string('0', 64))).Rule);
        Assert.NotNull(_society.Archive.Read("notes/a"));
        string deleted = Assert.IsType<EditResult.Saved>(_society.Scratchpad.Delete("notes/a", "person", 2, "old", head)).Revision;
        Assert.IsType<EditResult.Conflict>(_society.Scratchpad.Restore("notes/a", "person", 2, "again", head));
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.Restore("notes/a", "person", 2, "again", deleted));
    }

    [Fact]
    public void An_edit_on_what_was_begun_in_the_same_batch_knows_its_base()
    {
        // Ids are made of content: what a batch begins can be named before it is stored.
        EditRequest[] batch = [_society.Request(EditKind.Replace, "notes/a", "1\n2\n3"), _society.Request(EditKind.Append, "notes/a", "4")];
        string first;
        using (SocietyFile before = new()) first = Assert.IsType<EditResult.Saved>(before.Scratchpad.Commit(batch)[0]).Revision;
        IReadOnlyList<EditResult> results = _society.Scratchpad.Commit([.. batch, _society.Request(EditKind.Replace, "notes/a", "one\n2\n3", first)]);
        Assert.True(Assert.IsType<EditResult.Saved>(results[2]).Merged);
        Assert.Equal("one\n2\n3\n4\n", _society.Archive.Read("notes/a")!.Body);
    }

    private EditResult.Proposed Propose(string page, string text, int round)
    {
        using Scratchpad reviewed = new(_society.Database, rules: new EditRules { Admission = AdmissionRule.Review });
        return Assert.IsType<EditResult.Proposed>(reviewed.Commit([_society.Request(EditKind.Append, page, text, round: round)])[0]);
    }

    [Fact]
    public async Task Hot_pages_hold_every_accepted_edit_of_many_agents_and_their_history_replays()
    {
        const int agents = 200, pages = 10;
        Task[] writers = new Task[8];
        for (int writer = 0; writer < writers.Length; writer++)
        {
            int first = writer;
            writers[writer] = Task.Run(() =>
            {
                for (int agent = first; agent < agents; agent += writers.Length)
                    _society.Scratchpad.Commit([.. Enumerable.Range(0, pages).Select(page => _society.Request(EditKind.Append, $"notes/hot-{page}", $"agent {agent} page {page}", key: $"{agent}/{page}"))]);
            });
        }

        await Task.WhenAll(writers);
        for (int page = 0; page < pages; page++)
        {
            string name = $"notes/hot-{page}";
            IReadOnlyList<RevisionInfo> history = _society.Archive.History(name, int.MaxValue);
            Assert.Equal(agents, history.Count);
            for (int revision = 0; revision + 1 < history.Count; revision++) Assert.Equal(history[revision + 1].Id, history[revision].Parent);
            NotePage head = _society.Archive.Read(name)!;
            Assert.Equal(agents, LineDiff.Lines(head.Body).Distinct().Count());
            Assert.Equal(head, _society.Archive.ReadRevision(history[0].Id));
            Assert.Equal(head.Body, string.Concat(_society.Database.Blame(name).Select(line => line.Line + "\n")));
        }

        Assert.Empty(_society.Database.CheckIntegrity());
    }
}
