using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Microsoft.Playwright;
using Xunit.Abstractions;

namespace AgentSociety.Web.Tests;

/// <summary>First paint stays under a second with 1,000 runs in the list and on a run with 100,000 transcripts.</summary>
[Collection(nameof(BrowserCollection))]
[Trait("Category", "Long")]
public sealed class ScaleTests(BrowserFixture browser, ITestOutputHelper output)
{
    private const int Runs = 1_000;
    private const int Rounds = 250;
    private const int PerRound = 400;
    /// <summary>Milliseconds after which a page is not slow but broken, on however busy a machine; the figures are in the output.</summary>
    private const double Stuck = 15_000;

    [BrowserFact]
    public async Task A_thousand_runs_are_listed_and_their_first_paint_is_told()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("many-");
        try
        {
            using (ExampleRun run = new ExampleRun(directory.FullName, "run-0000").Play(6)) run.Finish();
            for (int copy = 1; copy < Runs; copy++)
            {
                string folder = Path.Combine(directory.FullName, $"run-{copy:0000}");
                Directory.CreateDirectory(folder);
                foreach (string file in (string[])["society.db", "summary.json"]) File.Copy(Path.Combine(directory.FullName, "run-0000", file), Path.Combine(folder, file));
            }

            await using BrowseServer server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = directory.FullName, Port = 0 });
            IPage page = await browser.Context.NewPageAsync();
            await page.GotoAsync(server.Address.ToString());
            await Assertions.Expect(page.Locator("#runs p[role=status]")).ToContainTextAsync("1\u202f000 runs", new() { Timeout = 120_000 });
            foreach (string address in (string[])["/", "/?page=20", "/?sort=accuracy", "/?q=run-05&state=done"]) await Paint(page, server, address);
            Assert.Equal(50, await page.EvaluateAsync<int>("() => document.querySelectorAll('tbody tr').length"));
            await page.CloseAsync();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [BrowserFact]
    public async Task A_run_with_a_hundred_thousand_transcripts_is_shown_and_its_first_paint_is_told()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("large-");
        try
        {
            string revision;
            using (ExampleRun run = new(directory.FullName, "large"))
            {
                Fill(run);
                revision = run.Pages.Read("notes/operator-3")!.Revision;
            }

            using (ExampleRun other = new ExampleRun(directory.FullName, "other").Play(6)) other.Finish();
            string[] addresses =
            [
                "/runs/large", "/runs/large/configuration", "/compare?run=large&run=other", "/runs/large/episodes", "/runs/large/episodes?agent=solver-3&verdict=wrong", "/runs/large/episodes?before=50000", "/runs/large/episodes/100/solve/7/3",
                "/runs/large/problems", "/runs/large/problems?difficulty=3&order=least", "/runs/large/problems/100/7", "/runs/large/answers", "/runs/large/answers?difficulty=3&verdict=wrong", "/runs/large/answers/100/held-out/7",
                "/runs/large/lessons/round-100", "/runs/large/agents", "/runs/large/agents/solver-3", "/runs/large/scratchpad", "/runs/large/scratchpad?q=operator", "/runs/large/pages/notes/operator-3", "/runs/large/history/notes/operator-3",
                "/runs/large/blame/notes/operator-3", $"/runs/large/diff/notes/operator-3?to={revision}&view=side", "/runs/large/edit/notes/operator-3", "/runs/large/changes", "/runs/large/links", "/runs/large/worth", "/runs/large/proposals",
                "/runs/large/whole/books/guide",
            ];
            // Each kind of page that has its picture taken; the list of runs is another test's.
            Assert.Equal(ScreenshotTests.Pages.Select(shown => Kind(shown.Address)).Where(kind => kind.Length > 0).Distinct().Order(StringComparer.Ordinal), addresses.Select(Kind).Distinct().Order(StringComparer.Ordinal));
            await using BrowseServer server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = directory.FullName, Port = 0 });
            IPage page = await browser.Context.NewPageAsync();
            await page.GotoAsync(server.Address.ToString());
            foreach (string address in addresses) await Paint(page, server, address);
            await page.CloseAsync();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [BrowserFact]
    public async Task A_long_list_is_scrolled_through_with_a_few_hundred_rows_in_the_document()
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("scrolled-");
        try
        {
            using (ExampleRun run = new(directory.FullName, "large")) Fill(run, rounds: 20);
            await using BrowseServer server = await BrowseServer.Start(new BrowseOptions { RunsDirectory = directory.FullName, Port = 0 });
            await using WatchedPage watched = new(await browser.Context.NewPageAsync(), server.Address);
            IPage page = watched.Page;
            await watched.Go("/runs/large/episodes");
            string first = (await page.Locator("tbody tr").First.GetAttributeAsync("id"))!;
            HashSet<string> seen = [];
            int most = 0;
            for (int turn = 0; turn < 1_000 && seen.Count < 1_500; turn++)
            {
                await page.Mouse.WheelAsync(0, 1_500);
                await Task.Delay(60);
                string[] rows = await page.EvaluateAsync<string[]>("() => [...document.querySelectorAll('tbody tr[data-row]')].map(row => row.id)");
                most = Math.Max(most, rows.Length);
                seen.UnionWith(rows);
            }

            output.WriteLine($"{seen.Count} rows seen, at most {most} of them in the document");
            Assert.True(seen.Count >= 1_500, $"{seen.Count} rows came");
            Assert.InRange(most, 50, 400);
            await StandStill(page);
            await page.Keyboard.PressAsync("Home");
            await Assertions.Expect(page.Locator($"#{first}")).ToBeVisibleAsync(new() { Timeout = 15_000 });
            await Assertions.Expect(page.Locator("tbody tr").First).ToHaveAttributeAsync("id", first);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>Waits until the page moves no more: what the wheel has set going, a browser on busy cores takes up again behind a key.</summary>
    private static async Task StandStill(IPage page)
    {
        double before = -1;
        int still = 0;
        for (int look = 0; look < 200; look++)
        {
            double now = await page.EvaluateAsync<double>("() => scrollY");
            still = now == before ? still + 1 : 0;
            if (still == 3) return;
            before = now;
            await Task.Delay(150);
        }

        Assert.Fail("the page moved on for half a minute");
    }

    /// <summary>What an address shows: <c>pages</c> with a slash behind it where one of them is meant; empty for the list of runs.</summary>
    private static string Kind(string address)
    {
        string[] parts = address.Split('?')[0].Split('/', 5, StringSplitOptions.RemoveEmptyEntries);
        return parts switch
        {
            [] => "",
            ["runs", _] => "run",
            ["runs", _, var kind] => kind,
            ["runs", _, var kind, ..] => $"{kind}/",
            [var kind, ..] => kind,
        };
    }

    /// <summary>First contentful paint as the browser measures it, the median of three visits after one that fills caches of code.</summary>
    private async Task Paint(IPage page, BrowseServer server, string address)
    {
        List<double> paints = [];
        for (int visit = 0; visit < 4; visit++)
        {
            await page.GotoAsync(new Uri(server.Address, address).ToString());
            double paint = await page.EvaluateAsync<double>("() => new Promise(done => new PerformanceObserver(list => done(list.getEntries()[0].startTime)).observe({ type: 'paint', buffered: true }))");
            if (visit > 0) paints.Add(paint);
        }

        paints.Sort();
        output.WriteLine($"{address,-60} {paints[1],6:0} ms");
        Assert.True(paints[1] < Stuck, $"{address} was painted after {paints[1]:0} ms");
    }

    private static void Fill(ExampleRun run, int rounds = Rounds)
    {
        RunRecords records = new(run.Database);
        string[] revisions = [.. Enumerable.Range(0, 40).Select(page => Assert.IsType<EditResult.Saved>(run.Write($"notes/operator-{page}", $"# Operator {page}\n\nSee [[notes/operator-{(page + 1) % 40}]].\n", author: $"solver-{1 + page % 8}")).Revision)];
        run.Write("books/guide", "---\ntitle: A guide\n---\n" + string.Concat(Enumerable.Range(0, 40).Select(page => $"{page + 1}. [[notes/operator-{page}|Operator {page}]]\n")), author: "author-1");
        string start = run.Pages.Read("notes/operator-3")!.Revision;
        for (int line = 0; line < 200; line++) run.Write("notes/operator-3", $"line {line}\n", author: $"solver-{1 + line % 8}", kind: EditKind.Append);
        for (int asked = 0; asked < 60; asked++) run.Wait("notes/operator-3", $"# Operator 3, as {asked} would have it\n", start, $"solver-{1 + asked % 8}", "it is otherwise");
        bool[] mask = [.. Enumerable.Range(0, 120).Select(place => place >= 8)];
        string text = new('x', 112);
        for (int round = 1; round <= rounds; round++)
        {
            records.Append(new RoundRecord
            {
                Round = round,
                State = "{}",
                Problems = [.. Enumerable.Range(0, PerRound / 8).Select(problem => new ProblemRecord { Id = $"{round}/{problem}", Round = round, Text = $"problem {round} {problem}", Difficulty = 1 + problem % 6, CanonicalForm = $"{round} {problem}", Proposer = $"proposer-{1 + problem % 2}", SolveRate = problem % 9 / 8.0 })],
                Episodes = [.. Enumerable.Range(0, PerRound).Select(index => new EpisodeRecord
                {
                    Id = $"{round}/solve/{index / 8}/{index % 8}", Round = round, Agent = $"solver-{1 + index % 8}", Role = Role.Solver, Problem = $"{round}/{index / 8}", Attempt = index % 8, Checkpoint = $"round-{round / 10 * 10}",
                    Segments = [new Segment(Source.Prompt, "problem "), new Segment(Source.Model, text)], Tokens = [.. mask.Select(_ => 1)], LogProbabilities = [.. mask.Select(mine => mine ? -0.3f : 0f)], LossMask = mask,
                    Outcome = index % 3 == 0 ? Outcome.Wrong : Outcome.Correct, Reason = "", Sound = index % 3 != 0, Reward = index % 3 == 0 ? 0 : 1,
                    ToolCalls = [new ToolCall { Kind = ToolKind.Read, Request = "a1?", Reply = "2", Page = $"notes/operator-{index % 40}", Revision = revisions[index % 40] }],
                })],
                Batches = [.. Enumerable.Range(0, PerRound).Chunk(32).Select((batch, step) => new TrainingBatchRecord { Weights = "base", Step = step, Demonstrations = 32, Episodes = [.. batch.Select(index => new TrainedEpisode($"{round}/solve/{index / 8}/{index % 8}", 1.0 / 600, index % 3 == 0 ? -0.5 : 0.5))] })],
                Checkpoint = round % 10 == 0 ? new CheckpointRecord($"round-{round}", round) : null,
                Metrics = [new MetricRecord("solve-rate", 0.6), new MetricRecord("frontier", 3), new MetricRecord("entropy/solver", 0.4)],
                Answers = [.. Enumerable.Range(0, round % 10 == 0 ? 240 : 0).Select(place => new AnswerRecord
                {
                    Test = "held-out", Problem = $"question {place}=", Difficulty = 1 + place % 6, Reading = place % 2 == 0,
                    Episode = new EpisodeRecord
                    {
                        Id = $"{round}/held-out/{place}", Round = round, Agent = AnswerRecord.Newborn, Role = Role.Solver, Attempt = 0, Checkpoint = $"round-{round}", Segments = [new Segment(Source.Prompt, "question "), new Segment(Source.Model, text)],
                        Tokens = [.. mask.Select(_ => 1)], LogProbabilities = [.. mask.Select(mine => mine ? -0.3f : 0f)], LossMask = mask, Outcome = place % 3 == 0 ? Outcome.Wrong : Outcome.Correct, Reason = "", Sound = place % 3 != 0, Reward = 0,
                    },
                })],
                HeldOut = [.. Enumerable.Range(1, 6).Select(difficulty => new HeldOutRecord { Difficulty = difficulty, Reading = true, Correct = 30, Sound = 30, Count = 64 })],
            });
        }
    }
}
