using AgentSociety.Core;

namespace AgentSociety.Society;

/// <summary>Where an experiment's files lie: its declaration, a folder for each arm with one run a seed, and its results.</summary>
/// <param name="Path">The directory.</param>
public sealed record ExperimentDirectory(string Path)
{
    /// <summary>The results for scripts: those of the whole, or of the pilot alone, which lie beside them.</summary>
    public string ResultFile(bool pilot) => System.IO.Path.Combine(Path, pilot ? "pilot.json" : "experiment.json");

    /// <summary>The results for people, as a page.</summary>
    public string ReportFile(bool pilot) => System.IO.Path.Combine(Path, pilot ? "pilot.html" : "report.html");

    /// <summary>The same as text.</summary>
    public string MarkdownFile(bool pilot) => System.IO.Path.Combine(Path, pilot ? "pilot.md" : "report.md");

    /// <summary>A picture of the report.</summary>
    public string PictureFile(string name, bool pilot) => System.IO.Path.Combine(Path, $"{(pilot ? "pilot-" : "")}{name}.svg");

    private string DeclarationFile => System.IO.Path.Combine(Path, "declaration.yaml");

    /// <summary>Writes the declaration down before the first society lives; later calls hold the plan against it.</summary>
    /// <exception cref="SocietyException">Something else was declared here, or the directory cannot be used.</exception>
    public void Declare(ExperimentPlan plan)
    {
        string text = $"# Declared before the run; SHA-256 with the arms' scenarios: {plan.Hash}\n{plan.Yaml}";
        try
        {
            if (File.Exists(DeclarationFile))
            {
                if (File.ReadAllText(DeclarationFile) != text)
                    throw new SocietyException($"{DeclarationFile}: another experiment was declared here, by another file, other scenarios or another version of the program; a declared experiment is not changed on the way: name another directory with --out");
                return;
            }

            if (Directory.Exists(Path) && Directory.EnumerateFileSystemEntries(Path).Any()) throw new SocietyException($"{Path}: the directory exists and is no experiment; name another with --out");
            Directory.CreateDirectory(Path);
            File.WriteAllText(DeclarationFile, text);
        }
        catch (Exception cause) when (cause is IOException or UnauthorizedAccessException)
        {
            throw new SocietyException($"{Path}: cannot be used as an experiment's directory ({cause.Message}); name another with --out", cause: cause);
        }
    }
}
