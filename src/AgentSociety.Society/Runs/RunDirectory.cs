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
    public string Checkpoints => System.IO.Path.Combine(Path, "checkpoints");

    /// <summary>The scenario as resolved.</summary>
    public string ScenarioFile => System.IO.Path.Combine(Path, "scenario.yaml");

    /// <summary>The run's results for scripts.</summary>
    public string SummaryFile => System.IO.Path.Combine(Path, "summary.json");

    /// <summary>The run's results for people.</summary>
    public string ReportFile => System.IO.Path.Combine(Path, "report.html");

    /// <summary>The notes of another society, where readers are shown them.</summary>
    public string PlaceboDatabase => System.IO.Path.Combine(Path, "placebo.db");

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
            if (Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(entry => !directory.IsLeftover(System.IO.Path.GetFileName(entry))))
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

    /// <summary>Takes the directory away again where no round was stored in it.</summary>
    internal void DiscardUnbegun()
    {
        if (File.Exists(Database))
        {
            try
            {
                using SocietyDatabase database = SocietyDatabase.OpenReadOnly(Database);
                if (new RunRecords(database).LastRound() is not null) return;
            }
            catch (SocietyException)
            {
                // A database that was never finished, as on a disk that was full from the start.
            }
        }

        Directory.Delete(Path, recursive: true);
    }

    private bool HoldsRun => File.Exists(Database) || File.Exists(ScenarioFile);

    /// <summary>True for what a run leaves that died before it had its scenario: copies, a lock and a file that was not finished.</summary>
    private bool IsLeftover(string name) => !HoldsRun && (name is "checkpoints" or "run.lock" || name == System.IO.Path.GetFileName(ScenarioFile) + ".tmp" || name.StartsWith(System.IO.Path.GetFileName(PlaceboDatabase), StringComparison.Ordinal));

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
