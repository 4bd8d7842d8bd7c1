using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture.Tests;

public sealed class TopologyTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    private static CultureTopology Topology(CultureSettings settings, int solvers = 4) =>
        new(settings, [.. Enumerable.Range(1, solvers).Select(number => new Agent { Name = $"solver-{number}", Role = Role.Solver, Adapter = "base" })]);

    private void Write(CultureTopology topology, string agent, string page, string line)
    {
        if (topology.PageFor(agent, page) is { } at) _society.Edit(EditKind.Append, at, line, author: agent);
    }

    private string? Sees(CultureTopology topology, string agent, string page) => topology.View(_society.Scratchpad.Snapshot(), agent).Read(page)?.Body;

    [Fact]
    public void A_shared_scratchpad_is_one_for_all_and_none_is_none()
    {
        CultureTopology shared = Topology(new CultureSettings());
        Write(shared, "solver-1", "notes/a", "fact");
        Assert.Equal("fact\n", Sees(shared, "solver-2", "notes/a"));
        Assert.Empty(shared.Islands);
        CultureTopology off = Topology(new CultureSettings { Sharing = Sharing.Off });
        Assert.Null(off.PageFor("solver-1", "notes/a"));
        Assert.Null(Sees(off, "solver-1", "notes/a"));
    }

    [Fact]
    public void Private_notebooks_are_seen_by_their_owners_and_shared_namespaces_by_all()
    {
        CultureTopology topology = Topology(new CultureSettings { Sharing = Sharing.Private, SharedNamespaces = ["books"] });
        Assert.Equal("agents/solver-1/notes/a", topology.PageFor("solver-1", "notes/a"));
        Write(topology, "solver-1", "notes/a", "mine");
        Write(topology, "solver-1", "books/b", "ours");
        Assert.Equal("mine\n", Sees(topology, "solver-1", "notes/a"));
        Assert.Null(Sees(topology, "solver-2", "notes/a"));
        Assert.Equal("ours\n", Sees(topology, "solver-2", "books/b"));
        Assert.Equal(["books/b", "notes/a"], topology.View(_society.Scratchpad.Snapshot(), "solver-1").List(""));
        Assert.Equal(["books/b"], topology.View(_society.Scratchpad.Snapshot(), "solver-2").List(""));
        Assert.False(topology.MigratesAfter(5));
        Assert.Throws<SocietyException>(() => topology.PageFor("nobody", "notes/a"));
    }

    [Fact]
    public void Groups_are_dealt_role_by_role_and_notes_migrate_when_it_is_time()
    {
        CultureTopology topology = Topology(new CultureSettings { Sharing = Sharing.Groups, Groups = 2, MigrateEveryRounds = 3 });
        Assert.Equal(["group-1", "group-2"], topology.Islands);
        Assert.Equal(["group-1", "group-2", "group-1", "group-2"], Enumerable.Range(1, 4).Select(number => topology.IslandOf($"solver-{number}")));
        Write(topology, "solver-1", "notes/a", "c4=2");
        Write(topology, "solver-2", "notes/a", "c5=7");
        Assert.Equal("c4=2\n", Sees(topology, "solver-3", "notes/a"));
        Assert.Equal("c5=7\n", Sees(topology, "solver-4", "notes/a"));
        Assert.Empty(topology.Migration(_society.Scratchpad.Snapshot(), 2));
        Assert.All(_society.Scratchpad.Commit(topology.Migration(_society.Scratchpad.Snapshot(), 3)), result => Assert.IsType<EditResult.Saved>(result));
        Assert.Equal("c4=2\nc5=7\n", Sees(topology, "solver-1", "notes/a"));
        Assert.Equal("c5=7\nc4=2\n", Sees(topology, "solver-2", "notes/a"));
        Assert.Contains("from agents/group-2/notes/a, revision", _society.Archive.History("agents/group-1/notes/a")[0].Comment);
        Assert.Empty(topology.Migration(_society.Scratchpad.Snapshot(), 6));
    }

    [Fact]
    public void On_a_ring_news_travels_one_neighbour_a_migration()
    {
        CultureTopology topology = Topology(new CultureSettings { Sharing = Sharing.Ring, MigrateEveryRounds = 1 }, solvers: 7);
        Write(topology, "solver-1", "notes/a", "news");
        List<string[]> knowers = [];
        for (int round = 1; round <= 4; round++)
        {
            knowers.Add([.. Enumerable.Range(1, 7).Select(number => $"solver-{number}").Where(agent => Sees(topology, agent, "notes/a") is not null)]);
            _society.Scratchpad.Commit(topology.Migration(_society.Scratchpad.Snapshot(), round));
        }

        Assert.Equal(["solver-1"], knowers[0]);
        Assert.Equal(["solver-1", "solver-2", "solver-7"], knowers[1]);
        Assert.Equal(["solver-1", "solver-2", "solver-3", "solver-6", "solver-7"], knowers[2]);
        Assert.Equal(7, knowers[3].Length);
    }

    [Fact]
    public void A_migration_that_is_carried_out_twice_changes_nothing_more()
    {
        CultureTopology topology = Topology(new CultureSettings { Sharing = Sharing.Groups, MigrateEveryRounds = 1 });
        Write(topology, "solver-1", "notes/a", "fact");
        IReadOnlyList<EditRequest> edits = topology.Migration(_society.Scratchpad.Snapshot(), 1);
        Assert.Equal(_society.Scratchpad.Commit(edits), _society.Scratchpad.Commit(edits));
        Assert.Equal(2, new RunRecords(_society.Database).Counts().Revisions);
    }

    [Fact]
    public void Settings_that_cannot_be_are_refused()
    {
        Assert.Contains("5 groups", Assert.Throws<SocietyException>(() => Topology(new CultureSettings { Sharing = Sharing.Groups, Groups = 5 })).Message);
        Assert.Contains("'elsewhere'", Assert.Throws<SocietyException>(() => Topology(new CultureSettings { SharedNamespaces = ["elsewhere"] })).Message);
    }

    [Fact]
    public void Each_arm_takes_away_what_its_name_says()
    {
        for (int round = 1; round <= 6; round++)
            foreach (int page in Enumerable.Range(0, 40)) _society.Edit(EditKind.Append, $"notes/{page:00}", $"page {page} round {round}", round: round);
        using SocietyFile other = new();
        other.Save("notes/00", "of another world");
        INotes Arm(NotesShown shown, Func<string, string?>? oracle = null) => NotesArms.Show(new CultureSettings { Shown = shown, StaleRounds = 2, FrozenRound = 3 }, 6, round => _society.Scratchpad.Snapshot(round), 5, ArchivedNotes.Of(other.Database), oracle);
        INotes live = Arm(NotesShown.Live);
        Assert.EndsWith("round 5\n", live.Read("notes/00")!.Body);
        Assert.Null(Arm(NotesShown.Unread).Read("notes/00"));
        Assert.Equal("of another world\n", Arm(NotesShown.Placebo).Read("notes/00")!.Body);
        Assert.EndsWith("round 3\n", Arm(NotesShown.Stale).Read("notes/00")!.Body);
        Assert.EndsWith("round 3\n", Arm(NotesShown.Frozen).Read("notes/00")!.Body);
        INotes titles = Arm(NotesShown.Titles);
        Assert.Equal("", titles.Read("notes/00")!.Body);
        Assert.Equal(live.List("notes/"), titles.List("notes/"));
        INotes shuffled = Arm(NotesShown.Shuffled);
        Assert.All(live.List("notes/"), page => Assert.NotEqual(live.Read(page)!.Body, shuffled.Read(page)!.Body));
        Assert.Equal(live.List("notes/").Select(page => live.Read(page)!.Body).Order(), live.List("notes/").Select(page => shuffled.Read(page)!.Body).Order());
        INotes half = Arm(NotesShown.Half);
        Assert.InRange(half.List("notes/").Count, 10, 30);
        Assert.All(live.List("notes/"), page => Assert.Equal(half.List("").Contains(page), half.Read(page) is not null));
        Assert.Equal(half.List(""), Arm(NotesShown.Half).List(""));
        INotes oracle = Arm(NotesShown.Oracle, page => page == "notes/00" ? "the truth" : null);
        Assert.Equal(new NotePage("notes/00", OracleNotes.Revision, "the truth\n"), oracle.Read("notes/00"));
        Assert.Equal(["notes/00"], oracle.List(""));
        Assert.Throws<SocietyException>(() => Arm(NotesShown.Oracle));
        Assert.Throws<SocietyException>(() => NotesArms.Show(new CultureSettings { Shown = NotesShown.Placebo }, 1, round => live, 5));
    }

    [Fact]
    public void Another_societys_notes_are_read_as_of_any_round_without_writing_to_its_file()
    {
        for (int round = 1; round <= 3; round++) _society.Edit(EditKind.Append, "notes/a", $"round {round}", round: round);
        _society.Edit(EditKind.Append, "notes/b", "late", round: 3);
        _society.Scratchpad.Delete("notes/a", "person", 4, "gone");
        using SocietyDatabase reader = SocietyDatabase.OpenReadOnly(_society.Path);
        Assert.Equal(["notes/b"], ArchivedNotes.Of(reader).List(""));
        Assert.Equal(_society.Scratchpad.Snapshot(2).Read("notes/a"), ArchivedNotes.Of(reader, 2).Read("notes/a"));
        Assert.Equal(["notes/a"], ArchivedNotes.Of(reader, 2).List("notes/"));
        Assert.Equal(["notes/a", "notes/b"], ArchivedNotes.Of(reader, 3).List("notes/"));
    }

    [Fact]
    public void A_note_can_be_shown_with_its_authors_record()
    {
        _society.Save("notes/a", "fact", author: "solver-1");
        _society.Save("notes/b", "fact", author: "person");
        new RunRecords(_society.Database).Append(new Core.Records.RoundRecord { Round = 1, State = "{}", Episodes = [TestEpisode.Of(1, 0, 1, "solver-1"), TestEpisode.Of(1, 1, 0, "solver-1")] });
        AttributedNotes notes = new(_society.Scratchpad.Snapshot(), _society.Database.AuthorOf, _society.Database.RecordsOfAuthors());
        Assert.Equal("> last written by solver-1: 1 of 2 attempts succeeded\nfact\n", notes.Read("notes/a")!.Body);
        Assert.Equal("> last written by person: no attempts yet\nfact\n", notes.Read("notes/b")!.Body);
        Assert.Null(notes.Read("notes/c"));
    }
}
