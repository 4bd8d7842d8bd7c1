using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;

namespace AgentSociety.Web.Tests;

public sealed class ApiTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Fact]
    public async Task A_page_is_read_with_its_revision_as_tag_and_not_sent_twice()
    {
        using HttpResponseMessage first = await Get("/api/runs/small/pages/notes/operator-a");
        NotePage page = site.Run.Pages.Read("notes/operator-a")!;
        Assert.Equal($"\"{page.Revision}\"", first.Headers.ETag!.Tag);
        Assert.Equal(page.Body, (await Json(first)).GetProperty("body").GetString());
        using HttpRequestMessage again = new(HttpMethod.Get, "/api/runs/small/pages/notes/operator-a");
        again.Headers.IfNoneMatch.Add(first.Headers.ETag);
        using HttpResponseMessage second = await site.Client.SendAsync(again);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task Who_says_who_it_is_is_recorded_as_a_reader_and_shown_beside_the_page()
    {
        string revision = Assert.IsType<EditResult.Saved>(site.Run.Write("notes/consulted", "one\n")).Revision;
        async Task<HttpStatusCode> Status(string page)
        {
            using HttpResponseMessage got = await Get($"/api/runs/small/pages/notes/{page}");
            return got.StatusCode;
        }

        foreach (string look in (string[])["consulted?author=robin&role=solver", "consulted?author=robin&role=solver", "consulted"]) Assert.Equal(HttpStatusCode.OK, await Status(look));
        Assert.Equal(HttpStatusCode.NotFound, await Status("sought?author=robin"));
        using HttpResponseMessage answer = await Get("/api/runs/small/reads/notes/consulted");
        JsonElement[] reads = [.. (await Json(answer)).EnumerateArray()];
        Assert.Equal(2, reads.Length);
        Assert.All(reads, read => Assert.Equal(("robin", revision, 6), (read.GetProperty("agent").GetString(), read.GetProperty("revision").GetString(), read.GetProperty("round").GetInt32())));
        Assert.All(site.Run.Database.OutsideReadsOf("notes/consulted"), read => Assert.Equal(Core.Play.Role.Solver, read.Role));
        Assert.Contains("Read from outside the run 2 times by 1 reader", await site.Client.GetStringAsync(new Uri("/runs/small/pages/notes/consulted", UriKind.Relative)), StringComparison.Ordinal);
        string reader = await site.Client.GetStringAsync(new Uri("/runs/small/agents/robin", UriKind.Relative));
        Assert.Contains("What it read from outside the run", reader, StringComparison.Ordinal);
        Assert.Contains("notes/sought</a>, which was not there", reader, StringComparison.Ordinal);
        foreach (string wrong in (string[])["consulted?author=%20", "consulted?author=robin&role=slover", "consulted?author=robin&role=1"]) Assert.Equal(HttpStatusCode.BadRequest, await Status(wrong));
    }

    [Fact]
    public async Task An_edit_names_what_it_was_made_on()
    {
        using HttpResponseMessage blind = await Put("notes/api", "one\n", null);
        Assert.Equal(HttpStatusCode.PreconditionRequired, blind.StatusCode);
        using HttpResponseMessage made = await Put("notes/api", "one\ntwo\nthree\n", "*");
        Assert.Equal(HttpStatusCode.OK, made.StatusCode);
        string start = made.Headers.ETag!.Tag;
        using HttpResponseMessage changed = await Put("notes/api", "ONE\ntwo\nthree\n", start);
        Assert.Equal("saved", (await Json(changed)).GetProperty("outcome").GetString());
        using HttpResponseMessage merged = await Put("notes/api", "one\ntwo\nTHREE\n", start);
        Assert.Equal("merged", (await Json(merged)).GetProperty("outcome").GetString());
        Assert.Equal("ONE\ntwo\nTHREE\n", site.Run.Pages.Read("notes/api")!.Body);
        using HttpResponseMessage conflict = await Put("notes/api", "eins\ntwo\nthree\n", start);
        Assert.Equal(HttpStatusCode.PreconditionFailed, conflict.StatusCode);
        JsonElement told = await Json(conflict);
        Assert.Equal("ONE\ntwo\nTHREE\n", told.GetProperty("theirs").GetProperty("body").GetString());
        Assert.Equal("eins\ntwo\nthree\n", told.GetProperty("mine").GetString());
        Assert.Contains("<<<<<<<", told.GetProperty("attempt").GetString(), StringComparison.Ordinal);
        Assert.Equal("ONE\ntwo\nTHREE\n", site.Run.Pages.Read("notes/api")!.Body);
    }

    [Fact]
    public async Task A_program_leaves_a_remark_in_a_books_margin()
    {
        site.Run.Write("books/api", new Book { Page = "books/api", Title = "B", Chapters = [new("notes/operator-a", "A")] }.Compile());
        async Task<HttpResponseMessage> Send(string book, string chapter) => await site.Client.PostAsJsonAsync($"/api/runs/small/remarks/{book}", new { chapter, remark = "a4 is wrong", author = "robin", role = "solver", key = "one" });
        for (int sending = 0; sending < 2; sending++)
        {
            using HttpResponseMessage left = await Send("books/api", "notes/operator-a");
            Assert.Equal("saved", (await Json(left)).GetProperty("outcome").GetString());
        }

        Assert.Equal("- [[notes/operator-a]]: a4 is wrong\n", site.Run.Pages.Read("books/api/margin")!.Body);
        Assert.Equal("robin", site.Run.Database.Blame("books/api/margin")[0].Revision.Author);
        using HttpResponseMessage unknown = await Send("books/api", "notes/none"), none = await Send("books/none", "notes/operator-a"), page = await Send("notes/operator-a", "notes/operator-a");
        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (unknown.StatusCode, none.StatusCode, page.StatusCode));
    }

    [Fact]
    public async Task The_same_edit_sent_twice_is_made_once()
    {
        for (int sending = 0; sending < 2; sending++)
        {
            using HttpResponseMessage answer = await Put("notes/twice", "once\n", "*", key: "a-key");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        Assert.Single(site.Run.Pages.History("notes/twice"));
    }

    [Fact]
    public async Task A_page_is_deleted_at_the_revision_that_was_seen()
    {
        using HttpResponseMessage made = await Put("notes/gone", "x\n", "*");
        using HttpResponseMessage changed = await Put("notes/gone", "y\n", made.Headers.ETag!.Tag);
        using HttpResponseMessage unknown = await Delete("notes/gone", new string('0', 64));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, unknown.StatusCode);
        using HttpResponseMessage stale = await Delete("notes/gone", made.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        Assert.Equal("y\n", (await Json(stale)).GetProperty("theirs").GetProperty("body").GetString());
        using HttpResponseMessage gone = await Delete("notes/gone", changed.Headers.ETag!.Tag);
        Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
        Assert.Null(site.Run.Pages.Read("notes/gone"));
    }

    [Fact]
    public async Task A_rule_that_an_edit_breaks_is_told_in_a_line()
    {
        using HttpResponseMessage answer = await Put("nowhere/x", "x\n", "*");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        JsonElement told = await Json(answer);
        Assert.Contains("no namespace", told.GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.Equal("form", told.GetProperty("rule").GetString());
    }

    [Theory]
    [InlineData("/api/runs")]
    [InlineData("/api/runs/small")]
    [InlineData("/api/runs/small/series")]
    [InlineData("/api/runs/small/held-out")]
    [InlineData("/api/runs/small/problems?limit=2")]
    [InlineData("/api/runs/small/episodes?agent=solver-1&verdict=correct&limit=3")]
    [InlineData("/api/runs/small/episodes/1/solve/0/0")]
    [InlineData("/api/runs/small/answers?test=held-out&difficulty=2&reading=no&limit=3")]
    [InlineData("/api/runs/small/answers/5/held-out/3")]
    [InlineData("/api/runs/small/agents")]
    [InlineData("/api/runs/small/search?q=operator")]
    [InlineData("/api/runs/small/changes?after=0&limit=5")]
    [InlineData("/api/runs/small/links")]
    [InlineData("/api/runs/small/history/notes/operator-a")]
    [InlineData("/api/runs/small/blame/notes/operator-a")]
    [InlineData("/api/runs/small/proposals")]
    [InlineData("/api/runs/small/pages?prefix=notes/&limit=2")]
    [InlineData("/api/series?run=small&name=solve-rate&name=held-out&name=speed/decode")]
    public async Task Everything_that_a_page_shows_can_be_had_as_JSON(string address)
    {
        using HttpResponseMessage answer = await Get(address);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        Assert.NotEqual(JsonValueKind.Undefined, (await Json(answer)).ValueKind);
    }

    [Fact]
    public async Task Curves_are_thinned_to_what_is_asked_for()
    {
        using HttpResponseMessage answer = await Get("/api/series?run=small&name=solve-rate&points=2");
        JsonElement series = (await Json(answer)).GetProperty("series")[0];
        Assert.InRange(series.GetProperty("points").GetArrayLength(), 1, 3);
    }

    [Fact]
    public async Task More_curves_than_one_request_gives_are_not_cut_silently()
    {
        using HttpResponseMessage answer = await Get("/api/series?name=solve-rate&" + string.Join('&', Enumerable.Repeat("run=small", 25)));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("at most 24 runs", (await Json(answer)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("held-out")]
    [InlineData("held-out/2")]
    [InlineData("culture/adoption")]
    public async Task What_is_an_estimate_comes_with_its_interval(string name)
    {
        using HttpResponseMessage answer = await Get($"/api/series?run=small&name={name}");
        double[][] points = [.. (await Json(answer)).GetProperty("series")[0].GetProperty("points").EnumerateArray().Select(point => point.EnumerateArray().Select(number => number.GetDouble()).ToArray())];
        Assert.NotEmpty(points);
        Assert.All(points, point => Assert.True(point is [_, var value, var low, var high] && 0 <= low && low <= value && value <= high && high <= 1 && low < high, string.Join(' ', point)));
        using HttpResponseMessage names = await Get("/api/runs/small/series");
        Assert.DoesNotContain((await Json(names)).GetProperty("names").EnumerateArray(), each => each.GetString()!.EndsWith("/low", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("/api/runs/nobody")]
    [InlineData("/api/runs/small/pages/notes/none")]
    [InlineData("/api/runs/small/episodes/9/solve/9/9")]
    public async Task What_is_not_there_is_told_as_JSON(string address)
    {
        using HttpResponseMessage answer = await Get(address);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains("there is no", (await Json(answer)).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    private Task<HttpResponseMessage> Get(string address) => site.Client.GetAsync(new Uri(address, UriKind.Relative));

    private async Task<HttpResponseMessage> Put(string page, string body, string? tag, string? key = null)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, $"/api/runs/small/pages/{page}") { Content = JsonContent.Create(new { body, author = "tester", comment = "by the interface", key }) };
        if (tag is not null) request.Headers.TryAddWithoutValidation(tag == "*" ? "If-None-Match" : "If-Match", tag);
        return await site.Client.SendAsync(request);
    }

    private async Task<HttpResponseMessage> Delete(string page, string tag)
    {
        using HttpRequestMessage request = new(HttpMethod.Delete, $"/api/runs/small/pages/{page}");
        request.Headers.TryAddWithoutValidation("If-Match", tag);
        return await site.Client.SendAsync(request);
    }

    private static async Task<JsonElement> Json(HttpResponseMessage answer) => JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
}
