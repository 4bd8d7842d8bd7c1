using AgentSociety.Cli.Reports;
using AgentSociety.Society;
using Spectre.Console;

namespace AgentSociety.Cli.Results;

/// <summary>An experiment's results on a terminal.</summary>
internal static class ExperimentTables
{
    /// <summary>Writes the tables and the findings.</summary>
    public static void Write(ExperimentResult result, IAnsiConsole console)
    {
        foreach (ReportTable rows in ExperimentRows.All(result))
        {
            Table table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey).Title($"[bold]{Markup.Escape(rows.Title)}[/]");
            foreach (string column in rows.Head) table.AddColumn(new TableColumn(Markup.Escape(column)));
            foreach (IReadOnlyList<string> row in rows.Rows) table.AddRow([.. row.Select(Markup.Escape)]);
            console.Write(table);
        }

        foreach (string finding in ExperimentFindings.Of(result)) console.MarkupLine($"[green]*[/] {Markup.Escape(finding)}");
        foreach (string remark in result.Remarks) console.MarkupLine($"[yellow]![/] {Markup.Escape(remark)}");
        console.WriteLine();
    }
}
