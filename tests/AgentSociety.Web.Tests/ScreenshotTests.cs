using System.Runtime.CompilerServices;
using AgentSociety.Culture;
using Microsoft.Playwright;

namespace AgentSociety.Web.Tests;

/// <summary>Pictures of every page, on a desk and on a phone, light and dark; kept as artefacts. A page that scrolls sideways, is hard to read or reports a fault fails.</summary>
[Collection(nameof(BrowserCollection))]
[Trait("Category", "Browser")]
public sealed class ScreenshotTests(BrowserFixture browser)
{
    internal static readonly (string Name, string Address)[] Pages =
    [
        ("runs", "/"),
        ("run", "/runs/culture-on"),
        ("configuration", "/runs/culture-on/configuration"),
        ("compare", "/compare?run=culture-on&run=culture-off&smooth=0.6"),
        ("scratchpad", "/runs/culture-on/scratchpad"),
        ("page", "/runs/culture-on/pages/skills/chains"),
        ("page-note", "/runs/culture-on/pages/notes/operator-a"),
        ("history", "/runs/culture-on/history/notes/operator-a"),
        ("blame", "/runs/culture-on/blame/notes/operator-a"),
        ("edit", "/runs/culture-on/edit/notes/operator-a"),
        ("search", "/runs/culture-on/scratchpad?q=operator"),
        ("changes", "/runs/culture-on/changes"),
        ("links", "/runs/culture-on/links"),
        ("worth", "/runs/culture-on/worth"),
        ("lessons", "/runs/culture-on/lessons/round-30"),
        ("book", "/runs/culture-on/whole/books/field-guide"),
        ("diff", "/runs/culture-on/diff/notes/operator-a?to=LAST&view=side"),
        ("proposals", "/runs/culture-on/proposals"),
        ("problems", "/runs/culture-on/problems"),
        ("problem", "/runs/culture-on/problems/30/2"),
        ("transcripts", "/runs/culture-on/episodes"),
        ("transcript", "/runs/culture-on/episodes/30/solve/2/3"),
        ("answers", "/runs/culture-on/answers"),
        ("answer", "/runs/culture-on/answers/30/held-out/8"),
        ("agents", "/runs/culture-on/agents"),
        ("agent", "/runs/culture-on/agents/solver-1"),
        ("not-found", "/runs/nobody"),
    ];

    /// <summary>What scrolls sideways in a frame of its own: its first column is in sight, the rest at most a screen away, and it is reached by keys too.</summary>
    private const string SidewaysScript = """
        () => [...document.querySelectorAll(".scroll")].filter(frame => frame.checkVisibility() && frame.scrollWidth > frame.clientWidth).flatMap(frame => {
          const hidden = frame.scrollWidth - frame.clientWidth, first = frame.querySelector("tbody tr > :is(th, td)"), named = (frame.querySelector("th")?.textContent ?? "").trim();
          const faults = [];
          if (hidden > frame.clientWidth) faults.push(`${hidden} pixels of the table of "${named}" are out of sight`);
          if (first && first.getBoundingClientRect().right > frame.getBoundingClientRect().right) faults.push(`the first column of the table of "${named}" is wider than the screen`);
          if (getComputedStyle(frame).overflowX === "auto" && !frame.matches("[tabindex]") && !frame.querySelector("a, button, input, select, summary")) faults.push(`the table of "${named}" cannot be scrolled by keys`);
          return faults;
        })
        """;

    [BrowserFact]
    public Task Every_page_fits_a_desk_in_light() => Take(1280, 720, ColorScheme.Light);

    [BrowserFact]
    public Task Every_page_fits_a_desk_in_dark() => Take(1280, 720, ColorScheme.Dark);

    [BrowserFact]
    public Task Every_page_fits_a_phone_in_light() => Take(390, 844, ColorScheme.Light);

