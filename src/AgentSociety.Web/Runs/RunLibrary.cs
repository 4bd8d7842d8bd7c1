using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Culture;

namespace AgentSociety.Web;

/// <summary>The runs of a directory: which there are, what is known of them, and those that are open.</summary>
/// <remarks>Safe on any thread. Keys of runs are looked for below the directory of runs and nowhere else.</remarks>
internal sealed partial class RunLibrary : IDisposable
{
    internal const string DatabaseName = "society.db";
    internal const string SummaryName = "summary.json";
    internal const char Separator = '~';
    private const string LockName = "run.lock";
    private const string TrashName = ".trash";
    private const int Levels = 3, MostOpen = 32, Batch = 40;

    private readonly string _root;
    private readonly RunCatalogue _catalogue;
    private readonly Dictionary<string, (OpenRun Run, long Used)> _open = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _scanned = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new(), _scanning = new();
    private long _clock;
    private int _version;

    public RunLibrary(BrowseOptions options)
    {
        _root = Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.RunsDirectory));
        IsSingleRun = File.Exists(Path.Combine(_root, DatabaseName));
        _catalogue = IsSingleRun ? RunCatalogue.Open(null) : Catalogue(Path.Combine(_root, ".browse.db"));
    }

    /// <summary>True where the directory is that of one run.</summary>
    internal bool IsSingleRun { get; }

    /// <summary>Grows with every change of the list.</summary>
    internal int Version => Volatile.Read(ref _version);

    internal string Root => _root;

    /// <summary>Done when the list has been read once.</summary>
    internal Task Scanned => _scanned.Task;

    internal (IReadOnlyList<CataloguedRun> Runs, int Count) List(RunQuery query) => _catalogue.List(query);

    internal IReadOnlyList<string> Tags() => _catalogue.Tags();

    internal CataloguedRun? Find(string key) => _catalogue.Find(key);

    /// <summary>Opens a run for reading; it stays open while it is among those used lately.</summary>
    /// <exception cref="SocietyException">There is no such run, or its database cannot be read.</exception>
    internal OpenRun Open(string key)
    {
        lock (_gate)
        {
            if (_open.TryGetValue(key, out (OpenRun Run, long Used) known) && File.Exists(known.Run.Database.Path))
            {
                _open[key] = (known.Run, ++_clock);
                return known.Run;
            }
        }

        OpenRun run = new(key, DirectoryOf(key));
        lock (_gate)
        {
            if (_open.Count >= MostOpen) Close(_open.MinBy(entry => entry.Value.Used).Key);
            Close(key);
            _open[key] = (run, ++_clock);
            return run;
        }
    }

    /// <summary>Gives a run a name and tags.</summary>
    internal void Label(string key, string name, string tags)
    {
        _ = DirectoryOf(key);
        string[] words = [.. tags.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries).Select(tag => tag.Trim().ToLowerInvariant())];
        if (name.Length > 100 || words.Length > 20 || words.Any(word => word.Length > 40)) throw new SocietyException("a name has at most 100 characters, a run at most 20 tags of 40 characters");
        _catalogue.Label(key, name.Trim(), words);
        Interlocked.Increment(ref _version);
    }

    /// <summary>Moves a run out of the list, to where <see cref="Undelete"/> finds it.</summary>
    internal void Delete(string key)
    {
        string directory = DirectoryOf(key);
        if (IsSingleRun) throw new SocietyException($"{directory} is what is being browsed; stop and remove the directory instead");
        if (IsPlaying(Path.Combine(directory, LockName)) ?? _catalogue.Find(key)?.State == "running") throw new SocietyException($"{key} is running; stop it before it is deleted");
        lock (_gate) Close(key);
        string trash = Path.Combine(_root, TrashName);
        Directory.CreateDirectory(trash);
        string place = Path.Combine(trash, key);
        if (Directory.Exists(place)) Directory.Move(place, $"{place}{Separator}{DateTimeOffset.UtcNow.ToUnixTimeMilliseconds()}");
        Directory.Move(directory, place);
        Scan();
    }

    /// <summary>Brings a deleted run back.</summary>
    internal void Undelete(string key)
    {
        string directory = PathOf(key), place = Path.Combine(_root, TrashName, key);
        if (!Directory.Exists(place)) throw new SocietyException($"there is no deleted run {key}") { Missing = true };
        if (Directory.Exists(directory)) throw new SocietyException($"{directory} exists again; move it away before {key} is brought back");
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        Directory.Move(place, directory);
        Scan();
    }

    /// <summary>Brings the list up to date with the disk.</summary>
    internal void Scan()
    {
        lock (_scanning)
        {
            List<RunOnDisk> found = [.. Find()];
            int before = _catalogue.List(new RunQuery { Limit = 0 }).Count;
            IReadOnlyList<RunOnDisk> stale = _catalogue.Compare(found);
            foreach (RunOnDisk[] some in stale.OrderByDescending(run => run.Changed).Chunk(Batch))
            {
                _catalogue.Remember([.. some.Select(Look)]);
                Interlocked.Increment(ref _version);
            }

            if (stale.Count == 0 && found.Count != before) Interlocked.Increment(ref _version);
            _scanned.TrySetResult();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (string key in _open.Keys.ToArray()) Close(key);
        }

        _catalogue.Dispose();
    }

    private static RunCatalogue Catalogue(string path)
    {
        try
        {
            return RunCatalogue.Open(path);
        }
        catch (SocietyException)
        {
            // A directory that cannot be written can still be looked at; names and tags are lost when the program ends.
            return RunCatalogue.Open(null);
        }
    }

    private void Close(string key)
    {
        if (_open.Remove(key, out (OpenRun Run, long Used) closed)) closed.Run.Dispose();
    }

    private string DirectoryOf(string key)
    {
        string directory = PathOf(key);
        return File.Exists(Path.Combine(directory, DatabaseName)) ? directory : throw new SocietyException($"there is no run {key} in {_root}") { Missing = true };
    }

    /// <summary>The only place where a visitor's text becomes a path.</summary>
    private string PathOf(string key)
    {
        if (IsSingleRun) return key == Path.GetFileName(_root) ? _root : throw new SocietyException($"there is no run {key} in {_root}") { Missing = true };
        string[] parts = key.Split(Separator);
        bool sound = parts.Length <= Levels && parts.All(part => part.Length > 0 && part[0] != '.' && part.All(letter => !char.IsControl(letter) && !"/\\:".Contains(letter, StringComparison.Ordinal)));
        string path = Path.GetFullPath(Path.Combine([_root, .. parts]));
        if (!sound || !path.StartsWith(_root + Path.DirectorySeparatorChar, StringComparison.Ordinal)) throw new SocietyException("there is no run of that name") { Missing = true };
        return path;
    }

    private IEnumerable<RunOnDisk> Find()
    {
        if (IsSingleRun) return [OnDisk(Path.GetFileName(_root), _root)];
        return Below(_root, "", Levels);
    }

    private static IEnumerable<RunOnDisk> Below(string directory, string key, int levels)
    {
        foreach (string child in Directory.EnumerateDirectories(directory))
        {
            string name = Path.GetFileName(child);
            if (name[0] == '.' || name.Contains(Separator, StringComparison.Ordinal)) continue;
            string path = key.Length == 0 ? name : $"{key}{Separator}{name}";
            if (File.Exists(Path.Combine(child, DatabaseName))) yield return OnDisk(path, child);
            else if (levels > 1) foreach (RunOnDisk run in Below(child, path, levels - 1)) yield return run;
        }
    }

    private static RunOnDisk OnDisk(string key, string directory)
    {
        FileInfo database = new(Path.Combine(directory, DatabaseName)), log = new(Path.Combine(directory, DatabaseName + "-wal")), summary = new(Path.Combine(directory, SummaryName));
        // An empty log is left by whoever looked last.
        bool logged = log.Exists && log.Length > 0;
        DateTime changed = logged && log.LastWriteTimeUtc > database.LastWriteTimeUtc ? log.LastWriteTimeUtc : database.LastWriteTimeUtc;
        bool? playing = IsPlaying(Path.Combine(directory, LockName));
        return new RunOnDisk(key, $"{database.Length}/{changed.Ticks}/{(logged ? log.Length : 0)}/{(summary.Exists ? summary.LastWriteTimeUtc.Ticks : 0)}/{playing}",
            new DateTimeOffset(changed).ToUnixTimeMilliseconds(), summary.Exists, playing);
    }

    /// <summary>Whether a process holds a run's lock; null where there is no lock file.</summary>
    private static bool? IsPlaying(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using FileStream free = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private (RunOnDisk Run, RunGlance? Glance, string Scenario, int Planned, string Fault) Look(RunOnDisk run)
    {
        try
        {
            using SocietyDatabase database = SocietyDatabase.OpenReadOnly(Path.Combine(PathOf(run.Key), DatabaseName));
            RunGlance glance = database.Glance();
            return (run, glance, ScenarioName().Match(glance.Scenario) is { Success: true } name ? name.Groups[1].Value : "", Planned(glance.Scenario), "");
        }
        catch (SocietyException fault)
        {
            return (run, null, "", 0, fault.Message);
        }
    }

    /// <summary>Rounds that a resolved scenario plans; 0 where it does not say.</summary>
    internal static int Planned(string scenario) => PlannedRounds().Match(scenario) is { Success: true } rounds && int.TryParse(rounds.Groups[1].Value, out int planned) ? planned : 0;

    [GeneratedRegex("""^name:\s*["']?([^"'\r\n]+)""", RegexOptions.Multiline)]
    private static partial Regex ScenarioName();

    [GeneratedRegex(@"^\s+rounds:\s*(\d+)", RegexOptions.Multiline)]
    private static partial Regex PlannedRounds();
}
