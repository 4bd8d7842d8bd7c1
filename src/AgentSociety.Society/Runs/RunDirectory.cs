using AgentSociety.Core;
using AgentSociety.Culture;

namespace AgentSociety.Society;

/// <summary>Where the files of a run lie: a directory that is whole in itself and can be moved.</summary>
/// <param name="Path">The directory.</param>
public sealed record RunDirectory(string Path)
{
    /// <summary>The run's name: that of the directory.</summary>
    public string Name => System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(Path)));

    /// <summary>Scratchpad and records.</summary>
    public string Database => System.IO.Path.Combine(Path, "society.db");

    /// <summary>Folders of weights.</summary>
    public string Checkpoints => System.IO.Path.Combine(Path, CheckpointsFolder);

    /// <summary>The scenario as resolved.</summary>
    public string ScenarioFile => System.IO.Path.Combine(Path, "scenario.yaml");

    /// <summary>The run's results for scripts.</summary>
    public string SummaryFile => System.IO.Path.Combine(Path, "summary.json");

    /// <summary>The run's results for people.</summary>
    public string ReportFile => System.IO.Path.Combine(Path, "report.html");

    /// <summary>The notes of another society, where readers are shown them.</summary>
    public string PlaceboDatabase => System.IO.Path.Combine(Path, "placebo.db");

    /// <summary>The run's copy of the model that it begins with.</summary>
    internal const string BaseCheckpoint = "base";

    private const string CheckpointsFolder = "checkpoints";

    /// <summary>Held while a process plays the run, and left where it died.</summary>
    internal string LockFile => System.IO.Path.Combine(Path, "run.lock");

    /// <summary>The run's own scenario while it is being written.</summary>
    internal string UnfinishedScenario => ScenarioFile + ".tmp";

    /// <summary>The directory that a run's database lies in.</summary>
    internal static RunDirectory Of(SocietyDatabase database) => new(System.IO.Path.GetDirectoryName(database.Path)!);

    /// <summary>The folder of a checkpoint.</summary>
    public string Checkpoint(string name) => System.IO.Path.Combine(Checkpoints, name);

    /// <summary>Makes the directory of a new run.</summary>
    /// <exception cref="SocietyException">It holds files already, or cannot be made.</exception>
    public static RunDirectory Create(string path)
    {
        RunDirectory directory = new(path);
        try
        {
            if (File.Exists(path)) throw new SocietyException($"{path}: is a file; name a directory with --out");
            if (!directory.IsFree)
            {
                string cure = directory.HoldsRun ? $"go on with it by 'agentsociety resume {path}', or name another with --out" : "name another with --out";
                throw new SocietyException($"{path}: the directory exists and is not empty; {cure}");
            }

            Directory.CreateDirectory(directory.Checkpoints);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{path}: the run's directory cannot be made ({cause.Message}); name another with --out", cause: cause);
        }

        return directory;
    }

    /// <summary>Takes away what a run that could not begin has made, and the directory where nothing else is in it.</summary>
    internal void DiscardUnbegun()
    {
        string[] made = [LockFile, ScenarioFile, UnfinishedScenario, .. Files(Database), .. Files(PlaceboDatabase)];
        foreach (string file in made) File.Delete(file);
        // Of the checkpoints those that come before the first stored round.
        foreach (string folder in (string[])[Checkpoint(BaseCheckpoint), Checkpoint("resume-0"), Checkpoint("round-0")])
        {
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
        }

        foreach (string folder in (string[])[Checkpoints, Path])
        {
            if (Directory.Exists(folder) && Names(folder).Length == 0) Directory.Delete(folder);
        }
    }

    /// <summary>True where a run has begun in the directory, or may have.</summary>
    internal bool HoldsRun => File.Exists(Database) || File.Exists(ScenarioFile);

    /// <summary>True where a run may begin: nothing is there, or only what a run left that died before it had its scenario: copies, a lock and a file that was not finished.</summary>
    private bool IsFree
    {
        get
        {
            string[] names = Names(Path), copies = Names(Checkpoints);
            if (names.Length == 0 || names is [CheckpointsFolder] && copies.Length == 0) return true;
            string[] left = [.. ((string[])[Checkpoints, LockFile, UnfinishedScenario, .. Files(PlaceboDatabase)]).Select(path => System.IO.Path.GetFileName(path))];
            // Anybody's models may lie in folders of these names; a run has its lock beside them.
            return File.Exists(LockFile) && names.All(left.Contains) && copies.All(copy => copy == BaseCheckpoint);
        }
    }

    private static string[] Names(string folder) => Directory.Exists(folder) ? [.. Directory.EnumerateFileSystemEntries(folder).Select(entry => System.IO.Path.GetFileName(entry))] : [];

    /// <summary>A database and what SQLite keeps beside it.</summary>
    private static string[] Files(string database) => [database, $"{database}-wal", $"{database}-shm", $"{database}-journal"];

    /// <summary>The directory of a run that exists.</summary>
    /// <exception cref="SocietyException">There is no run in it.</exception>
    public static RunDirectory Open(string path)
    {
        RunDirectory directory = new(path);
        if (!Directory.Exists(path)) throw new SocietyException($"{path}: no such directory; 'agentsociety runs' lists the runs");
        if (!directory.HoldsRun) throw new SocietyException($"{path}: holds no run (there is no society.db in it); 'agentsociety runs' lists the runs");
        return directory;
    }
}