    [BrowserFact]
    public Task Every_page_fits_a_phone_in_dark() => Take(390, 844, ColorScheme.Dark);

    private async Task Take(int width, int height, ColorScheme scheme)
    {
        DirectoryInfo folder = Directory.CreateDirectory(Folder());
        await using WatchedPage watched = await browser.Open("/");
        IPage page = watched.Page;
        await page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = scheme });
        await page.SetViewportSizeAsync(width, height);
        List<string> faults = [];
        foreach ((string name, string address) in Pages)
        {
            await watched.Go(address.Replace("LAST", browser.First.Pages.Read("notes/operator-a")!.Revision, StringComparison.Ordinal));
            await Look(name);
        }

        // Pages that only a form leads to.
        string run = $"shown-{width}-{scheme.ToString().ToLowerInvariant()}";
        using (ExampleRun disputed = browser.Run(run, 2))
        {
            disputed.Write("notes/disputed", "- `a1` gives **4**\n- `a2` gives **7**\n\nLook at the last digit first.\n");
            await watched.Go($"/runs/{run}/edit/notes/disputed");
            string theirs = Assert.IsType<EditResult.Saved>(disputed.Write("notes/disputed", "- `a1` gives **5**\n- `a2` gives **7**\n\nLook at the last digit first.\n", disputed.Pages.Read("notes/disputed")!.Revision, "solver-2")).Revision;
            await watched.SaveEdit("- `a1` gives **6**\n- `a2` gives **7**\n\nLook at the last digit first.\n", "ann", "checked by hand");
            await Assertions.Expect(page.Locator("[role=alert]")).ToContainTextAsync("Somebody else changed the same lines first");
            await Look("conflict");
            await watched.Go($"/runs/{run}/pages/notes/disputed");
            await page.GetByText("Delete this page").ClickAsync();
            ILocator deletion = page.Locator("form[action*='/delete/']");
            await deletion.Locator("input[name=comment]").FillAsync("no use");
            disputed.Write("notes/disputed", "- `a2` gives **7**\n\nLook at the last digit first, and at the first one last.\n", theirs, "solver-2");
            await deletion.GetByRole(AriaRole.Button).ClickAsync();
            await Assertions.Expect(page.Locator("[role=alert]")).ToContainTextAsync("The page has changed since you looked at it");
            await Look("conflict-deletion");
            disputed.Write("notes/other", "also by the second\n", author: "solver-2");
            await watched.Go($"/runs/{run}/diff/notes/disputed?to={theirs}");
            await page.GetByText("Take back everything that").ClickAsync();
            await page.Locator("input[name=comment]").FillAsync("it guessed");
            await page.GetByRole(AriaRole.Button, new() { Name = "Revert on every page" }).ClickAsync();
            await Assertions.Expect(page.Locator("h1")).ToContainTextAsync("taken back");
            await Look("taken-back");
        }

        Assert.True(faults.Count == 0, string.Join('\n', faults));

        async Task Look(string name)
        {
            await page.WaitForFunctionAsync("() => [...document.querySelectorAll('.plot')].every(plot => plot.firstChild) && [...document.querySelectorAll('[data-graph]')].every(graph => graph.firstChild)");
            int overflow = await page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(overflow <= 0, $"{name} is {overflow} pixels wider than a screen of {width}");
            faults.AddRange((await page.EvaluateAsync<string[]>(SidewaysScript)).Select(fault => $"{name}, {width} pixels: {fault}"));
            faults.AddRange((await AccessibilityAudit.Faults(page)).Select(fault => $"{name}, {scheme}: {fault}"));
            await page.ScreenshotAsync(new PageScreenshotOptions { Path = Path.Combine(folder.FullName, $"{name}-{width}-{scheme.ToString().ToLowerInvariant()}.png"), FullPage = name is "page" or "compare" or "run" or "conflict" or "conflict-deletion" or "proposals" });
        }
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "..", "..", "artifacts", "screenshots");
}
