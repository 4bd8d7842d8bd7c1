using System.CommandLine;
using AgentSociety.Cli.Progress;
using AgentSociety.Core;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Commands;

/// <summary><c>runs [DIR]</c>.</summary>
internal static class RunsCommand
{
    public static Command Create(Terminal terminal)
    {
        Argument<string> folder = new("DIR") { Description = "The folder that holds the runs.", DefaultValueFactory = _ => RunPlace.Runs };
        Verb command = new("runs", "Look at runs", "Lists the runs of a folder: how far each is, and how well it does.",
            new("runs", "Those under runs/"),
            new("runs experiments/seeds", "Those of another folder"));
        command.Add(folder);
        command.SetAction(parsed => List(parsed.GetRequiredValue(folder), terminal));
        return command;
    }

    private static void List(string folder, Terminal terminal)
    {
        if (!Directory.Exists(folder) && folder == RunPlace.Runs)
        {
            terminal.Line("There are no runs yet; 'agentsociety run scenarios/first-society.yaml' makes a first one.");
            return;
        }

        if (!Directory.Exists(folder)) throw new SocietyException($"{folder}: there is no such folder; 'agentsociety run scenarios/first-society.yaml' makes a first run");
        string[] runs = [.. Directory.EnumerateDirectories(folder).Where(run => File.Exists(Path.Combine(run, "society.db"))).Order(StringComparer.Ordinal)];
        if (runs.Length == 0)
        {
            terminal.Line($"{folder} holds no runs.");
            return;
        }

        Table table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey);
        table.AddColumn("run");
        table.AddColumn("scenario");
        foreach (string name in (ReadOnlySpan<string>)["seed", "rounds", "frontier", "held out", "time"]) table.AddColumn(new TableColumn(name).RightAligned());
        foreach (string run in runs) table.AddRow(Row(run));
        terminal.Out.Write(table);
    }

    private static string[] Row(string path)
    {
        string name = Markup.Escape(Path.GetFileName(path));
        try
        {
            using SocietyDatabase database = SocietyDatabase.OpenReadOnly(Path.Combine(path, "society.db"));
            RunRecords records = new(database);
            RunSummary summary = RunSummary.Of(database);
            Scenario scenario = ScenarioFile.Recorded(records.Info()!.Scenario, path);
            int played = records.LastRound()?.Round ?? 0;
            HeldOutAccuracy? headline = summary.Headline();
            return
            [
                name,
                Markup.Escape(summary.Scenario.Name),
                summary.Seed.ToString(),
                played < scenario.SelfPlay.Rounds ? $"[yellow]{played}/{scenario.SelfPlay.Rounds}[/]" : $"{played}",
                $"{summary.Frontier.Start} -> {summary.Frontier.End}",
                headline is null ? "-" : $"{Figures.Percent(headline.Accuracy)} at {headline.Difficulty}",
                Figures.Clock(TimeSpan.FromSeconds(summary.WallSeconds)),
            ];
        }
        catch (SocietyException failure)
        {
            // One run that cannot be read must not hide the others.
            return [name, $"[red]{Markup.Escape(failure.Message.Split('\n')[0])}[/]", "", "", "", "", ""];
        }
    }
}
