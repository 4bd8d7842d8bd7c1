using System.Text.RegularExpressions;

namespace AgentSociety.Web.Tests;

public sealed partial class RunListTests : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("list-");
    private BrowseServer _server = null!;
    private HttpClient _client = null!;

    [Fact]
    public async Task The_list_is_sorted_and_filtered_by_its_address_and_says_by_what()
    {
        Assert.Equal(["apple", "banana", "cherry"], await Rows("/?sort=name&order=up"));
        Assert.Equal(["cherry", "banana", "apple"], await Rows("/?sort=name&order=down"));
        Assert.Equal(["banana", "cherry", "apple"], await Rows("/?sort=round"));
        Assert.Equal(["apple"], await Rows("/?q=APP"));
        Assert.Equal(["apple", "cherry"], await Rows("/?state=done&sort=name&order=up"));
        Assert.Empty(await Rows("/?q=apple&state=running"));
        string html = await _client.GetStringAsync(new Uri("/?sort=round&order=up&q=an", UriKind.Relative));
        Assert.Contains("""<th class="number" aria-sort="ascending">""", html, StringComparison.Ordinal);
        // The way back, and the filter is kept.
        Assert.Contains("""href="/?q=an&amp;sort=round&amp;order=down">""", html, StringComparison.Ordinal);
        Assert.Contains("No run passes this filter", await _client.GetStringAsync(new Uri("/?q=nothing", UriKind.Relative)), StringComparison.Ordinal);
    }

    public async Task InitializeAsync()
    {
        foreach ((string name, int rounds, bool done) in ((string, int, bool)[])[("banana", 5, false), ("cherry", 4, true), ("apple", 2, true)])
        {
            using ExampleRun run = new ExampleRun(_directory.FullName, name, problems: 1, attempts: 1).Play(rounds);
            if (done) run.Finish();
        }

        _server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = _directory.FullName, Port = 0 });
        _client = SiteFixture.NewClient(_server);
        for (int look = 0; look < 200 && (await Rows("/")).Length < 3; look++) await Task.Delay(50);
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private async Task<string[]> Rows(string address) => [.. Row().Matches(await _client.GetStringAsync(new Uri(address, UriKind.Relative))).Select(row => row.Groups[1].Value)];

    [GeneratedRegex("id=\"run-([a-z]+)\"")]
    private static partial Regex Row();
}
