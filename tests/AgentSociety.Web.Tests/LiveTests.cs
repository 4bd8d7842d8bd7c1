using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AgentSociety.Web.Tests;

/// <summary>Pages follow a run while it writes. A mark on the window shows that nothing was loaded anew.</summary>
[Collection(nameof(BrowserCollection))]
[Trait("Category", "Browser")]
public sealed class LiveTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task The_overview_and_its_curves_follow_rounds_as_they_are_stored()
    {
        using ExampleRun run = browser.Run("live-rounds", 6);
        await using WatchedPage watched = await browser.Open("/runs/live-rounds");
        IPage page = watched.Page;
        await watched.FollowLive();
        await Expect(page.Locator(".tile-value").First).ToContainTextAsync("5");
        string path = (await page.Locator(".chart .curve").Nth(8).GetAttributeAsync("d"))!;
        Task writer = Task.Run(() => run.Play(3));
        await Expect(page.Locator(".tile-value").First).ToContainTextAsync("8");
        await Expect(page.Locator(".chart .curve").Nth(8)).Not.ToHaveAttributeAsync("d", path);
        await writer;
        await watched.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task A_run_that_is_opened_before_its_first_round_gets_its_curves_and_its_end()
    {
        using ExampleRun run = browser.Run("live-first", 0);
        await using WatchedPage compared = await browser.Open("/compare?run=live-first");
        await compared.FollowLive();
        await Expect(compared.Page.Locator(".plot-empty")).ToHaveCountAsync(2);
        await using WatchedPage watched = await browser.Open("/runs/live-first");
        IPage page = watched.Page;
        await watched.FollowLive();
        await Expect(page.Locator(".empty")).ToContainTextAsync("No round has been stored yet");
        run.Play(12);
        await Expect(page.Locator(".chart .curve").First).ToBeVisibleAsync();
        await Expect(page.Locator(".empty")).ToHaveCountAsync(0);
        await Expect(page.Locator("#heading .badge")).ToHaveTextAsync("running");
        run.Finish();
        await Expect(page.Locator("#heading .badge")).ToHaveTextAsync("done");
        await watched.AssertNeverReloaded();
        await compared.Page.BringToFrontAsync();
        await Expect(compared.Page.Locator(".chart .curve").First).ToBeVisibleAsync();
        await compared.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task Curves_that_are_compared_follow_their_runs()
    {
        using ExampleRun run = browser.Run("live-compared", 6);
        await using WatchedPage watched = await browser.Open("/compare?run=live-compared");
        await watched.FollowLive();
        ILocator curve = watched.Page.Locator(".chart .curve").Nth(1);
        string path = (await curve.GetAttributeAsync("d"))!;
        run.Play(3);
        await Expect(curve).Not.ToHaveAttributeAsync("d", path);
        await watched.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task Recent_changes_stream_in_and_a_page_changes_under_its_reader()
    {
        using ExampleRun run = browser.Run("live-edits", 3);
        run.Write("notes/watched", "first line\n");
        await using WatchedPage changes = await browser.Open("/runs/live-edits/changes");
        await using WatchedPage reader = await browser.Open("/runs/live-edits/pages/notes/watched");
        await changes.FollowLive();
        await reader.FollowLive();
        Task writer = Task.Run(() =>
        {
            for (int line = 0; line < 20; line++) run.Write("notes/watched", $"line {line} of a busy agent\n\n", kind: EditKind.Append, author: "solver-3");
        });
        await Expect(reader.Page.Locator(".prose")).ToContainTextAsync("line 19 of a busy agent");
        await changes.Page.BringToFrontAsync();
        await Expect(changes.Page.Locator(".changes li").First).ToContainTextAsync("solver-3");
        await Expect(changes.Page.Locator(".changes li")).ToHaveCountAsync(Math.Min(50, run.Pages.RecentChanges(50).Count));
        await writer;
        await reader.AssertNeverReloaded();
        await changes.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task Edits_that_began_to_wait_while_a_tab_was_hidden_are_there_when_it_is_seen_again()
    {
        using ExampleRun run = browser.Run("live-hidden", 1);
        string start = Assert.IsType<EditResult.Saved>(run.Write("notes/a", "one\n")).Revision;
        run.Write("notes/a", "two\n", start);
        await using WatchedPage watched = await browser.Open("/runs/live-hidden/proposals");
        IPage page = watched.Page;
        await watched.FollowLive();
        await Expect(page.Locator(".card")).ToHaveCountAsync(0);
        const string hide = "hidden => { Object.defineProperty(document, 'hidden', { value: hidden, configurable: true }); document.dispatchEvent(new Event('visibilitychange')); }";
        await page.EvaluateAsync(hide, true);
        await Expect(page.Locator("[data-live-state=off]")).ToHaveCountAsync(1);
        run.Wait("notes/a", "three\n", start, "solver-2", "");
        await page.EvaluateAsync(hide, false);
        await Expect(page.Locator(".card")).ToHaveCountAsync(1);
        await watched.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task The_list_of_runs_follows_the_directory()
    {
        await using WatchedPage watched = await browser.Open("/");
        IPage page = watched.Page;
        await watched.FollowLive();
        using ExampleRun run = browser.Run("live-born", 2);
        await Expect(page.Locator("#run-live-born .badge")).ToHaveTextAsync("running");
        run.Finish();
        await Expect(page.Locator("#run-live-born .badge")).ToHaveTextAsync("done");
        await watched.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task What_a_person_is_typing_is_not_taken_away()
    {
        using ExampleRun run = browser.Run("live-typing", 2);
        run.Write("notes/typed", "first line\n");
        await using WatchedPage watched = await browser.Open("/runs/live-typing/pages/notes/typed");
        IPage page = watched.Page;
        await watched.FollowLive();
        await page.GetByText("Delete this page").ClickAsync();
        await page.Locator("input[name=comment]").FillAsync("because");
        run.Write("notes/typed", "second line\n", kind: EditKind.Append);
        await Task.Delay(1_500);
        await Expect(page.Locator("input[name=comment]")).ToHaveValueAsync("because");
        await watched.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task A_repair_by_a_person_is_what_the_society_reads_next()
    {
        using ExampleRun run = browser.Run("live-repair", 3);
        run.Write("notes/operator-z", "- `z1` gives **7**\n");
        INotes before = run.Scratchpad.Snapshot();
        await using WatchedPage watched = await browser.Open("/runs/live-repair/edit/notes/operator-z");
        await watched.SaveEdit("- `z1` gives **3**\n", "ann", "checked by hand");
        await Expect(watched.Page.Locator(".prose")).ToContainTextAsync("z1 gives 3");
        // The society's own scratchpad, open all the while, sees it in its next snapshot; the one that it holds does not change.
        Assert.Equal("- `z1` gives **3**\n", run.Scratchpad.Snapshot().Read("notes/operator-z")!.Body);
        Assert.Equal("- `z1` gives **7**\n", before.Read("notes/operator-z")!.Body);
        Assert.Equal(3, run.Pages.History("notes/operator-z")[0].Round);
    }
}
