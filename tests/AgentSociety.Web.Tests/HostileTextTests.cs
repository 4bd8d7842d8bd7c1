using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Microsoft.Playwright;

namespace AgentSociety.Web.Tests;

/// <summary>Agents write the worst they can, everywhere they can write; a real browser shows all of it and runs none of it.</summary>
[Collection(nameof(BrowserCollection))]
[Trait("Category", "Browser")]
public sealed class HostileTextTests(BrowserFixture browser)
{
    private const string Worst = "\"'><script>window.hacked=1</script><img src=x onerror=window.hacked=1><svg onload=window.hacked=1>";

    // Addresses cannot hold a slash inside a part.
    private static readonly string Checkpoint = Worst.Replace("/", "", StringComparison.Ordinal);

    [BrowserFact]
    public async Task Nothing_that_agents_wrote_runs_on_any_page()
    {
        using (ExampleRun run = new(browser.Runs, "hostile"))
        {
            Write(run);
            await using WatchedPage watched = await browser.Open("/runs/hostile");
            IPage page = watched.Page;
            string revision = run.Pages.Read("notes/evil")!.Revision;
            async Task AssertHarmless(string address)
            {
                // Whatever would fetch, load or animate has had its chance.
                await page.WaitForLoadStateAsync(LoadState.Load);
                Assert.False(await page.EvaluateAsync<bool>("() => 'hacked' in window"), address);
                Assert.Equal(0, await page.Locator("main img, main iframe, main object, main script, main style, main base, main form[action^='http'], main a[href^='javascript'], main a[href^='data']").CountAsync());
            }

            foreach (string address in (string[])["", "/configuration", "/scratchpad", "/scratchpad?q=hacked", "/pages/notes/evil", "/history/notes/evil", "/blame/notes/evil", $"/diff/notes/evil?to={revision}", $"/diff/notes/evil?to={revision}&view=side",
                "/edit/notes/evil", "/changes", "/links", "/worth", "/proposals", "/problems", "/problems/1/0", "/episodes", "/episodes/1/solve/0/0", "/answers", "/answers/1/held-out/0", "/agents", $"/lessons/{Uri.EscapeDataString(Checkpoint)}", "/whole/books/evil", $"/agents/{Uri.EscapeDataString(Worst)}", $"/episodes?agent={Uri.EscapeDataString(Worst)}", $"/scratchpad?q={Uri.EscapeDataString(Worst)}", $"/pages/{Uri.EscapeDataString(Worst)}"])
            {
                await watched.Go($"/runs/hostile{address}");
                await AssertHarmless(address);
            }

            // Pages that only a form leads to: a conflict, and everything of one author taken back.
            await watched.Go("/runs/hostile/edit/notes/disputed");
            run.Write("notes/disputed", "theirs " + Worst + "\n", run.Pages.Read("notes/disputed")!.Revision, author: Worst[..50], comment: Worst);
            await watched.SaveEdit("mine " + Worst + "\n", "ann", Worst);
            await Assertions.Expect(page.Locator("[role=alert]")).ToContainTextAsync("Somebody else changed the same lines first");
            await AssertHarmless("conflict");
            await watched.Go($"/runs/hostile/diff/notes/disputed?to={run.Pages.Read("notes/disputed")!.Revision}");
            await page.GetByText("Take back everything that").ClickAsync();
            await page.Locator("input[name=comment]").FillAsync(Worst);
            await page.GetByRole(AriaRole.Button, new() { Name = "Revert on every page" }).ClickAsync();
            await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("taken back");
            await AssertHarmless("taken back");

            await watched.Go("/runs/hostile/pages/notes/evil");
            foreach (ILocator link in await page.Locator(".prose a").AllAsync()) await link.DispatchEventAsync("mouseover");
            await page.Locator("header input[type=search]").FillAsync("hacked");
            await Assertions.Expect(page.GetByRole(AriaRole.Option).Filter(new() { HasText = "notes/evil" }).First).ToBeVisibleAsync(new() { Timeout = 30_000 });
            Assert.False(await page.EvaluateAsync<bool>("() => 'hacked' in window"));
        }
    }

