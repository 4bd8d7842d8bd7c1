using AgentSociety.Culture;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AgentSociety.Web.Tests;

[CollectionDefinition(nameof(BrowserCollection))]
public sealed class BrowserCollection : ICollectionFixture<BrowserFixture>;

/// <summary>One browser, one server and a few example runs for all tests in the browser. A test that changes a run makes one of its own.</summary>
public sealed class BrowserFixture : IAsyncLifetime
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("browse-");
    private readonly DirectoryInfo _profile = Directory.CreateTempSubdirectory("browser-profile-");
    private IPlaywright? _playwright;

    public string Runs => _directory.FullName;

    public IBrowserContext Context { get; private set; } = null!;

    public BrowseServer Server { get; private set; } = null!;

    /// <summary>A run of 40 rounds that goes on.</summary>
    public ExampleRun First { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        First = new ExampleRun(Runs, "culture-on").Play(41);
        First.Write("skills/chains", "# Chains\n\nWalk from right to left; look each operator up before you guess.\n\n| operator | page |\n| --- | --- |\n| a | [[notes/operator-a]] |\n| b | [[notes/operator-b\\|the second]] |\n\n- [x] read first\n- [ ] then write\n\n> Doubt what was written in the first rounds.\n\nSee also [[notes/missing]] and `c4?`.\n", author: "solver-2");
        First.Write("books/field-guide", "---\ntitle: A field guide to operators\n---\nFor newborns.\n\n1. [[skills/chains|How to walk a chain]]\n2. [[notes/operator-a|The first operator]]\n", author: "author-1");
        First.Write("books/field-guide/margin", "- [[skills/chains]]: this saved me in round 30\n", author: "solver-3");
        First.Write("skills/inverse", "# Inverses\n\nSome operators undo themselves.\n", author: "solver-2");
        string start = First.Pages.Read("skills/inverse")!.Revision;
        First.Write("skills/inverse", "# Inverses\n\nTry an operator twice: some undo themselves.\n", start, "solver-4");
        First.Wait("skills/inverse", "# Inverses\n\nFew operators undo themselves, and nobody knows which.\n", start, "solver-1", "three that I tried did not");
        First.Wait("skills/inverse", "# Inverses\n\nAll operators undo themselves.\n", start, "solver-3", "");
        using (ExampleRun second = new ExampleRun(Runs, "culture-off", seed: 2).Play(41)) second.Finish();
        using (ExampleRun third = new ExampleRun(Path.Combine(Runs, "two-by-two"), "arm-1", seed: 3, planned: 20).Play(21)) third.Finish();
        Server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = Runs, Port = 0 });
        if (Chromium.Path is null) throw new InvalidOperationException("there is no chromium on this machine; install it (Debian: apt-get install chromium) or name it in CHROMIUM_PATH");
        _playwright = await Playwright.CreateAsync();
        Context = await _playwright.Chromium.LaunchPersistentContextAsync(_profile.FullName, new BrowserTypeLaunchPersistentContextOptions
        {
            ExecutablePath = Chromium.Path,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
            ViewportSize = new ViewportSize { Width = 1280, Height = 720 },
            ReducedMotion = ReducedMotion.Reduce,
        });
        Context.SetDefaultTimeout(30_000);
    }

    /// <summary>Opens a page of the app and fails the test on any script error, refused resource or request to another host.</summary>
    public async Task<WatchedPage> Open(string address)
    {
        IPage page = await Context.NewPageAsync();
        WatchedPage watched = new(page, Server.Address);
        await page.GotoAsync(new Uri(Server.Address, address).ToString());
        return watched;
    }

    /// <summary>A run of a test's own.</summary>
    public ExampleRun Run(string name, int rounds, EditRules? rules = null) => new ExampleRun(Runs, name, rules: rules).Play(rounds);

    public async Task DisposeAsync()
    {
        if (Context is not null) await Context.CloseAsync();
        _playwright?.Dispose();
        await Server.DisposeAsync();
        First.Dispose();
        _directory.Delete(recursive: true);
        _profile.Delete(recursive: true);
    }
}

/// <summary>A page whose faults are collected.</summary>
public sealed class WatchedPage : IAsyncDisposable
{
    private readonly Uri _own;

    public WatchedPage(IPage page, Uri own)
    {
        Page = page;
        _own = own;
        page.Console += (_, message) =>
        {
            if (message.Type == "error" && !message.Text.Contains("status of 4", StringComparison.Ordinal)) Faults.Add(message.Text);
        };
        page.Response += (_, response) =>
        {
            if (response.Status >= 500) Faults.Add($"{response.Status} from {response.Url}");
        };
        page.PageError += (_, fault) => Faults.Add(fault);
        page.Request += (_, request) =>
        {
            if (new Uri(request.Url) is { Scheme: not "data" } target && target.Authority != own.Authority) Faults.Add($"request to {request.Url}");
        };
        page.Dialog += async (_, dialog) =>
        {
            if (dialog.Type != DialogType.BeforeUnload) Faults.Add($"dialog {dialog.Message}");
            await dialog.AcceptAsync();
        };
    }

    public IPage Page { get; }

    public List<string> Faults { get; } = [];

    public Task Go(string address) => Page.GotoAsync(new Uri(_own, address).ToString());

    /// <summary>Waits until the page follows its run, and marks its window: the mark goes when anything is loaded anew.</summary>
    public async Task FollowLive()
    {
        await Page.BringToFrontAsync();
        await Expect(Page.Locator("[data-live-state=on], [data-live-state=pulse]")).ToHaveCountAsync(1);
        await Page.EvaluateAsync("() => { window.untouched = true; }");
    }

    /// <summary>Fails where the page was loaded anew since <see cref="FollowLive"/>.</summary>
    public async Task AssertNeverReloaded() => Assert.True(await Page.EvaluateAsync<bool>("() => window.untouched === true"));

    /// <summary>Fills in the form of an edit and saves it.</summary>
    public async Task SaveEdit(string text, string author, string comment = "")
    {
        await Page.Locator("textarea").FillAsync(text);
        await Page.Locator("input[name=author]").FillAsync(author);
        await Page.Locator("input[name=comment]").FillAsync(comment);
        await Page.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
    }

    public async ValueTask DisposeAsync()
    {
        Assert.True(Faults.Count == 0, string.Join('\n', Faults));
        await Page.CloseAsync();
    }
}
