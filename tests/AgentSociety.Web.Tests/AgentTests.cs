using System.Net;

namespace AgentSociety.Web.Tests;

public sealed class AgentTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Fact]
    public async Task Whoever_wrote_asked_for_an_edit_or_lives_in_the_society_has_a_page()
    {
        using ExampleRun run = new(site.Runs, "quiet");
        run.Write("notes/a", "one\n", author: "guests/ann");
        run.Write("notes/b", "two\n", author: "a.b%c d");
        string read = run.Pages.Read("notes/a")!.Revision;
        run.Write("notes/a", "other\n", read, author: "guests/ann");
        run.Wait("notes/a", "mine\n", read, "waiting", "on what was there");
        foreach (string known in (string[])["guests/ann", "guests%2Fann", "a.b%25c%20d", "waiting", "solver-1"])
        {
            using HttpResponseMessage answer = await site.Client.GetAsync(new Uri($"/runs/quiet/agents/{known}", UriKind.Relative));
            Assert.True(answer.StatusCode == HttpStatusCode.OK, known);
        }

        string html = await site.Client.GetStringAsync(new Uri("/runs/quiet/agents/guests/ann", UriKind.Relative));
        Assert.Contains("<h1>guests/ann</h1>", html, StringComparison.Ordinal);
        Assert.Contains("""href="/runs/quiet/pages/notes/a">""", html, StringComparison.Ordinal);
        Assert.Contains("""href="/runs/quiet/agents/guests/ann">""", await site.Client.GetStringAsync(new Uri("/runs/quiet/changes", UriKind.Relative)), StringComparison.Ordinal);
        Assert.Contains("It has neither played", await site.Client.GetStringAsync(new Uri("/runs/quiet/agents/solver-1", UriKind.Relative)), StringComparison.Ordinal);
    }
}
