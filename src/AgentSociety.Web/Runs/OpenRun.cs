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
    private RunScratchpad? _scratchpad;

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

    /// <summary>Open for editing: the one door of forms and of HTTP. The run itself may be editing at the same time.</summary>
    internal RunScratchpad Scratchpad
    {
        get
        {
            lock (_gate) return _scratchpad ??= new RunScratchpad(new RunDirectory(Directory));
        }
    }

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

    /// <summary>True for who lives in the society or has left anything in its records, whoever that is: people and other programs write too.</summary>
    internal bool Knows(string agent)
    {
        if (Database.KnowsAgent(agent)) return true;
        try
        {
            return Records.Info() is { } info && RunPlan.Names(ScenarioFile.Recorded(info.Scenario, Database.Path)).Contains(agent);
        }
        catch (SocietyException)
        {
            // The run of another version: who has not played in it yet is not known.
            return false;
        }
    }

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

    /// <summary>Closes the databases; readers that hold the run can go on reading.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _scratchpad?.Dispose();
            _scratchpad = null;
            Database.Dispose();
        }
    }

    private sealed record MeasuredUplifts(long Round, IReadOnlyList<Uplift> Pages);
}
