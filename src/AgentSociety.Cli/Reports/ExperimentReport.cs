using System.Net;
using System.Text;
using AgentSociety.Cli.Progress;
using AgentSociety.Core;
using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Cli.Reports;

/// <summary>An experiment's results as files: for scripts, as a page that needs nothing beside it, and as Markdown with its pictures beside it.</summary>
internal static class ExperimentReport
{
    private const int Transcripts = 3;

    /// <summary>Writes all of them; older ones are replaced.</summary>
    public static void Write(ExperimentDirectory directory, ExperimentPlan plan, ExperimentResult result)
    {
        IReadOnlyList<SampleTranscript> transcripts = Samples(directory, plan, result);
        (string File, string Title, string Svg)[] pictures = [.. Pictures(result).Where(picture => picture.Svg.Length > 0).Select(picture => picture with { Name = directory.PictureFile(picture.Name, result.IsPilot) })];
        foreach ((string file, _, string svg) in pictures) WholeFile.Write(file, Standalone(svg));
        WholeFile.Write(directory.ReportFile(result.IsPilot), Html(plan, result, pictures, transcripts));
        WholeFile.Write(directory.MarkdownFile(result.IsPilot), Markdown(plan, result, pictures, transcripts));
        WholeFile.Write(directory.ResultFile(result.IsPilot), result.Json());
    }

    private static IEnumerable<(string Name, string Title, string Svg)> Pictures(ExperimentResult result)
    {
        yield return ("societies", "Every society, with means and 95 % intervals", ExperimentCharts.Points(result));
        yield return ("curves", "The metric from test to test, mean of each arm", ExperimentCharts.Curves(result));
        yield return ("growth", "Edits saved in the scratchpad, mean of each arm", ExperimentCharts.Growth(result));
    }

    private static string Html(ExperimentPlan plan, ExperimentResult result, (string File, string Title, string Svg)[] pictures, IReadOnlyList<SampleTranscript> transcripts)
    {
        StringBuilder page = new();
        page.Append(ReportStyle.Head(result.Declared.Name));
        page.Append($"""
            <header>
            <p class="kicker">AgentSociety experiment</p>
            <h1>{Report.Encode(result.Declared.Name)}</h1>
            <p class="lead">{Report.Encode(result.Declared.Description)}</p>
            <p class="meta">{Report.Encode(Summary(result))}</p>
            </header>

            """);
        Report.Section(page, "Findings", Report.Encode(Expected(result)));
        List(page, ExperimentFindings.Of(result));
        Report.Pictures(page, [.. pictures.Select(picture => (picture.Title, picture.Svg))]);
        foreach (ReportTable table in ExperimentRows.All(result))
        {
            Report.Section(page, Report.Encode(table.Title), Report.Encode(table.Note));
            page.Append($"<div class=\"scroll\"><table><thead><tr>{string.Concat(table.Head.Select(cell => $"<th>{Report.Encode(cell)}</th>"))}</tr></thead><tbody>\n");
            foreach (IReadOnlyList<string> row in table.Rows) page.Append($"<tr>{string.Concat(row.Select(cell => $"<td>{Report.Encode(cell)}</td>"))}</tr>\n");
            page.Append("</tbody></table></div>\n");
        }

        Report.Section(page, "Transcripts", $"From the last round of {Report.Encode(result.Arms[^1].Name)}, seed {result.Arms[^1].Societies[0].Seed}. <span class=\"prompt\">Prompts</span> and <span class=\"tool\">tool replies</span> come from the environment; <span class=\"model\">the rest</span> the model wrote.");
        foreach (SampleTranscript sample in transcripts) Report.Transcript(page, sample);
        Report.Section(page, "Threats to validity", "What could make the findings mean something else.");
        List(page, [.. result.Remarks, .. ExperimentFindings.Threats(plan, result)]);
        Report.Section(page, "How it was made", "The same command repeats it; what is done already is not done again.");
        page.Append($"<pre>{Report.Encode(result.Command)}</pre>\n<details><summary>declaration, SHA-256 with the arms' scenarios {Report.Encode(result.Hash)}</summary><pre>{Report.Encode(plan.Yaml)}</pre></details>\n");
        foreach (ExperimentArm arm in plan.Arms) page.Append($"<details><summary>scenario of {Report.Encode(arm.Name)}, SHA-256 {Report.Encode(arm.Scenario.Hash)}</summary><pre>{Report.Encode(arm.Scenario.Yaml)}</pre></details>\n");
        page.Append("<div class=\"scroll\"><table><tbody>\n");
        foreach ((string name, string version) in result.Versions.OrderBy(pair => pair.Key, StringComparer.Ordinal)) page.Append($"<tr><td>{Report.Encode(name)}</td><td>{Report.Encode(version)}</td></tr>\n");
        return page.Append("</tbody></table></div>\n</body>\n</html>\n").ToString();
    }

