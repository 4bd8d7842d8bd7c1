using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Web;

/// <summary>One run that somebody looks at: its directory and its database.</summary>
public sealed class OpenRun : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Lazy<IFactSource?> _facts;
    private ITokenizer? _tokenizer;
    private MeasuredUplifts? _uplifts;
    private SocietyDatabase? _writable;
    private Scratchpad? _scratchpad;

    internal OpenRun(string key, string directory)
    {
        Key = key;
        Directory = directory;
        Database = SocietyDatabase.OpenReadOnly(Path.Combine(directory, RunLibrary.DatabaseName));
        Records = new RunRecords(Database);
        Pages = new PageArchive(Database);
        _facts = new(() => Records.Info() is { } info ? FactsOf(info) : null);
    }

    internal string Key { get; }

    internal string Directory { get; }

    /// <summary>Open for reading.</summary>
    internal SocietyDatabase Database { get; }

    internal RunRecords Records { get; }

    internal PageArchive Pages { get; }

    /// <summary>The round that an edit made now belongs to: the one in play, or the last where all were played.</summary>
    internal int RoundInPlay => Records.LastRound() is { } last ? last.Round + (Finished ? 0 : 1) : 0;

    /// <summary>What turns the run's tokens into text: that of any of its checkpoints, which share one; null before the first is saved, or where none can be read.</summary>
    internal ITokenizer? Tokenizer => _tokenizer ??= FindTokenizer();

    /// <summary>What is true in the run's world; null where its environment knows no facts.</summary>
    internal IFactSource? Facts => _facts.Value;

    /// <summary>What notes caused, measured anew once a round: it goes through all that was read.</summary>
    internal IReadOnlyList<Uplift> Uplifts
    {
        get
        {
            long round = Database.Tip().Round;
            if (Volatile.Read(ref _uplifts) is { } known && known.Round == round) return known.Pages;
            IReadOnlyList<Uplift> pages = Database.UpliftOfPages();
            Volatile.Write(ref _uplifts, new MeasuredUplifts(round, pages));
            return pages;
        }
    }

    /// <summary>True where the run has written its summary.</summary>
    internal bool Finished => File.Exists(Path.Combine(Directory, RunLibrary.SummaryName));

    private ITokenizer? FindTokenizer()
    {
        string folders = new RunDirectory(Directory).Checkpoints;
        if (!System.IO.Directory.Exists(folders)) return null;
        foreach (string folder in System.IO.Directory.EnumerateDirectories(folders).Order(StringComparer.Ordinal))
        {
            try
            {
                return TokenizerFolder.Load(folder);
            }
            catch (Exception cause) when (cause is SocietyException or IOException or UnauthorizedAccessException)
            {
                // A checkpoint that is being written, or one that was thinned by hand: another may do, and the text is shown without it.
            }
        }

        return null;
    }

    private IFactSource? FactsOf(RunInfo info)
    {
        try
        {
            Scenario scenario = ScenarioFile.Recorded(info.Scenario, Database.Path);
            // Looking at a run starts no program and loads no library that its scenario names.
            if (EnvironmentCatalog.Find(scenario.Environment.Name) is not { Name: not ("plugin" or "external") } entry) return null;
            IEnvironment environment = entry.Create(scenario.Environment.Options!, (ulong)scenario.Seed);
            if (environment is IFactSource facts) return facts;
            (environment as IDisposable)?.Dispose();
            return null;
        }
        catch (SocietyException)
        {
            // The run of another version: what is true in it is not known.
            return null;
        }
    }

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

    private sealed record MeasuredUplifts(long Round, IReadOnlyList<Uplift> Pages);
}
