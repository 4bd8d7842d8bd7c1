using AgentSociety.Core;
using AgentSociety.Culture;
using AgentSociety.Models;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary>Finds runs by what a user calls them: a directory, or a name under <c>runs/</c>.</summary>
internal static class RunPlace
{
    /// <summary>The folder that runs are made in unless a user says otherwise.</summary>
    public const string Runs = "runs";

    /// <summary>The folder of a run that holds its checkpoints.</summary>
    private const string Checkpoints = "checkpoints";

    private const int Listed = 12;

    /// <summary>The directory of a run that exists.</summary>
    /// <exception cref="SocietyException">There is none of that name.</exception>
    public static RunDirectory Find(string name)
    {
        if (File.Exists(name)) return RunDirectory.Open(Path.GetFileName(name) == "society.db" ? Path.GetDirectoryName(Path.GetFullPath(name))! : throw NoRun(name));
        string under = Path.Combine(Runs, name);
        foreach (string place in (string[])[name, under])
        {
            if (Directory.Exists(place)) return RunDirectory.Open(place);
            if (Path.GetDirectoryName(place) is { } beside && Path.GetFileName(beside) == Checkpoints && Directory.Exists(beside)) throw NoCheckpoint(name, beside);
        }

        string[] known = Directory.Exists(Runs) ? [.. Directory.EnumerateDirectories(Runs).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)] : [];
        string hint = Nearest.To(Path.GetFileName(name), known) is { } near ? $"did you mean {Path.Combine(Runs, near)}?" : "'agentsociety runs' lists the runs";
        throw new SocietyException($"{name}: there is no such run; {hint}");
    }

    /// <summary>The folder of a model: the folder itself, or the newest checkpoint of a run.</summary>
    /// <exception cref="SocietyException">There is no model.</exception>
    public static string FindModel(string name)
    {
        if (ModelFolder.IsModel(name)) return name;
        RunDirectory run = Find(name);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Database);
        return new RunRecords(database).Checkpoints() is [.., { } newest] ? run.Checkpoint(newest.Name)
            : throw new SocietyException($"{name}: the run has saved no checkpoint yet; name a model's folder");
    }

    private static SocietyException NoRun(string file) => new(Path.GetExtension(file) is ".yaml" or ".yml"
        ? $"{file}: this is a scenario file, and a run is wanted; 'agentsociety run {file}' makes one of it"
        : $"{file}: this is a file, and a directory is wanted; 'agentsociety runs' lists the runs");

    private static SocietyException NoCheckpoint(string name, string folder)
    {
        // Names with numbers, of which the longer is the later.
        string[] saved = [.. Directory.EnumerateDirectories(folder).Select(checkpoint => Path.GetFileName(checkpoint)).OrderBy(checkpoint => checkpoint.Length).ThenBy(checkpoint => checkpoint, StringComparer.Ordinal)];
        string hint = saved.Length == 0 ? "the run has saved none yet" : $"there are {(saved.Length > Listed ? "..., " : "")}{string.Join(", ", saved.TakeLast(Listed))}";
        return new SocietyException($"{name}: there is no such checkpoint; {hint}");
    }
}
