using System.Net;
using System.Text.RegularExpressions;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

/// <summary>What the server answers to the forms of people, without a browser.</summary>
public sealed partial class FormTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Fact]
    public async Task A_page_that_has_changed_since_it_was_looked_at_is_not_deleted()
    {
        string seen = Assert.IsType<EditResult.Saved>(site.Run.Write("notes/doomed", "old\n")).Revision;
        const string page = "/runs/small/pages/notes/doomed";
        Assert.Contains($"name=\"seen\" value=\"{seen}\"", await site.Client.GetStringAsync(new Uri(page, UriKind.Relative)), StringComparison.Ordinal);
        string now = Assert.IsType<EditResult.Saved>(site.Run.Write("notes/doomed", "much better\n", seen, "solver-2")).Revision;
        using HttpResponseMessage conflict = await site.Send(page, "/runs/small/delete/notes/doomed", ("comment", "no use"), ("seen", seen));
        Assert.Equal(HttpStatusCode.Conflict, conflict.StatusCode);
        string shown = await conflict.Content.ReadAsStringAsync();
        Assert.Contains("much better", shown, StringComparison.Ordinal);
        Assert.Contains($"name=\"seen\" value=\"{now}\"", shown, StringComparison.Ordinal);
        Assert.Equal("much better\n", site.Run.Pages.Read("notes/doomed")!.Body);
        using HttpResponseMessage done = await site.Send(page, "/runs/small/delete/notes/doomed", ("comment", "no use"), ("seen", now));
        Assert.Equal(HttpStatusCode.Redirect, done.StatusCode);
        Assert.Null(site.Run.Pages.Read("notes/doomed"));
    }

    [Theory]
    [InlineData("accept", "accept", "accepted")]
    [InlineData("accept", "reject", "accepted")]
    [InlineData("reject", "accept", "rejected")]
    public async Task A_decision_on_an_edit_that_was_decided_before_is_told_who_decided_and_why(string first, string second, string state)
    {
        string page = $"notes/{first}-{second}";
        string start = Assert.IsType<EditResult.Saved>(site.Run.Write(page, "one\ntwo\n")).Revision;
        site.Run.Write(page, "ONE\ntwo\n", start, "solver-2");
        site.Run.Wait(page, "1\ntwo\n", start, "solver-3", "");
        long number = Assert.Single(site.Run.Scratchpad.Proposals()).Number;
        // What the edit was made on is brought back, so that it can be accepted.
        site.Run.Write(page, "one\ntwo\n", site.Run.Pages.Read(page)!.Revision, "solver-2");
        using HttpResponseMessage decided = await site.Send("/runs/small/proposals", $"/runs/small/proposals/{number}", ("decision", first), ("verdict", "so <b>said</b> I"));
        Assert.EndsWith($"decided={state}", decided.Headers.Location!.ToString(), StringComparison.Ordinal);
        using HttpResponseMessage again = await site.Client.PostAsync(new Uri($"/runs/small/proposals/{number}", UriKind.Relative), new FormUrlEncodedContent(
            [KeyValuePair.Create("_form", await site.FormToken($"/runs/small/edit/{page}")), KeyValuePair.Create("decision", second), KeyValuePair.Create("verdict", "late")]));
        string said = await site.Client.GetStringAsync(again.Headers.Location);
        Assert.Contains($"The edit of {page} was {state} by person already: so &lt;b&gt;said&lt;/b&gt; I", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revision_of_another_page_is_not_brought_back()
    {
        string other = Assert.IsType<EditResult.Saved>(site.Run.Write("notes/other", "of another\n")).Revision, head = Assert.IsType<EditResult.Saved>(site.Run.Write("notes/this", "of this\n")).Revision;
        using HttpResponseMessage answer = await site.Send("/runs/small/edit/notes/this", "/runs/small/bring-back/notes/this", ("revision", other), ("head", head));
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("of this\n", site.Run.Pages.Read("notes/this")!.Body);
    }

    [Fact]
    public async Task What_was_written_outlives_a_restart_of_the_server()
    {
        DirectoryInfo runs = Directory.CreateTempSubdirectory("restart-");
        using ExampleRun run = new ExampleRun(runs.FullName, "small", problems: 1, attempts: 1).Play(1);
        string start = Assert.IsType<EditResult.Saved>(run.Write("notes/long", "old\n")).Revision;
        BrowseOptions options = new() { RunsDirectory = runs.FullName, Port = 0 };
        using HttpClientHandler cookies = new() { AllowAutoRedirect = false, CookieContainer = new CookieContainer() };
        using HttpClient client = new(cookies);
        const string edit = "runs/small/edit/notes/long";
        string token, key;
        await using (BrowseServer before = await BrowseServer.Start(options))
        {
            string form = await client.GetStringAsync(new Uri(before.Address, edit));
            (token, key) = (Field("_form", form), Field("key", form));
        }

        await using (BrowseServer after = await BrowseServer.Start(options))
        {
            async Task<HttpResponseMessage> Save(string token, string key, string text) => await client.PostAsync(new Uri(after.Address, edit), new FormUrlEncodedContent(
                new Dictionary<string, string> { ["_form"] = token, ["key"] = key, ["start"] = start, ["text"] = text, ["comment"] = "an evening's work", ["author"] = "ada", ["action"] = "save" }));
            using HttpResponseMessage refused = await Save(token, key, "an <evening>\n");
            string page = await refused.Content.ReadAsStringAsync();
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Equal("old\n", run.Pages.Read("notes/long")!.Body);
            Assert.Contains("The form is out of date", page, StringComparison.Ordinal);
            Assert.Contains("an &lt;evening&gt;", page, StringComparison.Ordinal);
            Assert.Equal(("an evening&#x27;s work", "ada", start), (Field("comment", page), Field("author", page), Field("start", page)));
            using HttpResponseMessage saved = await Save(Field("_form", page), Field("key", page), "an <evening>\n");
            Assert.Equal(HttpStatusCode.Redirect, saved.StatusCode);
            Assert.Equal("an <evening>\n", run.Pages.Read("notes/long")!.Body);
        }

        runs.Delete(recursive: true);
    }

    [Theory]
    [InlineData("/runs/small/agents/solver-1")]
    [InlineData("/runs/small/episodes/2/solve/0/0")]
    public async Task A_path_does_not_end_with_a_stroke_and_tables_can_be_scrolled(string address)
    {
        string html = await site.Client.GetStringAsync(new Uri(address, UriKind.Relative));
        Assert.DoesNotMatch(@"/\s*</p>", html);
        Assert.Equal(Table().Count(html), ScrolledTable().Count(html));
    }

    private static string Field(string name, string html) => Regex.Match(html, $"name=\"{name}\" value=\"([^\"]*)").Groups[1].Value;

    [GeneratedRegex("<table")]
    private static partial Regex Table();

    [GeneratedRegex("""<div class="scroll"><table""")]
    private static partial Regex ScrolledTable();
}
