using AgentSociety.Core.Culture;
using CsCheck;

namespace AgentSociety.Culture.Tests;

public sealed class RevertTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void Lines_go_with_their_author_whatever_was_written_around_them()
    {
        _society.Edit(EditKind.Append, "notes/a", "one");
        _society.Edit(EditKind.Append, "notes/a", "spam 1\nspam 2", author: "vandal");
        _society.Edit(EditKind.Append, "notes/a", "two", author: "solver-2");
        _society.Edit(EditKind.Append, "notes/a", "spam 3", author: "vandal");
        Assert.IsType<EditResult.Saved>(Revert("vandal"));
        Assert.Equal("one\ntwo\n", Body());
        Assert.Equal(["solver-1", "solver-2"], _society.Database.Blame("notes/a").Select(line => line.Revision.Author));
        Assert.Empty(_society.Scratchpad.RevertAuthor("vandal", 0, "person", 3, "again"));
    }

    [Fact]
    public void Lines_that_the_author_removed_come_back_under_their_own_authors_name()
    {
        string start = _society.Save("notes/a", "one\ntwo\nthree\nfour");
        string gutted = _society.Save("notes/a", "1", start, "vandal", 2);
        _society.Edit(EditKind.Append, "notes/a", "five", author: "solver-2", round: 3);
        Assert.NotEmpty(gutted);
        Assert.IsType<EditResult.Saved>(Revert("vandal"));
        Assert.Equal("one\ntwo\nthree\nfour\nfive\n", Body());
        Assert.Equal(["solver-1", "solver-1", "solver-1", "solver-1", "solver-2"], _society.Database.Blame("notes/a").Select(line => line.Revision.Author));
        // They are solver-1's again: taken back with its other lines.
        Assert.IsType<EditResult.Saved>(Revert("solver-1"));
        Assert.Equal("five\n", Body());
    }

    [Fact]
    public void Where_somebody_put_another_line_in_the_place_a_person_decides_and_nothing_is_saved()
    {
        string start = _society.Save("notes/a", "one\ntwo\nthree");
        string changed = _society.Save("notes/a", "one\nzwei\nthree", start, "vandal");
        string head = _society.Save("notes/a", "one\ndeux\nthree", changed, "solver-2");
        EditResult.Conflict conflict = Assert.IsType<EditResult.Conflict>(Revert("vandal"));
        Assert.Equal(head, conflict.Theirs.Revision);
        Assert.Equal("one\n<<<<<<< mine\ntwo\n=======\ndeux\n>>>>>>> theirs\nthree\n", conflict.Attempt);
        EditResult.Conflict single = Assert.IsType<EditResult.Conflict>(_society.Scratchpad.TakeBack(changed, "person", 2, "wrong"));
        Assert.Equal((changed, head, "one\ntwo\nthree\n", conflict.Attempt), (single.Base!.Revision, single.Theirs.Revision, single.Mine, single.Attempt));
        Assert.Equal("one\ndeux\nthree\n", Body());
    }

    [Fact]
    public void A_line_whose_neighbours_are_gone_has_no_place_to_come_back_to()
    {
        string start = _society.Save("notes/a", "one\ntwo\nthree");
        string without = _society.Save("notes/a", "one\nthree", start, "vandal");
        _society.Save("notes/a", "un\ntrois", without, "solver-2");
        Assert.IsType<EditResult.Conflict>(Revert("vandal"));
        Assert.Equal("un\ntrois\n", Body());
    }

    [Fact]
    public void What_was_written_on_a_deleted_page_is_taken_back_and_the_page_is_gone_again()
    {
        _society.Save("notes/a", "one");
        _society.Scratchpad.Delete("notes/a", "person", 2, "done with");
        _society.Edit(EditKind.Append, "notes/a", "spam", author: "vandal", round: 3);
        Assert.Equal("spam\n", Body());
        Assert.IsType<EditResult.Saved>(Revert("vandal"));
        Assert.Null(_society.Archive.Read("notes/a"));
        Assert.Equal(RevisionKind.Delete, _society.Archive.History("notes/a")[0].Kind);
    }

    [Fact]
    public void One_revision_is_taken_back_and_later_ones_stay()
    {
        string start = _society.Save("notes/a", "one\ntwo");
        string change = _society.Save("notes/a", "one\nzwei\ndrei", start, "solver-2");
        _society.Edit(EditKind.Append, "notes/a", "four", author: "solver-2");
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.TakeBack(change, "person", 2, "wrong"));
        Assert.Equal("one\ntwo\nfour\n", Body());
        Assert.IsType<EditResult.Unchanged>(_society.Scratchpad.TakeBack(change, "person", 2, "again"));
        _society.Scratchpad.Delete("notes/a", "person", 3, "gone");
        Assert.IsType<EditResult.Rejected>(_society.Scratchpad.TakeBack(start, "person", 3, "not there"));
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.TakeBack(_society.Archive.History("notes/a")[0].Id, "person", 3, "back again"));
        Assert.Equal("one\ntwo\nfour\n", Body());
    }

    [Fact]
    public void What_stale_edits_brought_is_taken_back_with_the_merge()
    {
        string start = _society.Save("notes/a", "1\n2\n3\n4\n5");
        _society.Save("notes/a", "1\n2\n3\n4\nfive", start, "solver-2");
        string merge = Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "one\n2\n3\n4\n5", start, "solver-3")).Revision;
        string side = _society.Archive.Revision(merge).Merged!;
        Assert.IsType<EditResult.Saved>(_society.Scratchpad.TakeBack(side, "person", 2, "wrong"));
        Assert.Equal("1\n2\n3\n4\nfive\n", Body());
    }

    /// <summary>Any history of appends and replacements by three authors, with deletions and restorations between: lines are unique, so that who wrote each is known without the blame that the reversal rests on.</summary>
    private static readonly Gen<(int Author, int Act, int From, int Count, int Lines)[]> Histories =
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 9], Gen.Int[0, 8], Gen.Int[0, 3], Gen.Int[0, 3]).Select(edit => (edit.Item1, edit.Item2, edit.Item3, edit.Item4, edit.Item5)).Array[1, 25];

    [Fact]
    public void After_a_reversal_no_standing_line_is_the_authors_and_every_other_standing_line_stands() => Reversals(30);

    [Fact, Trait("Category", "Long")]
    public void Thousands_of_reversals_keep_what_others_wrote() => Reversals(2_000);

    private static void Reversals(int iterations)
    {
        int saved = 0, conflicts = 0;
        Histories.Sample(history =>
        {
            using SocietyFile society = new(inMemory: true);
            int line = 0;
            foreach ((int author, int act, int from, int count, int lines) in history)
            {
                NotePage? now = society.Archive.Read("notes/a");
                List<string> body = [.. LineDiff.Lines(now?.Body ?? "")];
                string[] fresh = [.. Enumerable.Range(0, lines).Select(_ => $"agent-{author} line {line++}\n")];
                if (act == 9 && now is not null) society.Scratchpad.Delete("notes/a", "person", 1, "gone");
                else if (act == 8 && now is null) society.Scratchpad.Restore("notes/a", "person", 1, "back");
                else if (act < 3 || now is null) society.Edit(EditKind.Append, "notes/a", string.Concat(fresh), author: $"agent-{author}");
                else
                {
                    int start = Math.Min(from, body.Count);
                    body.RemoveRange(start, Math.Min(count, body.Count - start));
                    body.InsertRange(start, fresh);
                    society.Edit(EditKind.Replace, "notes/a", string.Concat(body), now.Revision, $"agent-{author}");
                }
            }

            string[] before = LineDiff.Lines(society.Archive.Read("notes/a")?.Body ?? "");
            string[] others = [.. before.Where(standing => !standing.StartsWith("agent-0", StringComparison.Ordinal))];
            IReadOnlyDictionary<string, EditResult> results = society.Scratchpad.RevertAuthor("agent-0", 0, "person", 2, "property");
            string[] after = LineDiff.Lines(society.Archive.Read("notes/a")?.Body ?? "");
            switch (results.GetValueOrDefault("notes/a"))
            {
                case EditResult.Conflict:
                    Interlocked.Increment(ref conflicts);
                    Assert.Equal(before, after);
                    break;
                case var result:
                    if (result is EditResult.Saved) Interlocked.Increment(ref saved);
                    Assert.DoesNotContain(after, standing => standing.StartsWith("agent-0", StringComparison.Ordinal));
                    // In their order, each once, with what agent-0 had removed between them.
                    Assert.Equal(others, after.Where(others.Contains));
                    Assert.Equal(after.Length, after.Distinct().Count());
                    break;
            }

            Assert.Equal(after, society.Database.Blame("notes/a").Select(standing => standing.Line + "\n"));
        }, iter: iterations, threads: 1);
        Assert.True(saved > 0, $"no reversal was made, and {conflicts} were reported");
    }

    [Fact]
    public void Pages_that_the_author_deleted_come_back_as_others_had_written_them()
    {
        for (int page = 0; page < 3; page++) _society.Save($"notes/{page}", "one\ntwo\n");
        string seen = _society.Archive.Read("notes/0")!.Revision;
        _society.Save("notes/0", "one\nvandal was here\n", seen, "vandal", 2);
        for (int page = 0; page < 3; page++) _society.Scratchpad.Delete($"notes/{page}", "vandal", 2, "all of it");
        // What a person brought back stays as it is, and so does what another deleted.
        _society.Scratchpad.Restore("notes/1", "person", 3, "needed");
        _society.Save("notes/other", "three\n");
        _society.Scratchpad.Delete("notes/other", "solver-2", 3, "no use");
        _society.Save("notes/own", "mine\n", author: "vandal", round: 2);
        _society.Scratchpad.Delete("notes/own", "vandal", 2, "");
        IReadOnlyDictionary<string, EditResult> results = _society.Scratchpad.RevertAuthor("vandal", 2, "person", 4, "vandalism");
        Assert.Equal(["notes/0", "notes/2"], results.Keys.Order());
        Assert.All(results.Values, result => Assert.IsType<EditResult.Saved>(result));
        for (int page = 0; page < 3; page++) Assert.Equal("one\ntwo\n", _society.Archive.Read($"notes/{page}")!.Body);
        Assert.Equal(["solver-1", "solver-1"], _society.Database.Blame("notes/0").Select(line => line.Revision.Author));
        Assert.Null(_society.Archive.Read("notes/other"));
        Assert.Empty(_society.Scratchpad.RevertAuthor("vandal", 2, "person", 4, "again"));
    }

    private EditResult Revert(string author) => Assert.Single(_society.Scratchpad.RevertAuthor(author, 0, "person", 4, "spam")).Value;

    private string Body() => _society.Archive.Read("notes/a")!.Body;
}
