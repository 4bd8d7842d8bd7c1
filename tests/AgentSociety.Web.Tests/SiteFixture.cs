using System.Net;
using System.Text.RegularExpressions;

namespace AgentSociety.Web.Tests;

/// <summary>A server over a directory with one small run, spoken to without a browser.</summary>
public sealed partial class SiteFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("site-");

    public string Runs => _directory.FullName;

    public ExampleRun Run { get; private set; } = null!;

    public BrowseServer Server { get; private set; } = null!;

    public HttpClient Client { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Run = new ExampleRun(Runs, "small", problems: 4, attempts: 4).Play(6);
        Run.Write("notes/operator-a", "It maps a digit to a digit.\n", kind: AgentSociety.Core.Culture.EditKind.Append);
        Server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = Runs, Port = 0, MaximumBodySize = 200_000 });
        Client = NewClient(Server);
    }

    /// <summary>A visitor with cookies of its own, who does not follow redirects.</summary>
    public static HttpClient NewClient(BrowseServer server) => new(new HttpClientHandler { AllowAutoRedirect = false, CookieContainer = new CookieContainer() }) { BaseAddress = server.Address };

    /// <summary>The anti-forgery token in a page's forms.</summary>
    public async Task<string> FormToken(string address) => FormField().Match(await Client.GetStringAsync(new Uri(address, UriKind.Relative))).Groups[1].Value;

    /// <summary>Sends a form with its anti-forgery token.</summary>
    public async Task<HttpResponseMessage> Send(string form, string to, params (string Name, string Value)[] fields) => await Client.PostAsync(new Uri(to, UriKind.Relative),
        new FormUrlEncodedContent([KeyValuePair.Create("_form", await FormToken(form)), .. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]));

    public async Task DisposeAsync()
    {
        Client.Dispose();
        await Server.DisposeAsync();
        Run.Dispose();
        _directory.Delete(recursive: true);
    }

    [GeneratedRegex("""name="_form" value="([^"]+)""")]
    private static partial Regex FormField();
}
