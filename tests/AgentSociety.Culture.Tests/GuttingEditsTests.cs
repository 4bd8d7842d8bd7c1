using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

public sealed class GuttingEditsTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    private IReadOnlyDictionary<long, double> Alarms(string page) => _society.Database.Gutting(_society.Archive.History(page));

    [Fact]
    public void An_edit_that_takes_away_more_than_half_of_the_lines_is_an_alarm_at_whatever_length()
    {
        string start = _society.Save("notes/a", "one\ntwo\nthree\nfour\n");
        string half = _society.Save("notes/a", "one\ntwo\n3, and much more of it\n4, and much more of it\n", start);
        Assert.Empty(Alarms("notes/a"));
        string gutted = _society.Save("notes/a", "one\n2, and much more of it\n3\n4\n", half);
        RevisionInfo revision = _society.Archive.Revision(gutted);
        Assert.Equal(new Dictionary<long, double> { [revision.Number] = 0.75 }, Alarms("notes/a"));
        // No sign of collapse: a page whose every line says something else now has lost nothing of its length.
        Assert.Equal(0, _society.Database.MeasureCulture().Collapse.GuttingEdits);
    }

    [Fact]
    public void Appends_moved_lines_small_pages_and_deletions_are_none()
    {
        _society.Save("notes/a", "one\ntwo\nthree\nfour\n");
        _society.Edit(EditKind.Append, "notes/a", "five");
        _society.Save("notes/a", "five\nfour\nthree\ntwo\none\n", _society.Archive.Read("notes/a")!.Revision);
        _society.Scratchpad.Delete("notes/a", "person", 1, "");
        _society.Save("notes/b", "c4=2\n");
        _society.Save("notes/b", "c4=3\n", _society.Archive.Read("notes/b")!.Revision);
        Assert.Empty(Alarms("notes/a"));
        Assert.Empty(Alarms("notes/b"));
    }

    [Fact]
    public void What_is_stored_as_a_whole_body_and_what_was_merged_is_measured_too()
    {
        string start = _society.Save("notes/a", "one\ntwo\nthree\nfour\nfive\nsix\nseven\n");
        _society.Save("notes/a", "one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n", start, author: "solver-2");
        // Made on the page as it was, and merged: four of its seven lines are gone.
        EditResult.Saved merged = Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "one\nsix\nseven\n", start));
        Assert.True(merged.Merged);
        Assert.Equal([_society.Archive.Revision(merged.Revision).Number], Alarms("notes/a").Keys);
        // The sixty-fifth revision in a line is stored whole.
        for (int line = 0; line < RevisionStore.KeyframeEvery + 2; line++) _society.Edit(EditKind.Append, "notes/long", $"line {line}");
        Assert.Empty(_society.Database.Gutting(_society.Archive.History("notes/long", 100)));
        string last = _society.Save("notes/long", "nothing\n", _society.Archive.Read("notes/long")!.Revision);
        Assert.Equal(1d, Alarms("notes/long")[_society.Archive.Revision(last).Number]);
    }
}
