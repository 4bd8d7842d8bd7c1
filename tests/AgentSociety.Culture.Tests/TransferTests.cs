using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

public sealed class TransferTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    private string Folder => Path.Combine(Path.GetDirectoryName(_society.Path)!, "out");

    [Fact]
    public void Every_revision_is_exported_sides_of_merges_and_deleted_pages_too()
    {
        string start = _society.Save("notes/a", "1\n2\n3");
        _society.Save("notes/a", "1\n2\nthree", start, "solver-2");
        string merge = Assert.IsType<EditResult.Saved>(_society.Edit(EditKind.Replace, "notes/a", "one\n2\n3", start)).Revision;
        _society.Save("notes/b", "gone");
        _society.Scratchpad.Delete("notes/b", "person", 2, "wrong");
        Assert.Equal(1, CultureTransfer.Export(_society.Database, Folder));
        List<JsonElement> history = [.. File.ReadLines(Path.Combine(Folder, "history.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)];
        Assert.Equal(_society.Archive.History("notes/a").Concat(_society.Archive.History("notes/b")).OrderBy(revision => revision.Number).Select(revision => revision.Id), history.Select(row => row.GetProperty("id").GetString()));
        JsonElement side = Assert.Single(history, row => row.GetProperty("kind").GetString() == "side");
        Assert.Equal("one\n2\n3\n", side.GetProperty("body").GetString());
        Assert.Equal(side.GetProperty("id").GetString(), history.Single(row => row.GetProperty("id").GetString() == merge).GetProperty("merged").GetString());
    }

    [Fact]
    public void Names_that_no_file_system_keeps_apart_go_out_and_come_back()
    {
        string[] names =
        [
            "notes/a", "notes/a.md/b", "notes/A", "notes/A/x", "notes/a/x", "notes/a.md", "notes/A.MD/c", "notes/con", "notes/aux.b/c", "skills/Chains",
            "notes/" + new string('ж', 190), "notes/" + new string('語', 190) + "/z", "notes/ſ", "notes/s", "notes/S", "agents/solver-1/notes/a",
        ];
        foreach (string name in names) _society.Save(name, $"the page {name}");
        Assert.Equal(names.Length, CultureTransfer.Export(_society.Database, Folder));
        string[] files = [.. Directory.EnumerateFileSystemEntries(Folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Folder, file))];
        Assert.Equal(files.Length, files.Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(files, file => Assert.True(System.Text.Encoding.UTF8.GetByteCount(Path.GetFileName(file)) <= 255));
        // What collides with nothing keeps its name.
        Assert.Contains(Path.Combine("skills", "Chains.md"), files);
        using SocietyFile other = new();
        CultureTransfer.Import(other.Scratchpad, Folder, "first", 1);
        Assert.Equal(_society.Archive.List(), other.Archive.List());
        Assert.All(names, name => Assert.Equal($"the page {name}\n", other.Archive.Read(name)!.Body));
        Assert.All(names, name => Assert.Contains("solver-1, round 1", other.Archive.History(name)[0].Comment));
    }

    [Fact]
    public void A_repeated_import_brings_back_what_was_deleted_since_and_writes_nothing_else()
    {
        _society.Save("notes/a", "one\n");
        _society.Save("notes/b", "two\n");
        CultureTransfer.Export(_society.Database, Folder);
        using SocietyFile other = new();
        CultureTransfer.Import(other.Scratchpad, Folder, "first", 1);
        for (int time = 0; time < 2; time++)
        {
            other.Scratchpad.Delete("notes/a", "person", 1, "by mistake");
            KeyValuePair<string, EditResult> back = Assert.Single(CultureTransfer.Import(other.Scratchpad, Folder, "first", 1));
            Assert.Equal("notes/a", back.Key);
            Assert.Equal(other.Archive.Read("notes/a")!.Revision, Assert.IsType<EditResult.Saved>(back.Value).Revision);
            Assert.Equal("one\n", other.Archive.Read("notes/a")!.Body);
            Assert.Empty(CultureTransfer.Import(other.Scratchpad, Folder, "first", 1));
        }

        Assert.Single(other.Archive.History("notes/b"));
    }

    [Fact]
    public void Names_are_in_one_normal_form_however_a_file_or_a_link_writes_them()
    {
        Assert.Contains("normal form C", PageName.Fault("notes/u\u0308ber"));
        Assert.Null(PageName.Fault("notes/über"));
        Assert.Equal("notes/über", PageName.Resolve("notes/a", "u\u0308ber"));
        Directory.CreateDirectory(Path.Combine(Folder, "notes"));
        File.WriteAllText(Path.Combine(Folder, "notes", "u\u0308ber.md"), "x");
        Assert.Equal("notes/über", Assert.Single(CultureTransfer.Import(_society.Scratchpad, Folder, "elsewhere", 1)).Key);
    }

    [Theory]
    [InlineData("a%zz.md")]
    [InlineData("a%2Fb.md")]
    [InlineData("a%FF.md")]
    public void A_file_name_that_stands_for_no_page_is_refused(string file)
    {
        Directory.CreateDirectory(Path.Combine(Folder, "notes"));
        File.WriteAllText(Path.Combine(Folder, "notes", file), "x");
        Assert.Contains(file, Assert.Throws<SocietyException>(() => CultureTransfer.Import(_society.Scratchpad, Folder, "elsewhere", 1)).Message);
    }

    [Theory]
    [InlineData("one\ntwo\n", "two\nthree\n", "two\nthree\none\n")]
    [InlineData("First paragraph\nof two lines.\n\nSecond.\n", "Second.\n", "Second.\n\nFirst paragraph\nof two lines.\n")]
    [InlineData("```\na = 1\n\nb = 2\n```\n", "```\na = 1\n\nb = 3\n```\n", "```\na = 1\n\nb = 3\n```\n\n```\na = 1\n\nb = 2\n```\n")]
    [InlineData("| x | y |\n| - | - |\n| 1 | 2 |\n", "| x | y |\n| - | - |\n| 3 | 4 |\n", "| x | y |\n| - | - |\n| 3 | 4 |\n\n| x | y |\n| - | - |\n| 1 | 2 |\n")]
    [InlineData("- one\n- two\n  of two lines\n", "- one\n- three\n", "- one\n- three\n- two\n  of two lines\n")]
    [InlineData("---\nstatus: open\n---\none\n", "---\nstatus: closed\n---\ntwo\n", "---\nstatus: closed\n---\ntwo\none\n")]
    public void An_import_brings_whole_blocks_that_the_page_lacks(string theirs, string mine, string after)
    {
        _society.Save("notes/a", theirs);
        CultureTransfer.Export(_society.Database, Folder);
        using SocietyFile other = new();
        other.Save("notes/a", mine);
        CultureTransfer.Import(other.Scratchpad, Folder, "first", 1);
        Assert.Equal(after, other.Archive.Read("notes/a")!.Body);
        Assert.Empty(CultureTransfer.Import(other.Scratchpad, Folder, "first", 2));
    }
}
