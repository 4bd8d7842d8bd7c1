using System.CommandLine;
using AgentSociety.Culture;
using AgentSociety.Society;
using AgentSociety.Web;

namespace AgentSociety.Cli.Commands;

/// <summary><c>culture export|import|merge</c>.</summary>
internal static class CultureCommand
{
    public static Command Create(Terminal terminal) => new Verb("culture", "Share", "Takes the scratchpad of a run out as Markdown, or brings another's in.",
        new("culture export runs/first-society pages", "Every page as a Markdown file, with its history beside it"),
        new("culture import runs/second pages", "Bring them into another society; pages that are there are merged without loss"),
        new("culture merge runs/second runs/first-society", "Both at once"))
    {
        Export(terminal),
        Import(terminal),
        Merge(terminal),
    };

    private static Verb Export(Terminal terminal)
    {
        Argument<string> run = Run("The run whose scratchpad is wanted.");
        Argument<string> folder = new("DIR") { Description = "A new or empty folder." };
        Verb command = new("export", "Share", "Writes every page as a Markdown file, with the whole history beside them.", new Example("culture export runs/first-society pages", "Into the folder pages"));
        command.Add(run);
        command.Add(folder);
        command.SetAction(parsed =>
        {
            using SocietyDatabase database = SocietyDatabase.OpenReadOnly(RunPlace.Find(parsed.GetRequiredValue(run)).Database);
            int pages = CultureTransfer.Export(database, parsed.GetRequiredValue(folder));
            terminal.Line($"{parsed.GetValue(folder)}: {pages} pages");
        });
        return command;
    }

    private static Verb Import(Terminal terminal)
    {
        Argument<string> run = Run("The run that is to learn.");
        Argument<string> folder = new("DIR") { Description = "An exported folder, or Markdown files under folders such as notes/." };
        Option<string?> origin = new("--origin") { Description = "Names the culture in the history; the folder's name where it is not given.", HelpName = "NAME" };
        Verb command = new("import", "Share", "Brings a folder of pages into a run's scratchpad, each as an edit that says where it came from.", new Example("culture import runs/second pages --origin first-society", "From the folder pages"));
        command.Add(run);
        command.Add(folder);
        command.Add(origin);
        command.SetAction(parsed =>
        {
            string place = parsed.GetRequiredValue(folder);
            Bring(RunPlace.Find(parsed.GetRequiredValue(run)), place, parsed.GetValue(origin) ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(place))), terminal);
        });
        return command;
    }

    private static Verb Merge(Terminal terminal)
    {
        Argument<string> run = Run("The run that is to learn.");
        Argument<string> other = new("OTHER") { Description = "The run whose scratchpad is brought in." };
        Verb command = new("merge", "Share", "Brings the scratchpad of one run into another's.", new Example("culture merge runs/second runs/first-society", "The second learns from the first"));
        command.Add(run);
        command.Add(other);
        command.SetAction(parsed =>
        {
            RunDirectory source = RunPlace.Find(parsed.GetRequiredValue(other)), target = RunPlace.Find(parsed.GetRequiredValue(run));
            string folder = Directory.CreateTempSubdirectory("agentsociety-culture-").FullName;
            try
            {
                using (SocietyDatabase database = SocietyDatabase.OpenReadOnly(source.Database)) CultureTransfer.Export(database, folder);
                Bring(target, folder, source.Name, terminal);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static void Bring(RunDirectory run, string folder, string origin, Terminal terminal)
    {
        using RunScratchpad scratchpad = new(run);
        IReadOnlyDictionary<string, EditResult> results = scratchpad.Change(pad => CultureTransfer.Import(pad, folder, origin, scratchpad.RoundInPlay));
        int saved = results.Values.Count(result => result is EditResult.Saved);
        terminal.Line($"{run.Path}: {saved} pages written, {results.Count - saved} unchanged or held");
        foreach ((string page, EditResult result) in results)
        {
            if (result is EditResult.Rejected rejected) terminal.Complain("refused", "yellow", $"{page}: {rejected.Reason}");
            if (result is EditResult.Proposed proposed) terminal.Complain("waits", "yellow", $"{page}: {proposed.Reason}");
        }
    }

    private static Argument<string> Run(string description) => new("RUN") { Description = description };
}