    [BrowserFact]
    public async Task Markup_that_slipped_through_could_not_run_either()
    {
        IPage page = await browser.Context.NewPageAsync();
        await page.GotoAsync(new Uri(browser.Server.Address, "/").ToString());
        // What a hole in the sanitiser would let in, put on the page by the test.
        bool hacked = await page.EvaluateAsync<bool>("""
            async () => {
              const place = document.querySelector("main");
              const script = document.createElement("script");
              script.textContent = "window.hacked = 1";
              place.append(script);
              const box = document.createElement("div");
              box.innerHTML = "<img src=x onerror='window.hacked = 2'><a id=evil href='javascript:window.hacked = 3'>x</a><svg onload='window.hacked = 4'></svg>";
              place.append(box);
              const foreign = document.createElement("script");
              foreign.src = "data:text/javascript,window.hacked=5";
              place.append(foreign);
              document.getElementById("evil").click();
              await new Promise(done => setTimeout(done, 400));
              return "hacked" in window;
            }
            """);
        Assert.False(hacked);
        await page.CloseAsync();
    }

    private static void Write(ExampleRun run)
    {
        string all = string.Join("\n\n", MarkupTests.Attacks.Select((object[] row) => (string)row[0])).Replace("alert(1)", "window.hacked=1", StringComparison.Ordinal).Replace("\0", "", StringComparison.Ordinal);
        run.Write("notes/evil", all + "\n", author: Worst[..60], comment: Worst);
        run.Write("notes/disputed", "start\n");
        run.Write("books/evil", $"---\ntitle: {Worst}\n---\n{Worst}\n\n1. [[notes/evil|<img src=x onerror=window.hacked=1>]]\n", author: Worst[..60], comment: Worst);
        run.Write("books/evil/margin", $"- [[notes/evil]]: {Worst}\n", author: Worst[..60], comment: Worst);
        run.Scratchpad.Commit([new EditRequest { Key = "p", Author = Worst, Round = 0, OnConflict = OnConflict.Propose, Edit = new NoteEdit { Page = "notes/evil", Kind = EditKind.Replace, Text = all + Worst, Comment = Worst } }]);
        bool[] mask = [.. Worst.Select(_ => true)];
        new RunRecords(run.Database).Append(new RoundRecord
        {
            Round = 1,
            State = "{}",
            Problems = [new ProblemRecord { Id = "1/0", Round = 1, Text = Worst, Difficulty = 1, CanonicalForm = Worst, Proposer = Worst, SolveRate = 0.5 }],
            Episodes =
            [
                new EpisodeRecord
                {
                    Id = "1/solve/0/0", Round = 1, Agent = Worst, Role = Role.Solver, Problem = "1/0", Attempt = 0, Checkpoint = Worst, Segments = [new Segment(Source.Model, Worst)], Tokens = [.. mask.Select(_ => 1)],
                    LogProbabilities = [.. mask.Select(_ => -1f)], LossMask = mask, Outcome = Outcome.Wrong, Reason = Worst, Sound = false, Reward = 0,
                    ToolCalls = [new ToolCall { Kind = ToolKind.Other, Request = Worst, Reply = Worst, Page = Worst }],
                },
            ],
            Answers =
            [
                new AnswerRecord
                {
                    Test = Worst, Problem = Worst, Difficulty = 1, Reading = true,
                    Episode = new EpisodeRecord
                    {
                        Id = "1/held-out/0", Round = 1, Agent = AnswerRecord.Newborn, Role = Role.Solver, Attempt = 0, Checkpoint = Worst, Segments = [new Segment(Source.Model, Worst)], Tokens = [.. mask.Select(_ => 1)],
                        LogProbabilities = [.. mask.Select(_ => -1f)], LossMask = mask, Outcome = Outcome.Wrong, Reason = Worst, Sound = false, Reward = 0,
                        ToolCalls = [new ToolCall { Kind = ToolKind.Other, Request = Worst, Reply = Worst, Page = Worst }],
                    },
                },
            ],
            Metrics = [new MetricRecord(Worst, 1)],
            Checkpoint = new CheckpointRecord(Checkpoint, 1),
        });
    }
}
