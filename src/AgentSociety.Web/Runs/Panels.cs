namespace AgentSociety.Web;

/// <summary>A chart of the overview.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Names">The curves that may be in it.</param>
/// <param name="Note">What a reader must know to read it.</param>
/// <param name="Percent">True for shares.</param>
public sealed record Panel(string Title, IReadOnlyList<string> Names, string? Note = null, bool Percent = false);

/// <summary>Which curves belong together.</summary>
internal static class Panels
{
    private static readonly Panel[] Known =
    [
        new("Solve rate", ["solve-rate", "sound-rate", "lucky-rate"], "attempts of each round", Percent: true),
        new("Frontier and proposals", ["frontier", "proposed-difficulty"], "difficulty"),
        new("Entropy", ["entropy/solver", "entropy/proposer"], "nats a token"),
        new("Divergence", ["divergence"], "from the base, nats a token"),
        new("Loss", ["loss"], null),
        new("Gradient", ["gradient-norm", "clip-fraction"], null),
        new("Proposals", ["proposals/valid", "proposals/malformed", "proposals/duplicate", "proposals/contaminated"], "texts of each round"),
        new("Diversity of proposals", ["distinct-4", "self-bleu", "silent-groups"], null, Percent: true),
        new("Scratchpad", ["pages", "revisions"], "at the end of each round"),
        new("Experiments", ["experiments"], "of each round"),
        new("Speed", ["speed/decode", "speed/train"], "tokens a second"),
        new("Tokens", ["tokens/decoded", "tokens/trained"], "of each round"),
        new("Time", ["seconds/round", "seconds/decode", "seconds/train"], "seconds of each round"),
    ];

    private static readonly Panel[] OfCulture =
    [
        new("Who reads whom", ["culture/adoption", "culture/adopted-revisions", "culture/cited-pages"], "attempts, revisions, pages that others used", Percent: true),
        new("Truth", ["culture/fidelity", "culture/coverage"], "of what is stated; of what there is to know", Percent: true),
        new("Sameness", ["culture/duplicate-share", "culture/authorship-gini"], "of the standing lines; over their authors", Percent: true),
        new("Diversity", ["culture/diversity"], "different claims, Hill number"),
        new("Half-lives", ["culture/line-life", "culture/use-life"], "rounds, of a line and of a page's use"),
        new("Lineage", ["culture/lineage-depth"], "notes from notes, mean depth"),
        new("Recombination", ["culture/recombination"], "notes whose parents have different authors", Percent: true),
        new("Citing agents", ["culture/citing-agents"], "of a cited page"),
        new("Errors", ["culture/error-reproduction"], "further notes of a false one; below 1 they die out"),
    ];

    /// <summary>The charts of the culture's metrics that a run has curves for, test by test.</summary>
    internal static IEnumerable<Panel> Culture(IReadOnlyList<string> names) =>
        OfCulture.Select(panel => panel with { Names = [.. panel.Names.Where(names.Contains)] }).Where(panel => panel.Names.Count > 0);

    /// <summary>The charts that a run has curves for; curves that belong to none get one each. Those of the culture are on a page of their own.</summary>
    internal static IEnumerable<Panel> Of(IReadOnlyList<string> names)
    {
        string[] elsewhere = ["held-out", "solve-rate/", "culture/"];
        HashSet<string> left = [.. names.Where(name => !elsewhere.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)))];
        if (left.IsSupersetOf(["tokens/decoded", "seconds/decode"])) left.Add("speed/decode");
        if (left.IsSupersetOf(["tokens/trained", "seconds/train"])) left.Add("speed/train");
        foreach (Panel panel in Known)
        {
            string[] present = [.. panel.Names.Where(left.Remove)];
            if (present.Length > 0) yield return panel with { Names = present };
        }

        foreach (IGrouping<string, string> others in left.Order(StringComparer.Ordinal).GroupBy(name => name.Split('/')[0])) yield return new Panel(others.Key, [.. others]);
    }
}
