using System.Net;

namespace AgentSociety.Web.Tests;

public sealed class FaultTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Theory]
    [InlineData("/runs/nobody", HttpStatusCode.NotFound, "there is no run nobody")]
    [InlineData("/nowhere", HttpStatusCode.NotFound, "There is no page at this address")]
    [InlineData("/runs/small/problems/99/99", HttpStatusCode.NotFound, "there is no problem 99/99")]
    [InlineData("/runs/small/answers/9/held-out/999", HttpStatusCode.NotFound, "there is no answer 9/held-out/999")]
    [InlineData("/runs/small/episodes/9/solve/9/9", HttpStatusCode.NotFound, "there is no episode 9/solve/9/9")]
    [InlineData("/runs/small/pages/notes/operator-a?revision=0000", HttpStatusCode.NotFound, "there is no revision 0000")]
    [InlineData("/runs/small/diff/notes/operator-a?to=0000", HttpStatusCode.NotFound, "there is no revision 0000")]
    [InlineData("/runs/small/whole/books/none", HttpStatusCode.NotFound, "there is no book books/none")]
    [InlineData("/runs/small/lessons/round-99", HttpStatusCode.NotFound, "there is no checkpoint round-99")]
    [InlineData("/runs/small/agents/nobody", HttpStatusCode.NotFound, "there is no agent nobody")]
    [InlineData("/runs/small/pages/nowhere", HttpStatusCode.NotFound, "has no namespace")]
    [InlineData("/runs/small/pages/%22%3Cscript%3E", HttpStatusCode.NotFound, "the page name holds")]
    [InlineData("/runs/small/diff/notes/operator-a", HttpStatusCode.BadRequest, "The request cannot be read")]
    public async Task What_cannot_be_shown_is_told_on_a_page_of_its_own(string address, HttpStatusCode status, string message)
    {
        using HttpResponseMessage answer = await site.Client.GetAsync(new Uri(address, UriKind.Relative));
        string html = await answer.Content.ReadAsStringAsync();
        Assert.Equal(status, answer.StatusCode);
        Assert.Contains(message, html, StringComparison.Ordinal);
        Assert.Contains("""href="/">All runs""", html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_cannot_be_read_does_not_hide_the_others()
    {
        string broken = Path.Combine(site.Runs, "broken");
        Directory.CreateDirectory(broken);
        await File.WriteAllTextAsync(Path.Combine(broken, "society.db"), "this is no database, and long enough that nobody could think so");
        string html = "";
        for (int look = 0; look < 40 && !html.Contains("broken", StringComparison.Ordinal); look++)
        {
            await Task.Delay(250);
            html = await site.Client.GetStringAsync(new Uri("/", UriKind.Relative));
        }

        Assert.Contains("unreadable", html, StringComparison.Ordinal);
        Assert.Contains("run-small", html, StringComparison.Ordinal);
    }
}
