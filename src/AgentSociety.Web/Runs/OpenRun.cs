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
    private Measured<IReadOnlyList<Uplift>>? _uplifts;
    private Measured<IReadOnlyList<PageUse>>? _uses;
    private Measured<CultureMetrics>? _culture;
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
    internal IReadOnlyList<Uplift> Uplifts => Measure(ref _uplifts, Database.Tip().Round, 0, () => Database.UpliftOfPages());

    /// <summary>Use of the pages that were read most, measured anew once a round: it goes through all that was read.</summary>
    internal IReadOnlyList<PageUse> Uses => Measure(ref _uses, Database.Tip().Round, 0, () => Database.Uses(60));

    /// <summary>The culture in numbers, measured anew where a round was stored or a page was edited since: it takes seconds on a large run.</summary>
    internal CultureMetrics Culture
    {
        get
        {
            LiveTip tip = Database.Tip();
            return Measure(ref _culture, tip.Round, tip.Revision, () => Database.MeasureCulture(Facts));
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

    private static T Measure<T>(ref Measured<T>? kept, long round, long revision, Func<T> measure)
        where T : class
    {
        if (Volatile.Read(ref kept) is { } known && (known.Round, known.Revision) == (round, revision)) return known.Value;
        T value = measure();
        Volatile.Write(ref kept, new Measured<T>(round, revision, value));
        return value;
    }

    /// <summary>What was measured, and how far the run had come then.</summary>
    private sealed record Measured<T>(long Round, long Revision, T Value);
}
