using System.Net;
using System.Text.RegularExpressions;
using AgentSociety.Core.Records;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

public sealed partial class PairedRunsTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Fact]
    public async Task Runs_that_share_no_question_are_paired_by_difficulty()
    {
        Tested("left", (1, 10), (2, 4), (3, 2));
        // Asked at another difficulty too, which the other was not.
        Tested("right", (1, 15), (2, 14), (4, 20));
        string html = WebUtility.HtmlDecode(await site.Client.GetStringAsync(new Uri("/compare?run=left&run=right", UriKind.Relative)));
        string paired = html[html.IndexOf("Held-out test, reading", StringComparison.Ordinal)..];
        Assert.Equal(["difficulty 2", "difficulty 1"], Named().Matches(paired).Select(task => task.Groups[1].Value));
        // 50 and 25 points more.
        Assert.Contains("+37.5 points</strong> for right over 2 tasks", paired, StringComparison.Ordinal);
        Assert.DoesNotContain("Held-out test, not reading", html, StringComparison.Ordinal);
        Assert.Contains("The two have no task in common", paired, StringComparison.Ordinal);
    }

    private void Tested(string name, params (int Difficulty, int Correct)[] results)
    {
        using ExampleRun run = new(site.Runs, name);
        new RunRecords(run.Database).Append(new RoundRecord
        {
            Round = 1,
            State = "{}",
            HeldOut = [.. results.Select(result => new HeldOutRecord { Difficulty = result.Difficulty, Reading = true, Correct = result.Correct, Sound = 0, Count = 20 })],
        });
    }

    [GeneratedRegex("<code>(difficulty [0-9]+)</code>")]
    private static partial Regex Named();
}
