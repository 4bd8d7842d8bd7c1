using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

/// <summary>A database in a directory of its own that goes when the test ends.</summary>
public sealed class SocietyFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("society-");
    private int _key;

    public SocietyFile()
    {
        Database = SocietyDatabase.Open(Path);
        Scratchpad = new Scratchpad(Database);
    }

    public string Path => System.IO.Path.Combine(_directory.FullName, "society.db");

    public SocietyDatabase Database { get; private set; }

    public Scratchpad Scratchpad { get; private set; }

    public PageArchive Archive => new(Database);

    public void Reopen()
    {
        Scratchpad.Dispose();
        Database.Dispose();
        Database = SocietyDatabase.Open(Path);
        Scratchpad = new Scratchpad(Database);
    }

    public EditResult Edit(EditKind kind, string page, string text, string? start = null, string author = "solver-1", int round = 1, OnConflict onConflict = OnConflict.Merge, string? key = null) =>
        Scratchpad.Commit([Request(kind, page, text, start, author, round, onConflict, key)])[0];

    public EditRequest Request(EditKind kind, string page, string text, string? start = null, string author = "solver-1", int round = 1, OnConflict onConflict = OnConflict.Merge, string? key = null) => new()
    {
        Key = key ?? $"test/{_key++}",
        Edit = new NoteEdit { Page = page, Kind = kind, Text = text, Comment = "a test", BaseRevision = start },
        Author = author,
        Round = round,
        OnConflict = onConflict,
    };

    public string Save(string page, string text, string? start = null, string author = "solver-1", int round = 1) =>
        Assert.IsType<EditResult.Saved>(Edit(EditKind.Replace, page, text, start, author, round)).Revision;

    public void Dispose()
    {
        Scratchpad.Dispose();
        Database.Dispose();
        _directory.Delete(recursive: true);
    }
}
