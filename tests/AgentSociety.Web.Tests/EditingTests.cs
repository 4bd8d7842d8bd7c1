using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AgentSociety.Web.Tests;

/// <summary>What a person can do to a scratchpad, in a browser.</summary>
[Collection(nameof(BrowserCollection))]
[Trait("Category", "Browser")]
public sealed class EditingTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task Two_tabs_that_change_the_same_line_meet_in_a_conflict_that_loses_nothing()
    {
        using ExampleRun run = browser.Run("edit-conflict", 2);
        run.Write("notes/shared", "one\ntwo\nthree\n");
        await using WatchedPage first = await browser.Open("/runs/edit-conflict/edit/notes/shared");
        await using WatchedPage second = await browser.Open("/runs/edit-conflict/edit/notes/shared");
        await first.SaveEdit("one\nTWO by the first\nthree\n", "ada");
        await Expect(first.Page.Locator(".notice")).ToContainTextAsync("Saved.");
        await second.SaveEdit("one\ntwo by the second\nthree\n", "bob");

        await Expect(second.Page.Locator("[role=alert]")).ToContainTextAsync("Somebody else changed the same lines first");
        await Expect(second.Page.Locator(".columns section").First).ToContainTextAsync("TWO by the first");
        await Expect(second.Page.Locator(".columns section").Last).ToContainTextAsync("two by the second");
        string attempt = await second.Page.Locator("textarea").InputValueAsync();
        Assert.Contains("<<<<<<<", attempt, StringComparison.Ordinal);
        Assert.Equal("one\nTWO by the first\nthree\n", run.Pages.Read("notes/shared")!.Body);

        await second.SaveEdit("one\nTWO by both\nthree\n", "bob");
        await Expect(second.Page.Locator(".notice")).ToContainTextAsync("Saved.");
        IReadOnlyList<RevisionInfo> history = run.Pages.History("notes/shared");
        Assert.Equal(["bob", "ada", "solver-1"], history.Select(revision => revision.Author));
        Assert.Equal("one\nTWO by both\nthree\n", run.Pages.Read("notes/shared")!.Body);
    }

    [BrowserFact]
    public async Task Two_tabs_that_change_different_lines_are_merged()
    {
        using ExampleRun run = browser.Run("edit-merge", 2);
        run.Write("notes/shared", "one\ntwo\nthree\nfour\nfive\n");
        await using WatchedPage first = await browser.Open("/runs/edit-merge/edit/notes/shared");
        await using WatchedPage second = await browser.Open("/runs/edit-merge/edit/notes/shared");
        await first.SaveEdit("ONE\ntwo\nthree\nfour\nfive\n", "ada");
        await second.SaveEdit("one\ntwo\nthree\nfour\nFIVE\n", "bob");
        await Expect(second.Page.Locator(".notice")).ToContainTextAsync("merged");
        Assert.Equal("ONE\ntwo\nthree\nfour\nFIVE\n", run.Pages.Read("notes/shared")!.Body);
    }

    [BrowserFact]
    public async Task A_second_save_after_going_back_is_another_edit()
    {
        using ExampleRun run = browser.Run("edit-again", 2);
        run.Write("notes/again", "one\n\ntwo\n\nthree\n");
        await using WatchedPage watched = await browser.Open("/runs/edit-again/edit/notes/again");
        string[] hidden = await watched.Page.EvaluateAsync<string[]>("() => ['key', 'start'].map(name => document.querySelector(`form[data-edit] [name=${name}]`).value)");
        await watched.SaveEdit("ONE\n\ntwo\n\nthree\n", "ada");
        await Expect(watched.Page.Locator(".notice")).ToContainTextAsync("Saved.");
        await watched.Page.GoBackAsync();
        // A browser that kept the page shows the form as it was; one that asked for it again is made to.
        await watched.Page.EvaluateAsync("hidden => ['key', 'start'].forEach((name, index) => { document.querySelector(`form[data-edit] [name=${name}]`).value = hidden[index]; })", hidden);
        await watched.SaveEdit("one\n\ntwo\n\nTHREE\n", "ada");
        await Expect(watched.Page.Locator(".notice")).ToContainTextAsync("merged");
        Assert.Equal("ONE\n\ntwo\n\nTHREE\n", run.Pages.Read("notes/again")!.Body);
    }

    [BrowserFact]
    public async Task A_remark_is_left_in_the_margin_of_a_book()
    {
        using ExampleRun run = browser.Run("edit-margin", 2);
        run.Write("skills/chains", "# Chains\n\nBegin at the right.\n");
        run.Write("books/guide", "---\ntitle: A guide\n---\n1. [[skills/chains|How to walk a chain]]\n", author: "author-1");
        await using WatchedPage watched = await browser.Open("/runs/edit-margin/whole/books/guide");
        await watched.Page.Locator("input[name=remark]").FillAsync("why <b>right</b>?");
        await watched.Page.Locator("input[name=author]").FillAsync("ada");
        await watched.Page.GetByRole(AriaRole.Button, new() { Name = "Leave it in the margin" }).ClickAsync();
        await Expect(watched.Page.Locator("aside .comment")).ToHaveTextAsync("why <b>right</b>?");
        Assert.Equal([new MarginalNote("skills/chains", "why <b>right</b>?")], Book.Margin(run.Pages.Read("books/guide/margin")!));
        Assert.Equal("ada", run.Pages.History("books/guide/margin")[0].Author);
    }

    [BrowserFact]
    public async Task A_preview_shows_the_page_and_what_would_change_and_saves_nothing()
    {
        using ExampleRun run = browser.Run("edit-preview", 2);
        string before = Assert.IsType<EditResult.Saved>(run.Write("notes/draft", "old\n")).Revision;
        await using WatchedPage watched = await browser.Open("/runs/edit-preview/edit/notes/draft");
        await watched.Page.Locator("textarea").FillAsync("**new**\n");
        await watched.Page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Expect(watched.Page.Locator(".preview strong")).ToHaveTextAsync("new");
        await Expect(watched.Page.Locator(".diff tr.gone")).ToContainTextAsync("old");
        await Expect(watched.Page.Locator("textarea")).ToHaveValueAsync("**new**\n");
        Assert.Equal(before, run.Pages.Read("notes/draft")!.Revision);
    }

    [BrowserFact]
    public async Task Who_leaves_a_draft_that_was_only_looked_at_is_warned()
    {
        using ExampleRun run = browser.Run("edit-leave", 2);
        run.Write("notes/draft", "old\n");
        await using WatchedPage watched = await browser.Open("/runs/edit-leave/edit/notes/draft");
        IPage page = watched.Page;
        List<string> warnings = [];
        page.Dialog += (_, dialog) => warnings.Add(dialog.Type);
        await page.Locator("textarea").FillAsync("**new**\n");
        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Expect(page.Locator(".preview strong")).ToHaveTextAsync("new");
        Assert.Empty(warnings);
        await page.GetByRole(AriaRole.Link, new() { Name = "Leave it" }).ClickAsync();
        await Expect(page.Locator(".prose")).ToHaveTextAsync("old");
        Assert.Equal([DialogType.BeforeUnload], warnings);
    }

    [BrowserFact]
    public async Task A_change_is_taken_back_an_old_version_brought_back_and_a_deleted_page_restored()
    {
        using ExampleRun run = browser.Run("edit-back", 2);
        string start = Assert.IsType<EditResult.Saved>(run.Write("notes/back", "one\ntwo\nthree\n")).Revision;
        string bad = Assert.IsType<EditResult.Saved>(run.Write("notes/back", "one\nBAD\nthree\n", start, "solver-2")).Revision;
        run.Write("notes/back", "one\nBAD\nthree\nfour\n", bad, "solver-3");
        await using WatchedPage watched = await browser.Open($"/runs/edit-back/diff/notes/back?to={bad}");
        IPage page = watched.Page;
        await Expect(page.Locator(".diff tr.came")).ToContainTextAsync("BAD");
        await page.GetByRole(AriaRole.Link, new() { Name = "Side by side" }).ClickAsync();
        await Expect(page.Locator(".diff.side td.came")).ToContainTextAsync("BAD");
        await page.GetByRole(AriaRole.Button, new() { Name = "Take this change back" }).ClickAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("Saved.");
        Assert.Equal("one\ntwo\nthree\nfour\n", run.Pages.Read("notes/back")!.Body);

        await watched.Go($"/runs/edit-back/pages/notes/back?revision={start}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring this version back" }).ClickAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("Saved.");
        Assert.Equal("one\ntwo\nthree\n", run.Pages.Read("notes/back")!.Body);

        await page.GetByText("Delete this page").ClickAsync();
        await page.Locator("input[name=comment]").FillAsync("no use");
        await page.GetByRole(AriaRole.Button, new() { Name = "Delete" }).ClickAsync();
        await Expect(page.Locator(".empty")).ToContainTextAsync("was deleted");
        await page.GetByRole(AriaRole.Button, new() { Name = "Restore it" }).ClickAsync();
        await Expect(page.Locator(".prose")).ToContainTextAsync("three");
        Assert.Equal("one\ntwo\nthree\n", run.Pages.Read("notes/back")!.Body);
    }

    [BrowserFact]
    public async Task A_change_that_others_built_on_is_taken_back_by_a_person_who_settles_it()
    {
        using ExampleRun run = browser.Run("edit-back-conflict", 2);
        string start = Assert.IsType<EditResult.Saved>(run.Write("notes/built", "one\ntwo\nthree\n")).Revision;
        string bad = Assert.IsType<EditResult.Saved>(run.Write("notes/built", "one\nBAD\nthree\n", start, "solver-2")).Revision;
        string worse = Assert.IsType<EditResult.Saved>(run.Write("notes/built", "one\nWORSE\nthree\n", bad, "solver-3")).Revision;
        await using WatchedPage watched = await browser.Open($"/runs/edit-back-conflict/diff/notes/built?to={bad}");
        IPage page = watched.Page;
        await page.GetByRole(AriaRole.Button, new() { Name = "Take this change back" }).ClickAsync();
        await Expect(page.Locator("[role=alert]")).ToContainTextAsync("Later edits stand in the place of what is taken back");
        await Expect(page.Locator(".columns section").First).ToContainTextAsync("WORSE");
        await Expect(page.Locator(".columns section").Last.Locator("tr.came")).ToContainTextAsync("two");
        Assert.Equal("one\n<<<<<<< mine\ntwo\n=======\nWORSE\n>>>>>>> theirs\nthree\n", await page.Locator("textarea").InputValueAsync());
        Assert.Equal(worse, run.Pages.Read("notes/built")!.Revision);
        await watched.SaveEdit("one\ntwo\nthree\n", "ada");
        await Expect(page.Locator(".notice")).ToContainTextAsync("Saved.");
        Assert.Equal("one\ntwo\nthree\n", run.Pages.Read("notes/built")!.Body);
    }

    [BrowserFact]
    public async Task Everything_of_one_author_is_taken_back_as_one_action()
    {
        using ExampleRun run = browser.Run("edit-author", 1);
        string start = Assert.IsType<EditResult.Saved>(run.Write("notes/a", "good\n", author: "solver-2")).Revision;
        string spam = Assert.IsType<EditResult.Saved>(run.Write("notes/a", "good\nspam\n", start, "spammer")).Revision;
        run.Write("notes/b", "spam\n", author: "spammer");
        await using WatchedPage watched = await browser.Open($"/runs/edit-author/diff/notes/a?to={spam}");
        IPage page = watched.Page;
        await page.GetByText("Take back everything that spammer wrote").ClickAsync();
        await page.Locator("input[name=comment]").FillAsync("spam");
        await page.GetByRole(AriaRole.Button, new() { Name = "Revert on every page" }).ClickAsync();
        await Expect(page.Locator("main li")).ToHaveTextAsync(["notes/a", "notes/b"]);
        Assert.Equal("good\n", run.Pages.Read("notes/a")!.Body);
        Assert.Null(run.Pages.Read("notes/b"));
    }

    [BrowserFact]
    public async Task A_reason_that_is_written_and_not_sent_outlives_what_happens_meanwhile()
    {
        using ExampleRun run = browser.Run("edit-verdict", 1, new EditRules { Gates = [new GateSettings { Prefix = "skills/" }] });
        run.Write("skills/first", "one\n");
        await using WatchedPage watched = await browser.Open("/runs/edit-verdict/proposals");
        IPage page = watched.Page;
        await watched.FollowLive();
        await page.Locator("input[name=verdict]").FillAsync("because it is so");
        await page.Locator("input[name=verdict]").BlurAsync();
        await page.EvaluateAsync("() => document.addEventListener('live', event => { if (event.detail.has('proposal')) window.told = true; })");
        run.Write("skills/second", "two\n");
        await page.WaitForFunctionAsync("() => window.told");
        await Expect(page.Locator("input[name=verdict]")).ToHaveValueAsync("because it is so");
        await page.Locator("input[name=verdict]").FillAsync("");
        await page.Locator("input[name=verdict]").BlurAsync();
        await Expect(page.Locator(".card")).ToHaveCountAsync(2);
        await watched.AssertNeverReloaded();
    }

    [BrowserFact]
    public async Task All_edits_that_wait_can_be_reached()
    {
        using ExampleRun run = browser.Run("edit-many", 1, new EditRules { Gates = [new GateSettings { Prefix = "skills/" }] });
        for (int edit = 0; edit < 23; edit++) run.Write($"skills/s-{edit}", "x\n");
        await using WatchedPage watched = await browser.Open("/runs/edit-many/proposals");
        await Expect(watched.Page.Locator(".card")).ToHaveCountAsync(20);
        await Expect(watched.Page.Locator(".pager")).ToContainTextAsync("23 wait in all");
        await watched.Page.GetByRole(AriaRole.Link, new() { Name = "Older" }).ClickAsync();
        await Expect(watched.Page.Locator(".card")).ToHaveCountAsync(3);
        await Expect(watched.Page.Locator(".card").Last).ToContainTextAsync("skills/s-0");
    }

    [BrowserFact]
    public async Task Edits_that_wait_are_accepted_and_rejected()
    {
        using ExampleRun run = browser.Run("edit-review", 1, new EditRules { Gates = [new GateSettings { Prefix = "skills/" }] });
        Assert.IsType<EditResult.Proposed>(run.Write("skills/good", "keep this\n"));
        Assert.IsType<EditResult.Proposed>(run.Write("skills/bad", "lose this\n", author: "solver-2"));
        await using WatchedPage watched = await browser.Open("/runs/edit-review/proposals");
        IPage page = watched.Page;
        await Expect(page.Locator(".subtabs .count")).ToHaveTextAsync("2");
        await page.Locator(".card", new() { HasText = "skills/good" }).GetByRole(AriaRole.Button, new() { Name = "Accept" }).ClickAsync();
        await Expect(page.Locator(".notice")).ToContainTextAsync("Accepted");
        await page.Locator(".card", new() { HasText = "skills/bad" }).Locator("input[name=verdict]").FillAsync("wrong");
        await page.Locator(".card", new() { HasText = "skills/bad" }).GetByRole(AriaRole.Button, new() { Name = "Reject" }).ClickAsync();
        await Expect(page.Locator(".empty")).ToBeVisibleAsync();
        Assert.Equal("keep this\n", run.Pages.Read("skills/good")!.Body);
        Assert.Equal("solver-1", run.Pages.History("skills/good")[0].Author);
        Assert.Null(run.Pages.Read("skills/bad"));
    }
}
