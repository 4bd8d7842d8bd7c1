using AgentSociety.Culture;

namespace AgentSociety.Web;

/// <summary>One run that somebody looks at: its directory and its database.</summary>
public sealed class OpenRun : IDisposable
{
    private readonly Lock _gate = new();
    private SocietyDatabase? _writable;
    private Scratchpad? _scratchpad;

    internal OpenRun(string key, string directory)
    {
        Key = key;
        Directory = directory;
        Database = SocietyDatabase.OpenReadOnly(Path.Combine(directory, RunLibrary.DatabaseName));
        Records = new RunRecords(Database);
        Pages = new PageArchive(Database);
    }

    internal string Key { get; }

    internal string Directory { get; }

    /// <summary>Open for reading.</summary>
    internal SocietyDatabase Database { get; }

    internal RunRecords Records { get; }

    internal PageArchive Pages { get; }

    /// <summary>The round that an edit made now belongs to: the one in play, or the last where all were played.</summary>
    internal int RoundInPlay => Records.LastRound() is { } last ? last.Round + (Finished ? 0 : 1) : 0;

    /// <summary>True where the run has written its summary.</summary>
    internal bool Finished => File.Exists(Path.Combine(Directory, RunLibrary.SummaryName));

    /// <summary>Edits the scratchpad; the run itself may be editing at the same time.</summary>
    internal T Edit<T>(Func<Scratchpad, T> edit)
    {
        lock (_gate)
        {
            _writable ??= SocietyDatabase.Open(Database.Path);
            _scratchpad ??= new Scratchpad(_writable);
            return edit(_scratchpad);
        }
    }

    /// <summary>Closes the databases; readers that hold the run can go on reading.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _scratchpad?.Dispose();
            _writable?.Dispose();
            (_scratchpad, _writable) = (null, null);
            Database.Dispose();
        }
    }
}
