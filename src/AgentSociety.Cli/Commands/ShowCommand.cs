using System.CommandLine;
using AgentSociety.Cli.Results;
using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Cli.Commands;

/// <summary><c>show RUN</c>.</summary>
internal static class ShowCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> run = new("RUN") { Description = "A run's directory, or its name under runs/." };
        Option<bool> json = new("--json") { Description = "Print summary.json instead." };
        Option<bool> report = new("--report") { Description = "Write summary.json and report.html again from the database." };
        Verb command = new("show", "Look at runs", "Shows what came of a run, finished or not.",
            new("show runs/first-society", "Accuracies, frontier, scratchpad, speed"),
            new("show runs/first-society --json", "The same for a script"),
            new("show runs/first-society --report", "Make the report again"));
        command.Add(run);
        command.Add(json);
        command.Add(report);
        command.SetAction(parsed =>
        {
            RunDirectory directory = RunPlace.Find(parsed.GetRequiredValue(run));
            if (parsed.GetValue(report)) RunResults.Write(directory);
            if (!parsed.GetValue(json))
            {
                RunPage.Write(directory, terminal.Out);
                return;
            }

            using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
            terminal.Raw.Write(RunSummary.Of(database).Json());
        });
        return command;
    }
}
