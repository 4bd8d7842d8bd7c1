using AgentSociety.Core.Culture;

namespace AgentSociety.Culture.Tests;

/// <summary>A database in a directory of its own that goes when the test ends.</summary>
public sealed class SocietyFile : IDisposable
{
    /// <summary>A file system in memory, where a system has one.</summary>
    private const string Memory = "/dev/shm";

    private readonly DirectoryInfo _directory;
    private int _key;

    /// <summary>Begins an empty one.</summary>
    /// <param name="inMemory">True where nothing is to outlast a crash, so that commits need not wait for a disk: half the time of a test of thousands.</param>
    public SocietyFile(bool inMemory = false)
    {
        _directory = inMemory && Directory.Exists(Memory) ? Directory.CreateDirectory(System.IO.Path.Combine(Memory, $"society-{Guid.NewGuid():n}")) : Directory.CreateTempSubdirectory("society-");
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
