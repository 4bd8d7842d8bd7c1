using AgentSociety.Cli.Progress;
using AgentSociety.Culture;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Results;

/// <summary>What came of a run, on a terminal.</summary>
internal static class RunPage
{
    private const int SparkWidth = 40;

    /// <summary>Writes the page of a run as far as it is stored.</summary>
    public static void Write(RunDirectory directory, IAnsiConsole console)
    {
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(directory.Database);
        RunRecords records = new(database);
        RunSummary summary = RunSummary.Of(database);
        int rounds = ScenarioFile.Recorded(records.Info()!.Scenario, directory.Database).SelfPlay.Rounds, played = records.LastRound()?.Round ?? 0;
        console.WriteLine();
        console.MarkupLine($"[bold]{Markup.Escape(directory.Name)}[/]  [grey]scenario {Markup.Escape(summary.Scenario.Name)}, seed {summary.Seed}, {(played < rounds ? $"{played} of {rounds} rounds so far" : $"{rounds} rounds")} in {Figures.Clock(TimeSpan.FromSeconds(summary.WallSeconds))}[/]");
        console.WriteLine();
        if (summary.HeldOut.Count > 0) console.Write(HeldOutTable.Of(summary.HeldOutBefore, summary.HeldOut));
        console.Write(Facts(summary));
        Charts(records, console);
        console.WriteLine();
        if (File.Exists(directory.ReportFile)) console.MarkupLine($"[grey]report   [/] {Markup.Escape(directory.ReportFile)}");
        if (File.Exists(directory.SummaryFile)) console.MarkupLine($"[grey]summary  [/] {Markup.Escape(directory.SummaryFile)}");
        if (played < rounds) console.MarkupLine($"[grey]go on    [/] agentsociety resume {Markup.Escape(directory.Path)}");
    }

    private static Grid Facts(RunSummary summary)
    {
        Grid grid = new();
        grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        grid.AddColumn();
        grid.AddRow("[grey]frontier[/]", $"{summary.Frontier.Start} -> [bold]{summary.Frontier.End}[/]");
        grid.AddRow("[grey]played[/]", $"{summary.Counts.Problems:N0} problems, {summary.Counts.Attempts:N0} attempts; {summary.Counts.Malformed:N0} malformed texts, {summary.Counts.Duplicates:N0} duplicate proposals");
        grid.AddRow("[grey]scratchpad[/]", $"{summary.Scratchpad.Pages:N0} pages, {summary.Scratchpad.Revisions:N0} revisions, {summary.Scratchpad.Reads:N0} reads, {summary.Scratchpad.Conflicts:N0} conflicts");
        grid.AddRow("[grey]speed[/]", $"decoding {Figures.Short(summary.Throughput.DecodeTokensPerSecond)} tokens/s, training {Figures.Short(summary.Throughput.TrainTokensPerSecond)} tokens/s, idle {Figures.Percent(summary.Throughput.IdleShare)}");
        return grid;
    }

    private static void Charts(RunRecords records, IAnsiConsole console)
    {
        Grid grid = new();
        for (int column = 0; column < 3; column++) grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        foreach ((string name, string metric) in (ReadOnlySpan<(string, string)>)[("solve rate", "solve-rate"), ("posed", "proposed-difficulty"), ("entropy, solvers", "entropy/solver"), ("entropy, proposers", "entropy/proposer"), ("pages", "pages")])
        {
            double[] values = [.. records.Metric(metric).Select(point => point.Value)];
            if (values.Length < 2) continue;
            double most = Math.Max(values.Max(), metric == "solve-rate" ? 1 : 1e-9);
            grid.AddRow($"[grey]{name}[/]", $"[aqua]{Figures.Sparkline([.. values.Select(value => (double?)(value / most))], SparkWidth)}[/]", $"{Short(values[0])} -> {Short(values[^1])}");
        }

        console.Write(grid);
    }

    private static string Short(double value) => value >= 100 ? $"{value:0}" : $"{value:0.##}";
}
