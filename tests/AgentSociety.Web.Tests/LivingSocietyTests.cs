using System.Text.RegularExpressions;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Culture;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace AgentSociety.Web.Tests;

/// <summary>The whole story: a society runs, a person follows it, asks why a page exists, repairs it, and a later agent works with the repair.</summary>
[Collection(nameof(BrowserCollection))]
[Trait("Category", "Browser")]
public sealed partial class LivingSocietyTests(BrowserFixture browser)
{
    [BrowserFact]
    public async Task A_person_follows_a_run_asks_why_a_page_exists_repairs_it_and_a_later_agent_uses_the_repair()
    {
        await using LivingSociety society = new(browser.Runs, "living");
        await using WatchedPage watched = await browser.Open("/");
        IPage page = watched.Page;

        // The run appears by itself, and its pages are written before the reader's eyes.
        await Expect(page.Locator("#run-living .badge")).ToHaveTextAsync("running", new() { Timeout = 60_000 });
        await page.Locator("#run-living .row-link").ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Scratchpad", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Recent changes" }).ClickAsync();
        await watched.FollowLive();
        await Expect(page.Locator(".changes li").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await watched.AssertNeverReloaded();

        // Why does this page exist? Its first revision names the attempt that led to it, and that attempt the experiment.
        string note = await society.When(database => new PageArchive(database).List("notes/").FirstOrDefault(name => Fact().IsMatch(new PageArchive(database).Read(name)!.Body)));
        await watched.Go($"/runs/living/history/{note}");
        await page.Locator(".changes li").Last.GetByRole(AriaRole.Link, new() { Name = "why" }).ClickAsync();
        await Expect(page.Locator(".tools tbody")).ToContainTextAsync("note");
        await Expect(page.Locator("aside")).ToContainTextAsync(note);

        // An agent breaks a fact; the reader sees it go wrong without a reload.
        await watched.Go($"/runs/living/pages/{note}");
        await watched.FollowLive();
        Match fact = Fact().Match((await society.When(database => new PageArchive(database).Read(note))).Body);
        string wrong = $"{fact.Groups["question"].Value}={(int.Parse(fact.Groups["reply"].Value) + 1) % 10}";
        Assert.IsType<EditResult.Saved>(await society.When(database => Replace(database, note, fact.Value, wrong, "solver-9")));
        await Expect(page.Locator(".prose")).ToContainTextAsync(wrong);
        await watched.AssertNeverReloaded();

        // The person puts it right.
        await page.GetByRole(AriaRole.Link, new() { Name = "Edit", Exact = true }).ClickAsync();
        string text = await page.Locator("textarea").InputValueAsync();
        await watched.SaveEdit(text.Replace(wrong, fact.Value, StringComparison.Ordinal), "ann", "checked by hand");
        await Expect(page.Locator(".prose")).ToContainTextAsync(fact.Value);
        RevisionInfo repair = await society.When(database => new PageArchive(database).History(note, 200).FirstOrDefault(revision => revision.Author == "ann"));

        // A later attempt reads the page since the repair, and is told what the person wrote.
        string episode = await society.When(database => database.WhatBecameOf(note, 100_000).Where(entry => entry.ReadIn > repair.Round)
            .FirstOrDefault(entry => database.Episode(entry.Episode).ToolCalls.Any(call => call.Kind == ToolKind.Read && call.Page == note && call.Request.StartsWith(fact.Groups["question"].Value, StringComparison.Ordinal) && call.Reply == fact.Groups["reply"].Value))?.Episode);
        await society.When(database =>
        {
            // The ledger says so too: what was read is the repair, or what others made of it since.
            LedgerEntry read = database.WhatBecameOf(note, 100_000).First(entry => entry.Episode == episode);
            Assert.True(new PageArchive(database).Revision(read.Revision).Number >= repair.Number);
            return read;
        });
        await watched.Go($"/runs/living/episodes/{episode}");
        ILocator look = page.Locator(".tools tbody tr", new() { HasText = $"{fact.Groups["question"].Value}?" }).First;
        await Expect(look.Locator("td").Nth(2)).ToHaveTextAsync(fact.Groups["reply"].Value);
        await Expect(look.GetByRole(AriaRole.Link)).ToHaveTextAsync(note);
        await look.GetByRole(AriaRole.Link).ClickAsync();
        await Expect(page.Locator(".prose")).ToContainTextAsync(fact.Value);
        await watched.Go($"/runs/living/blame/{note}");
        await Expect(page.Locator(".blame tr", new() { HasText = fact.Value }).First).ToContainTextAsync("ann");
    }

    private static EditResult? Replace(SocietyDatabase database, string page, string old, string text, string author)
    {
        using Scratchpad scratchpad = new(database);
        NotePage head = scratchpad.Snapshot().Read(page)!;
        return scratchpad.Commit([new EditRequest
        {
            Key = $"test/{Guid.NewGuid():N}",
            Author = author,
            Round = new RunRecords(database).LastRound()!.Round + 1,
            Trusted = true,
            Edit = new NoteEdit { Page = page, Kind = EditKind.Replace, Text = head.Body.Replace(old, text, StringComparison.Ordinal), Comment = "misremembered", BaseRevision = head.Revision },
        }])[0];
    }

    [GeneratedRegex(@"(?<question>[a-z]\d)=(?<reply>\d)")]
    private static partial Regex Fact();
}
