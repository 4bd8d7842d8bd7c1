using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using AgentSociety.Core;

namespace AgentSociety.Web.Tests;

public sealed class SecurityTests(SiteFixture site) : IClassFixture<SiteFixture>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/runs/small")]
    [InlineData("/runs/nobody")]
    [InlineData("/api/runs")]
    public async Task Every_answer_forbids_inline_scripts_frames_and_foreign_hosts(string address)
    {
        using HttpResponseMessage answer = await site.Client.GetAsync(new Uri(address, UriKind.Relative));
        string policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        foreach (string rule in (string[])["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"])
            Assert.Contains(rule, policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(answer.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/runs/small")]
    [InlineData("/runs/small/pages/notes/operator-a")]
    [InlineData("/runs/small/edit/notes/operator-a")]
    [InlineData("/runs/small/problems")]
    [InlineData("/compare?run=small")]
    public async Task No_page_needs_what_the_policy_forbids(string address)
    {
        string html = await site.Client.GetStringAsync(new Uri(address, UriKind.Relative));
        Assert.DoesNotMatch(@"<script(?![^>]*\ssrc=)", html);
        Assert.DoesNotMatch(@"\s(style|on[a-z]+)=""", html);
        Assert.DoesNotMatch(@"(src|href)=""(https?:)?//", html);
    }

    [Fact]
    public async Task A_form_without_its_token_changes_nothing()
    {
        string before = site.Run.Pages.Read("notes/operator-a")?.Revision ?? "";
        using HttpResponseMessage answer = await site.Client.PostAsync(new Uri("/runs/small/edit/notes/operator-a", UriKind.Relative), Form(("text", "forged"), ("start", before), ("key", "person/forged"), ("action", "save")));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(before, site.Run.Pages.Read("notes/operator-a")?.Revision ?? "");
    }

    [Theory]
    [InlineData("/runs/small/label")]
    [InlineData("/runs/small/delete")]
    [InlineData("/runs/small/undelete")]
    [InlineData("/runs/small/delete/notes/operator-a")]
    [InlineData("/runs/small/restore/notes/operator-a")]
    [InlineData("/runs/small/bring-back/notes/operator-a")]
    [InlineData("/runs/small/revert/notes/operator-a")]
    [InlineData("/runs/small/revert-author")]
    [InlineData("/runs/small/proposals/1")]
    [InlineData("/runs/small/edit/notes/operator-a")]
    [InlineData("/runs/small/remark/books/guide")]
    public async Task Every_form_asks_for_its_token(string address)
    {
        using HttpResponseMessage answer = await site.Client.PostAsync(new Uri(address, UriKind.Relative),
            Form(("sure", "yes"), ("comment", "x"), ("revision", "r"), ("head", "h"), ("to", "t"), ("author", "solver-1"), ("fromRound", "0"), ("decision", "accept"), ("chapter", "notes/operator-a"), ("remark", "x"), ("key", "k"), ("action", "save"), ("text", "x"), ("_form", "made up")));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("The form is out of date", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task A_change_that_another_site_asks_for_is_refused(string header, string value)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, "/api/runs/small/pages/notes/foreign") { Content = JsonContent.Create(new { body = "x" }) };
        request.Headers.TryAddWithoutValidation(header, value);
        request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        using HttpResponseMessage answer = await site.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Null(site.Run.Pages.Read("notes/foreign"));
    }

    [Fact]
    public async Task A_change_cannot_be_smuggled_in_as_a_simple_request()
    {
        using HttpRequestMessage request = new(HttpMethod.Put, "/api/runs/small/pages/notes/foreign") { Content = new StringContent("{\"body\":\"x\"}", Encoding.UTF8, "text/plain") };
        request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        using HttpResponseMessage answer = await site.Client.SendAsync(request);
        Assert.False(answer.IsSuccessStatusCode);
        Assert.Null(site.Run.Pages.Read("notes/foreign"));
    }

    [Theory]
    [InlineData("evil.example")]
    [InlineData("evil.example:80")]
    [InlineData("127.0.0.1.evil.example")]
    [InlineData("10.0.0.7")]
    public async Task A_foreign_name_that_points_here_gets_no_answer(string host)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/runs");
        request.Headers.Host = host;
        using HttpResponseMessage answer = await site.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
        Assert.DoesNotContain("small", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost")]
    [InlineData("127.0.0.1")]
    [InlineData("[::1]")]
    public async Task This_machines_own_names_are_answered(string host)
    {
        using HttpRequestMessage request = new(HttpMethod.Get, "/api/runs");
        request.Headers.Host = $"{host}:{site.Server.Address.Port}";
        using HttpResponseMessage answer = await site.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("/runs/..%2f..%2fetc")]
    [InlineData("/runs/%2e%2e~outside")]
    [InlineData("/runs/..~outside")]
    [InlineData("/runs/small~..~..~outside")]
    [InlineData("/runs/%2fetc")]
    [InlineData("/runs/.trash~small")]
    [InlineData("/api/runs/..%2foutside/pages")]
    [InlineData("/assets/x/..%2fsite.css")]
    [InlineData("/assets/x/%2e%2e%2f%2e%2e%2fappsettings.json")]
    public async Task A_path_out_of_the_directory_of_runs_leads_nowhere(string address)
    {
        string outside = Path.Combine(Path.GetDirectoryName(site.Runs)!, "outside");
        using (ExampleRun _ = Outside(outside))
        {
            string answer = await Raw($"GET {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
            Assert.Matches("^HTTP/1.1 (400|404)", answer);
        }

        Directory.Delete(outside, recursive: true);
    }

    [Fact]
    public async Task A_page_name_cannot_climb()
    {
        string answer = await Raw("GET /runs/small/pages/notes/../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        Assert.Matches("^HTTP/1.1 (400|404)", answer);
        using HttpResponseMessage put = await Put("/api/runs/small/pages/notes/%2e%2e%2fescape", "x");
        Assert.False(put.IsSuccessStatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_large_is_refused_before_it_is_read()
    {
        using HttpResponseMessage form = await site.Send("/runs/small/edit/notes/large", "/runs/small/edit/notes/large", ("text", new string('x', 300_000)), ("start", ""), ("key", "person/large"), ("action", "save"));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, form.StatusCode);
        using HttpResponseMessage json = await Put("/api/runs/small/pages/notes/large", new string('x', 300_000));
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, json.StatusCode);
        Assert.Null(site.Run.Pages.Read("notes/large"));
    }

    [Fact]
    public async Task An_address_that_is_not_loopback_asks_for_the_token()
    {
        await using BrowseServer server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = site.Runs, Port = 0, Listen = IPAddress.Any });
        Assert.Equal(40, server.Token!.Length);
        using HttpClient client = SiteFixture.NewClient(server);
        using HttpResponseMessage stranger = await client.GetAsync(new Uri("/api/runs", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, stranger.StatusCode);
        using HttpResponseMessage guess = await client.GetAsync(new Uri($"/?token={new string('0', 40)}", UriKind.Relative));
        Assert.Equal(HttpStatusCode.Unauthorized, guess.StatusCode);

        using HttpRequestMessage program = new(HttpMethod.Get, "/api/runs");
        program.Headers.Authorization = new AuthenticationHeaderValue("Bearer", server.Token);
        using HttpResponseMessage known = await client.SendAsync(program);
        Assert.Equal(HttpStatusCode.OK, known.StatusCode);

        using HttpResponseMessage entrance = await client.GetAsync(server.Entrance);
        Assert.Equal(HttpStatusCode.Redirect, entrance.StatusCode);
        Assert.DoesNotContain("token", entrance.Headers.Location!.ToString(), StringComparison.Ordinal);
        string cookie = Assert.Single(entrance.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        using HttpResponseMessage inside = await client.GetAsync(new Uri("/api/runs", UriKind.Relative));
        Assert.Equal(HttpStatusCode.OK, inside.StatusCode);
        using HttpRequestMessage rebound = new(HttpMethod.Get, "/api/runs");
        rebound.Headers.Host = "evil.example";
        using HttpResponseMessage foreign = await client.SendAsync(rebound);
        Assert.Equal(HttpStatusCode.MisdirectedRequest, foreign.StatusCode);
    }

    [Fact]
    public async Task A_short_token_is_refused()
    {
        SocietyException fault = await Assert.ThrowsAsync<SocietyException>(() => BrowseServer.Start(new BrowseOptions { RunsDirectory = site.Runs, Port = 0, Listen = IPAddress.Any, Token = "short" }));
        Assert.Contains("shorter than 16", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Loopback_is_what_it_listens_on_unless_told_otherwise()
    {
        Assert.Equal(IPAddress.Loopback, new BrowseOptions().Listen);
        Assert.Null(site.Server.Token);
    }

    [Fact]
    public async Task A_visitor_cannot_be_sent_to_another_host()
    {
        using HttpResponseMessage answer = await site.Client.GetAsync(new Uri("/runs/small/new?page=%2f%2fevil.example", UriKind.Relative));
        Assert.Equal("/runs/small/edit///evil.example", answer.Headers.Location!.OriginalString);
    }

    private static ExampleRun Outside(string path) => new(Path.GetDirectoryName(path)!, Path.GetFileName(path));

    private static FormUrlEncodedContent Form(params (string Name, string Value)[] fields) => new(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));

    private async Task<HttpResponseMessage> Put(string address, string body)
    {
        using HttpRequestMessage request = new(HttpMethod.Put, address) { Content = JsonContent.Create(new { body }) };
        request.Headers.TryAddWithoutValidation("If-None-Match", "*");
        return await site.Client.SendAsync(request);
    }

    /// <summary>A request as it stands: no client tidies its path.</summary>
    private async Task<string> Raw(string request)
    {
        using TcpClient client = new();
        await client.ConnectAsync(IPAddress.Loopback, site.Server.Address.Port);
        await using NetworkStream stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using StreamReader reader = new(stream);
        return await reader.ReadToEndAsync();
    }
}
