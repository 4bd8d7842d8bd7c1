using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AgentSociety.Web.Tests;

[Collection(nameof(BrowserCollection))]
[Trait("Category", "Browser")]
public sealed class BrowsingTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task Runs_are_chosen_in_the_list_and_compared_in_one_chart()
    {
        await using WatchedPage watched = await browser.Open("/?sort=name&order=up");
        IPage page = watched.Page;
        await page.GetByLabel("Choose culture-off").CheckAsync();
        await page.GetByLabel("Choose culture-on").CheckAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Compare 2" }).ClickAsync();
        await Expect(page.Locator(".chart.large .curve")).ToHaveCountAsync(2);
        await Expect(page.Locator(".chart.large .end-label")).ToHaveTextAsync(["culture-off", "culture-on"]);
        await Expect(page.Locator(".paired h3")).ToHaveTextAsync(["Held-out test, reading", "Held-out test, not reading", "Problems that both played"]);
        // Question by question: both were asked the same.
        await Expect(page.Locator(".paired").First.Locator("th code").First).ToHaveTextAsync(new System.Text.RegularExpressions.Regex("^[a-h]+[0-9]=$"));
        await Expect(page.Locator(".finding").First).ToContainTextAsync("p = ");
        await page.Locator("[data-smoothing]").FillAsync("0.8");
        await Expect(page.Locator(".chart.large .raw")).ToHaveCountAsync(2);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("smooth=0.8"));
    }

    [BrowserFact]
    public async Task The_cursor_is_shared_by_all_charts_and_moves_by_keys_too()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on");
        IPage page = watched.Page;
        ILocator plot = page.Locator(".plot").Nth(1);
        await Expect(plot.Locator(".curve").First).ToBeVisibleAsync();
        int charts = await page.Locator(".plot").CountAsync();
        await plot.HoverAsync();
        await Expect(page.Locator(".plot .cursor")).ToHaveCountAsync(charts);
        string before = await plot.Locator(".readout strong").InnerTextAsync();
        await plot.FocusAsync();
        await page.Keyboard.PressAsync("ArrowRight");
        await Expect(plot.Locator(".readout strong")).Not.ToHaveTextAsync(before);
    }

    [BrowserFact]
    public async Task A_run_is_renamed_tagged_deleted_and_brought_back()
    {
        using (ExampleRun run = new ExampleRun(browser.Runs, "short-lived").Play(2)) run.Finish();
        await using WatchedPage watched = await browser.Open("/?q=short-lived");
        IPage page = watched.Page;
        // It appears by itself: the list follows the directory.
        ILocator row = page.Locator("#run-short-lived");
        await row.GetByLabel("Rename, tag or delete").ClickAsync();
        await row.Locator("input[name=name]").FillAsync("A better name");
        await row.Locator("input[name=tags]").FillAsync("baseline, keep");
        await row.GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        await watched.Go("/?tag=baseline");
        await Expect(row.Locator(".row-link")).ToHaveTextAsync("A better name");
        await Expect(row.Locator(".tag")).ToHaveTextAsync(["baseline", "keep"]);

        // A list that was read while the run was still written calls it running; a menu that is opened then cannot delete, and stays so while it is open.
        await Expect(row.GetByText("done", new() { Exact = true })).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await row.GetByLabel("Rename, tag or delete").ClickAsync();
        await row.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("was deleted");
        await Expect(page.Locator("#run-short-lived")).ToHaveCountAsync(0);
        Assert.False(Directory.Exists(Path.Combine(browser.Runs, "short-lived")));
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Expect(row.Locator(".row-link")).ToHaveTextAsync("A better name");
        Assert.True(File.Exists(Path.Combine(browser.Runs, "short-lived", "society.db")));
    }

    [BrowserFact]
    public async Task Search_answers_while_one_types_and_opens_by_keys()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on");
        IPage page = watched.Page;
        await page.Keyboard.PressAsync("/");
        await page.Keyboard.TypeAsync("walk fro");
        ILocator hits = page.GetByRole(AriaRole.Option);
        await Expect(hits.First).ToContainTextAsync("skills/chains");
        await Expect(hits.First.Locator("mark").First).ToHaveTextAsync("Walk");
        await page.Keyboard.PressAsync("ArrowDown");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/pages/skills/chains$"));
    }

    [BrowserFact]
    public async Task Everything_is_reached_by_keys()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/scratchpad");
        IPage page = watched.Page;
        await page.Keyboard.PressAsync("?");
        await Expect(page.Locator("#help")).ToBeVisibleAsync();
        await page.Keyboard.PressAsync("Escape");
        await Expect(page.Locator("#help")).ToBeHiddenAsync();
        await page.Keyboard.PressAsync("j");
        await page.Keyboard.PressAsync("j");
        string name = await page.Locator(".chosen .row-link").InnerTextAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveTitleAsync($"{name} · AgentSociety");
        await page.Keyboard.PressAsync("h");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/history/"));
        await page.Keyboard.PressAsync("b");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/blame/"));
        await page.Keyboard.PressAsync("e");
        await Expect(page.Locator("textarea")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Escape");
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("p");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/problems$"));
        // Keys are heard once the page's script runs.
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle).WaitAsync(TimeSpan.FromSeconds(2)).ContinueWith(static _ => { }, TaskScheduler.Default);
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("a");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/agents$"));
        await page.Keyboard.PressAsync("g");
        await page.Keyboard.PressAsync("r");
        await Expect(page).ToHaveTitleAsync("Runs · AgentSociety");
    }

    [BrowserFact]
    public async Task Dark_or_light_is_remembered()
    {
        await using WatchedPage watched = await browser.Open("/");
        IPage page = watched.Page;
        await page.Keyboard.PressAsync("t");
        string theme = (await page.Locator("html").GetAttributeAsync("data-theme"))!;
        Assert.Contains(theme, (string[])["dark", "light"]);
        await page.ReloadAsync();
        await Expect(page.Locator("html")).ToHaveAttributeAsync("data-theme", theme);
        await browser.Context.ClearCookiesAsync();
    }

    [BrowserFact]
    public async Task The_slider_shows_a_page_as_it_was()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/pages/notes/operator-a");
        IPage page = watched.Page;
        int now = await page.Locator(".prose li").CountAsync();
        await page.Locator("#round").FillAsync("2");
        await Expect(page.Locator(".notice")).ToContainTextAsync("as of round 2");
        Assert.True(await page.Locator(".prose li").CountAsync() < now);
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("round=2"));
        await page.ReloadAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("as of round 2");
    }

    [BrowserFact]
    public async Task A_slow_answer_to_the_slider_is_not_shown_over_a_later_one_and_an_old_state_offers_nothing_that_acts_on_the_present()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/pages/notes/operator-a");
        IPage page = watched.Page;
        TaskCompletionSource late = new();
        await page.RouteAsync("**/notes/operator-a?round=2", async route =>
        {
            await late.Task;
            await route.ContinueAsync();
        });
        await Expect(page.GetByText("Delete this page")).ToHaveCountAsync(1);
        Task<IRequest> slow = page.WaitForRequestAsync("**/notes/operator-a?round=2");
        await page.Locator("#round").FillAsync("2");
        await slow;
        await page.Locator("#round").FillAsync("3");
        await Expect(page.Locator(".notice")).ToContainTextAsync("as of round 3");
        Task<IResponse> arrived = page.WaitForResponseAsync("**/notes/operator-a?round=2");
        late.SetResult();
        await (await arrived).FinishedAsync();
        await Task.Delay(300);
        await Expect(page.Locator(".notice")).ToContainTextAsync("as of round 3");
        await Expect(page.GetByText("Delete this page")).ToHaveCountAsync(0);
        await Expect(page.GetByRole(AriaRole.Button, new() { Name = "Bring this version back" })).ToHaveCountAsync(1);
    }

    [BrowserFact]
    public async Task What_is_chosen_for_a_comparison_is_kept_when_more_is_chosen()
    {
        await using WatchedPage watched = await browser.Open("/compare?run=culture-on&run=culture-off&metric=loss&first=1&second=0");
        IPage page = watched.Page;
        await page.Locator("[data-smoothing]").FillAsync("0.5");
        await page.GetByLabel("Add a run").SelectOptionAsync("two-by-two~arm-1");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("arm-1"));
        void Kept(params string[] parts)
        {
            foreach (string part in parts) Assert.Contains(part, page.Url.Split('?')[1].Split('&'));
        }

        Kept("run=culture-on", "run=culture-off", "metric=loss", "smooth=0.5", "first=1", "second=0");
        await page.GetByLabel("Another curve").SelectOptionAsync("divergence");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("divergence"));
        Kept("metric=loss", "metric=divergence", "smooth=0.5", "first=1", "second=0");
        await page.GetByLabel("Second").SelectOptionAsync("2");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("second=2"));
        Kept("metric=loss", "metric=divergence", "smooth=0.5", "first=1");
        await page.Locator(".chip a").First.ClickAsync();
        await Expect(page).Not.ToHaveURLAsync(new System.Text.RegularExpressions.Regex("culture-on"));
        Kept("metric=loss", "metric=divergence", "smooth=0.5");
    }

    [BrowserFact]
    public async Task A_transcript_leads_to_what_it_read_and_to_its_neighbours()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/episodes");
        IPage page = watched.Page;
        await page.Locator("select[name=verdict]").SelectOptionAsync("wrong");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("verdict=wrong"));
        await Expect(page.Locator("tbody .verdict")).ToHaveTextAsync([.. Enumerable.Repeat("wrong", await page.Locator("tbody .verdict").CountAsync())]);
        await watched.Go("/runs/culture-on/episodes/30/solve/2/3");
        ILocator tokens = page.Locator(".transcript .token");
        Assert.True(await tokens.CountAsync() > 5);
        Assert.Contains("log-probability", (await tokens.First.GetAttributeAsync("title"))!, StringComparison.Ordinal);
        await Expect(page.Locator(".tools tbody tr").First).ToContainTextAsync("notes/operator-");
        await page.Keyboard.PressAsync("]");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/30/solve/2/4$"));
        await watched.Go("/runs/culture-on/episodes/30/solve/2/3");
        await page.Locator("aside .plain-list a").First.ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"/pages/notes/operator-.\?revision="));
    }

    [BrowserFact]
    public async Task What_newborns_answered_in_a_test_is_found_by_length_and_reading_and_read_as_a_transcript()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/answers?difficulty=3&reading=yes&round=30");
        IPage page = watched.Page;
        await Expect(page.Locator("tbody tr")).ToHaveCountAsync(2);
        await page.Locator("tbody .row-link").Last.ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/answers/30/held-out/8$"));
        await Expect(page.Locator(".transcript")).ToContainTextAsync("abc8=");
        await Expect(page.Locator("aside")).ToContainTextAsync("could be read");
        await page.Locator(".tools a").First.ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex(@"/pages/notes/operator-a\?revision="));
    }

    [BrowserFact]
    public async Task A_cell_of_the_grid_opens_its_problems_and_a_problem_its_attempts()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/problems");
        IPage page = watched.Page;
        await page.Locator("svg.grid a").Last.ClickAsync();
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("difficulty="));
        await page.Locator("tbody .row-link").First.ClickAsync();
        await Expect(page.Locator(".attempt")).ToHaveCountAsync(8);
        await Expect(page.Locator(".attempt .verdict").First).ToBeVisibleAsync();
    }

    [BrowserFact]
    public async Task Links_are_drawn_and_lead_to_their_pages()
    {
        await using WatchedPage watched = await browser.Open("/runs/culture-on/links");
        IPage page = watched.Page;
        await Expect(page.Locator(".graph circle")).Not.ToHaveCountAsync(0);
        await page.Locator(".graph a[aria-label^='skills/chains']").FocusAsync();
        await page.Keyboard.PressAsync("Enter");
        await Expect(page).ToHaveURLAsync(new System.Text.RegularExpressions.Regex("/pages/skills/chains$"));
    }
}
