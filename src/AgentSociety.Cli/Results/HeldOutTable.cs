using AgentSociety.Cli.Progress;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Results;

/// <summary>Held-out accuracies by difficulty with their 95 % intervals.</summary>
internal static class HeldOutTable
{
    /// <summary>The table of one test, and of the one before training where there is one.</summary>
    public static Table Of(IReadOnlyList<HeldOutAccuracy> before, IReadOnlyList<HeldOutAccuracy> now)
    {
        bool[] readings = [.. now.Select(result => result.Reading).Distinct().OrderDescending()];
        Table table = new Table().Border(TableBorder.Rounded).BorderColor(Color.Grey);
        table.Title = new TableTitle("held-out accuracy, 95 % interval");
        table.AddColumn(new TableColumn("difficulty").RightAligned());
        foreach (bool reading in readings)
        {
            string who = reading ? "reading" : "not reading";
            if (before.Count > 0) table.AddColumn(new TableColumn($"[grey]{who}, before[/]").RightAligned());
            table.AddColumn(new TableColumn(who).RightAligned());
        }

        table.AddColumn(new TableColumn("[grey]problems[/]").RightAligned());
        foreach (IGrouping<int, HeldOutAccuracy> row in now.GroupBy(result => result.Difficulty).OrderBy(group => group.Key))
        {
            List<string> cells = [row.Key.ToString()];
            foreach (bool reading in readings)
            {
                if (before.Count > 0) cells.Add($"[grey]{Cell(before.FirstOrDefault(result => result.Difficulty == row.Key && result.Reading == reading))}[/]");
                cells.Add(Cell(row.FirstOrDefault(result => result.Reading == reading)));
            }

            table.AddRow([.. cells, $"[grey]{row.First().N}[/]"]);
        }

        return table;
    }

    private static string Cell(HeldOutAccuracy? result) =>
        result is null ? "-" : $"{Figures.Percent(result.Accuracy)} [grey]({Math.Round(result.Low * 100):0}..{Math.Round(result.High * 100):0})[/]";
}