    /// <summary>The report as Markdown.</summary>
    internal static string Markdown(ExperimentPlan plan, ExperimentResult result, (string File, string Title, string Svg)[] pictures, IReadOnlyList<SampleTranscript> transcripts)
    {
        StringBuilder text = new();
        text.Append($"# {result.Declared.Name}\n\n{result.Declared.Description}\n\n{Summary(result)}\n\n## Findings\n\n");
        if (Expected(result).Length > 0) text.Append($"{Expected(result)}\n\n");
        foreach (string finding in ExperimentFindings.Of(result)) text.Append($"- {finding}\n");
        text.Append('\n');
        foreach ((string file, string title, _) in pictures) text.Append($"![{title}]({Path.GetFileName(file)})\n\n");
        foreach (ReportTable table in ExperimentRows.All(result))
        {
            text.Append($"## {table.Title}\n\n{table.Note}\n\n| {string.Join(" | ", table.Head)} |\n|{string.Concat(table.Head.Select(_ => " --- |"))}\n");
            foreach (IReadOnlyList<string> row in table.Rows) text.Append($"| {string.Join(" | ", row)} |\n");
            text.Append('\n');
        }

        text.Append($"## Transcripts\n\nFrom the last round of {result.Arms[^1].Name}, seed {result.Arms[^1].Societies[0].Seed}.\n\n");
        foreach (SampleTranscript sample in transcripts) text.Append($"{sample.Title} ({sample.Episode.Id}, {sample.Episode.Agent}):\n\n{Fenced(string.Concat(sample.Episode.Segments.Select(segment => segment.Text)))}\n");
        text.Append("## Threats to validity\n\n");
        foreach (string threat in (string[])[.. result.Remarks, .. ExperimentFindings.Threats(plan, result)]) text.Append($"- {threat}\n");
        text.Append($"\n## How it was made\n\n{Fenced(result.Command)}\nDeclared before the run, SHA-256 with the arms' scenarios `{result.Hash}`:\n\n{Fenced(plan.Yaml)}\n| | |\n| --- | --- |\n");
        foreach ((string name, string version) in result.Versions.OrderBy(pair => pair.Key, StringComparer.Ordinal)) text.Append($"| {name} | {version} |\n");
        return text.ToString();
    }

    private static string Summary(ExperimentResult result) =>
        $"Metric: {new PrimaryMetric(result.Declared.Metric).Describe(result.Difficulties)}. {result.Arms.Count} arms of {result.Arms[0].Societies.Count} societies, seeds {result.Arms[0].Societies[0].Seed} to {result.Arms[0].Societies[^1].Seed}; "
        + $"{(result.Declared.Stopping == StoppingRule.Fixed ? "a fixed number of societies" : "as many societies as the pilot's spread asks for")}, declared with the metric before the run ({result.Hash[..12]}). "
        + $"All societies one after another: {Figures.Clock(TimeSpan.FromSeconds(result.SocietySeconds))}.";

    private static string Expected(ExperimentResult result) => result.Declared.Expectation.Length > 0 ? $"Expected before the run: {result.Declared.Expectation}" : "";

    private static void List(StringBuilder page, IReadOnlyList<string> items) => page.Append($"<ul>\n{string.Concat(items.Select(item => $"<li>{WebUtility.HtmlEncode(item)}</li>\n"))}</ul>\n");

    private static IReadOnlyList<SampleTranscript> Samples(ExperimentDirectory directory, ExperimentPlan plan, ExperimentResult result)
    {
        PlannedRun run = plan.Runs(directory.Path, 1)[^1];
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        return [.. SampleTranscripts.Choose(database, new RunRecords(database).LastRound()!.Round).Take(Transcripts)];
    }

    // A fence that is longer than any in the text: agents' texts are hostile.
    private static string Fenced(string text)
    {
        string fence = "```";
        while (text.Contains(fence, StringComparison.Ordinal)) fence += '`';
        return $"{fence}\n{text.TrimEnd('\n')}\n{fence}\n";
    }

    // Beside Markdown a picture has no page to take its ink from.
    private static string Standalone(string svg) => svg.Replace("<svg ", "<svg style=\"color:#444;background:#fff\" ", StringComparison.Ordinal);
}
