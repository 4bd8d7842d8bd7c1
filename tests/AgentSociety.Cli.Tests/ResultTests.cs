using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using AgentSociety.Cli.Reports;
using AgentSociety.Cli.Results;
using AgentSociety.Culture;
using Spectre.Console.Testing;

namespace AgentSociety.Cli.Tests;

public sealed partial class ResultTests
{
    [Fact]
    public void The_page_of_a_finished_run()
    {
        using SampleRun run = new();
        RunResults.Write(run.Directory);
        TestConsole console = new TestConsole().Width(120);
        RunPage.Write(run.Directory, console);
        GoldenFile.Matches("show.txt", console.Output.Replace(run.Folder, "runs"));
    }

    [Fact]
    public void The_page_of_a_run_that_was_stopped_says_how_to_go_on()
    {
        using SampleRun run = new(rounds: 1);
        TestConsole console = new TestConsole().Width(200);
        RunPage.Write(run.Directory, console);
        Assert.Contains("1 of 3 rounds so far", console.Output);
        Assert.Contains($"agentsociety resume {run.Directory.Path}", console.Output);
    }

    [Fact]
    public async Task Runs_are_listed_and_one_that_cannot_be_read_hides_no_other()
    {
        using SampleRun run = new();
        Directory.CreateDirectory(Path.Combine(run.Folder, "broken"));
        File.WriteAllText(Path.Combine(run.Folder, "broken", "society.db"), "this is no database, and it is long enough to be looked at");
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run(["runs", run.Folder], kept.Terminal));
        string output = kept.Out.Output.Replace(run.Folder, "runs");
        Assert.Matches(@"sample\s+sample\s+7\s+3\s+1 -> 3\s+100 % at 2\s+0:24", output);
        Assert.Contains("broken", output);
    }

    [Fact]
    public async Task The_summary_of_show_is_that_of_the_file()
    {
        using SampleRun run = new();
        KeptTerminal kept = new();
        Assert.Equal(0, await CommandLine.Run(["show", run.Directory.Path, "--json", "--report"], kept.Terminal));
        Assert.Equal(File.ReadAllText(run.Directory.SummaryFile), kept.Raw);
        using JsonDocument json = JsonDocument.Parse(kept.Raw);
        Assert.Equal(3, json.RootElement.GetProperty("frontier").GetProperty("end").GetInt32());
    }

    [Fact]
    public void What_agents_wrote_is_text_in_the_report_and_nothing_comes_from_elsewhere()
    {
        string html = Html();
        Assert.DoesNotContain("<script", html);
        Assert.Contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;[red]", html);
        Assert.DoesNotContain(Links().Matches(html), match => !match.Value.Contains("www.w3.org"));
        Assert.Contains("default-src 'none'", html);
    }

    [Fact]
    public void The_report_has_every_chart_as_well_formed_svg_in_the_pages_ink()
    {
        string html = Html();
        MatchCollection charts = Svg().Matches(html);
        Assert.Equal(8, charts.Count);
        Assert.All(charts, chart =>
        {
            XElement svg = XElement.Parse(chart.Value);
            Assert.NotNull(svg.Attribute("viewBox"));
            Assert.Contains("currentColor", chart.Value);
            Assert.Contains(svg.Descendants(), element => element.Name.LocalName == "text" && element.Value.Contains("round"));
        });
        foreach (string part in (string[])["Held-out accuracy", "Solve rate by difficulty", "Frontier", "Entropy", "Scratchpad", "Tokens per second", "Solved soundly", "Wrong", "A proposal", "Configuration", "5ce7", "How it was made", "0.1.0+abc"])
            Assert.Contains(part, html);
    }

    [Fact]
    public void The_report_of_a_run_without_rounds_leaves_out_what_is_not_there()
    {
        using SampleRun run = new(rounds: 0);
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        string html = Report.Html(database);
        Assert.Contains("0 of 3", html);
        Assert.DoesNotContain("Solve rate by difficulty", html);
    }

    private static string Html()
    {
        using SampleRun run = new();
        using SocietyDatabase database = SocietyDatabase.OpenReadOnly(run.Directory.Database);
        return Report.Html(database);
    }

    [GeneratedRegex("(src|href)=|https?://[^\" ]*|@import|url\\((?!#)")]
    private static partial Regex Links();

    [GeneratedRegex("<svg.*?</svg>", RegexOptions.Singleline)]
    private static partial Regex Svg();
}
