namespace AgentSociety.Web;

/// <summary>A chart of the overview.</summary>
/// <param name="Title">What it shows.</param>
/// <param name="Names">The curves that may be in it.</param>
/// <param name="Note">What a reader must know to read it.</param>
/// <param name="Percent">True for shares.</param>
/// <param name="Unit">What is counted.</param>
public sealed record Panel(string Title, IReadOnlyList<string> Names, string? Note = null, bool Percent = false, string Unit = "");

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
        new("Proposals", ["proposals/valid", "proposals/malformed", "proposals/duplicate"], "texts of each round"),
        new("Diversity of proposals", ["distinct-4", "self-bleu", "silent-groups"], null, Percent: true),
        new("Scratchpad", ["pages", "revisions"], "at the end of each round"),
        new("Experiments", ["experiments"], "of each round"),
        new("Speed", ["speed/decode", "speed/train"], "tokens a second"),
        new("Tokens", ["tokens/decoded", "tokens/trained"], "of each round"),
        new("Time", ["seconds/round", "seconds/decode", "seconds/train"], "seconds of each round"),
    ];

    /// <summary>The charts that a run has curves for; curves that belong to none get one each.</summary>
    internal static IEnumerable<Panel> Of(IReadOnlyList<string> names)
    {
        HashSet<string> left = [.. names.Where(name => !name.StartsWith("held-out", StringComparison.Ordinal) && !name.StartsWith("solve-rate/", StringComparison.Ordinal))];
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
