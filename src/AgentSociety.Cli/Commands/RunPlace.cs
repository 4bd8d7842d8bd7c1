using AgentSociety.Core;
using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary>Finds runs by what a user calls them: a directory, or a name under <c>runs/</c>.</summary>
internal static class RunPlace
{
    /// <summary>The folder that runs are made in unless a user says otherwise.</summary>
    public const string Runs = "runs";

    /// <summary>The directory of a run that exists.</summary>
    /// <exception cref="SocietyException">There is none of that name.</exception>
    public static RunDirectory Find(string name)
    {
        if (Directory.Exists(name) || File.Exists(name)) return RunDirectory.Open(File.Exists(name) && Path.GetFileName(name) == "society.db" ? Path.GetDirectoryName(Path.GetFullPath(name))! : name);
        string under = Path.Combine(Runs, name);
        if (Directory.Exists(under)) return RunDirectory.Open(under);
        string[] known = Directory.Exists(Runs) ? [.. Directory.EnumerateDirectories(Runs).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)] : [];
        string hint = Nearest.To(Path.GetFileName(name), known) is { } near ? $"did you mean {Path.Combine(Runs, near)}?" : "'agentsociety runs' lists the runs";
        throw new SocietyException($"{name}: there is no such run; {hint}");
    }

    /// <summary>The folder of a model: the folder itself, or the newest checkpoint of a run.</summary>
    /// <exception cref="SocietyException">There is no model.</exception>
    public static string FindModel(string name)
    {
        if (File.Exists(Path.Combine(name, "config.json"))) return name;
        RunDirectory run = Find(name);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Database);
        return new RunRecords(database).Checkpoints() is [.., { } newest] ? run.Checkpoint(newest.Name)
            : throw new SocietyException($"{name}: the run has saved no checkpoint yet; name a model's folder");
    }
}
