using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

/// <summary>Where a scenario has pages read first, the writer refuses whoever has not.</summary>
public sealed class ReadFirstTests : IDisposable
{
    private readonly SocietyFile _society = new();
    private readonly Scratchpad _ruled;

    public ReadFirstTests() => _ruled = new Scratchpad(_society.Database, rules: new EditRules { ReadFirst = true });

    public void Dispose()
    {
        _ruled.Dispose();
        _society.Dispose();
    }

    private EditResult One(EditRequest request) => _ruled.Commit([request])[0];

    private EditResult Append(string text, string? read = null) => One(_society.Request(EditKind.Append, "notes/a", text, read));

    [Fact]
    public void Lines_are_added_to_a_page_that_stands_only_by_who_names_what_it_read()
    {
        string first = Assert.IsType<EditResult.Saved>(Append("c4=2")).Revision;
        EditResult.Rejected blind = Assert.IsType<EditResult.Rejected>(Append("c5=3"));
        Assert.Equal(EditRule.Base, blind.Rule);
        Assert.Contains("read it", blind.Reason);
        Assert.IsType<EditResult.Saved>(Append("c5=3", first));
        // It need not be the newest: lines at the end meet any head.
        Assert.IsType<EditResult.Saved>(Append("c6=1", first));
        Assert.Equal("c4=2\nc5=3\nc6=1\n", _ruled.Snapshot().Read("notes/a")!.Body);
        Assert.Contains("no revision of notes/a", Assert.IsType<EditResult.Rejected>(Append("c7=1", new string('0', 64))).Reason);
        Assert.IsType<EditResult.Unchanged>(Append("c6=1"));
    }

    [Fact]
    public void A_new_section_is_an_addition_too_and_a_page_that_was_deleted_is_none_to_read()
    {
        string first = Assert.IsType<EditResult.Saved>(Append("c4=2")).Revision;
        EditRequest section = _society.Request(EditKind.Section, "notes/a", "from the right");
        EditRequest Section(string? read) => section with { Key = $"section/{read}", Edit = section.Edit with { Section = "Rules", BaseRevision = read } };
        Assert.Equal(EditRule.Base, Assert.IsType<EditResult.Rejected>(One(Section(null))).Rule);
        Assert.IsType<EditResult.Saved>(One(Section(first)));
        Assert.IsType<EditResult.Saved>(_ruled.Delete("notes/a", "person", 1, ""));
        Assert.IsType<EditResult.Saved>(Append("c4=2"));
    }

    [Fact]
    public void An_attempt_need_not_have_read_what_others_began_in_its_own_round()
    {
        EditResult Played(string text, int round) => One(_society.Request(EditKind.Append, "notes/a", text, round: round) with { Episode = $"{round}/solve/0/0" });
        Assert.IsType<EditResult.Saved>(Played("c4=2", 1));
        Assert.IsType<EditResult.Saved>(Played("c5=3", 1));
        Assert.Equal(EditRule.Base, Assert.IsType<EditResult.Rejected>(Played("c6=1", 2)).Rule);
    }

    [Fact]
    public void People_and_societies_that_do_not_ask_for_it_add_lines_unread()
    {
        Assert.IsType<EditResult.Saved>(Append("c4=2"));
        Assert.IsType<EditResult.Saved>(One(_society.Request(EditKind.Append, "notes/a", "c5=3") with { Trusted = true }));
        Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Append, "notes/a", "c6=1"));
    }
}
