using System.Net;
using System.Text;
using AgentSociety.Cli.Progress;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using AgentSociety.Society;

namespace AgentSociety.Cli.Reports;

/// <summary>A run's results as one HTML page that needs nothing beside it.</summary>
/// <remarks>Texts of agents are hostile: everything that is not written here is encoded, and the page allows no script.</remarks>
internal static class Report
{
    /// <summary>The page of a run as far as it is stored.</summary>
    public static string Html(SocietyDatabase database)
    {
        RunRecords records = new(database);
        RunInfo info = records.Info()!;
        RunSummary summary = RunSummary.Of(database);
        Core.Scenarios.Scenario scenario = ScenarioFile.Recorded(info.Scenario, database.Path);
        int played = records.LastRound()?.Round ?? 0;
        StringBuilder page = new();
        page.Append(ReportStyle.Head(info.Name));
        page.Append($"""
            <header>
            <p class="kicker">AgentSociety run</p>
            <h1>{Encode(info.Name)}</h1>
            <p class="lead">{Encode(scenario.Description)}</p>
            <p class="meta">scenario <b>{Encode(scenario.Name)}</b>, environment <b>{Encode(scenario.Environment.Name)}</b>, seed <b>{info.Seed}</b>, {(played < scenario.SelfPlay.Rounds ? $"<b>{played} of {scenario.SelfPlay.Rounds}</b> rounds so far" : $"<b>{played}</b> rounds")} in <b>{Figures.Clock(TimeSpan.FromSeconds(summary.WallSeconds))}</b></p>
            </header>

            """);
        Tiles(page, summary);
        IReadOnlyList<HeldOutPoint> tests = records.HeldOut();
        Section(page, "Held-out accuracy", "Newborns, which have this society's weights and no memory of their own, solve problems that no phase of training has seen. One line for each difficulty.");
        Pictures(page,
            ("Reading the scratchpad", Charts.HeldOut(tests, reading: true)),
            ("Not reading it", Charts.HeldOut(tests, reading: false)));
        HeldOutRows(page, summary);
        Section(page, "Self-play", "What proposers posed, and how solvers fared on it.");
        Pictures(page,
            ("Solve rate by difficulty", Charts.SolveRates(records.SolveRates())),
            ("Frontier and difficulty posed", Charts.Metrics(records, ("frontier, held out", "frontier"), ("posed, mean", "proposed-difficulty"))),
            ("Solve rate of all attempts", Charts.Metrics(records, ("right", "solve-rate"), ("right and sound", "sound-rate"))),
            ("Entropy of tokens, nats", Charts.Metrics(records, ("solvers", "entropy/solver"), ("proposers", "entropy/proposer"))));
        Section(page, "Culture and speed", "How the scratchpad grew, and what the machine did.");
        Pictures(page,
            ("Scratchpad", Charts.Metrics(records, ("pages", "pages"), ("revisions", "revisions"))),
            ("Use and truth of notes", Charts.Shares(records, ("adoption", "culture/adoption"), ("fidelity", "culture/fidelity"), ("coverage", "culture/coverage"))),
            ("Tokens per second", Charts.Rates(records, ("decoding", "tokens/decoded", "seconds/decode"), ("training", "tokens/trained", "seconds/train"))));
        Section(page, "Transcripts", "A few episodes as they were recorded. <span class=\"prompt\">Prompts</span> and <span class=\"tool\">tool replies</span> come from the environment; <span class=\"model\">the rest</span> the model wrote.");
        foreach (SampleTranscript sample in SampleTranscripts.Choose(database, played)) Transcript(page, sample);
        Section(page, "Configuration", "The scenario as resolved, with every key and its value. A file of this text runs the same society.");
        page.Append($"<details><summary>scenario.yaml, SHA-256 {Encode(info.ScenarioHash)}</summary><pre>{Encode(info.Scenario)}</pre></details>\n");
        HowMade(page, info, summary);
        page.Append("</body>\n</html>\n");
        return page.ToString();
    }

    private static void Tiles(StringBuilder page, RunSummary summary)
    {
        HeldOutAccuracy? headline = summary.Headline();
        HeldOutAccuracy? before = headline is null ? null : summary.HeldOutBefore.FirstOrDefault(result => result.Reading == headline.Reading && result.Difficulty == headline.Difficulty);
        page.Append("<section class=\"tiles\">\n");
        if (headline is not null) Tile(page, $"held out at difficulty {headline.Difficulty}", Figures.Percent(headline.Accuracy), before is null ? $"{headline.N} problems" : $"{Figures.Percent(before.Accuracy)} before");
        Tile(page, "frontier", $"{summary.Frontier.End}", $"{summary.Frontier.Start} before");
        Tile(page, "problems posed and played", $"{summary.Counts.Problems:N0}", $"{summary.Counts.Attempts:N0} attempts");
        Tile(page, "scratchpad", $"{summary.Scratchpad.Pages:N0} pages", $"{summary.Scratchpad.Revisions:N0} revisions, {summary.Scratchpad.Reads:N0} reads");
        Tile(page, "decoding", $"{Figures.Short(summary.Throughput.DecodeTokensPerSecond)}/s", $"training {Figures.Short(summary.Throughput.TrainTokensPerSecond)}/s, idle {Figures.Percent(summary.Throughput.IdleShare)}");
        page.Append("</section>\n");
    }

    private static void Tile(StringBuilder page, string name, string value, string note) =>
        page.Append($"<div class=\"tile\"><p>{Encode(name)}</p><p class=\"value\">{Encode(value)}</p><p class=\"note\">{Encode(note)}</p></div>\n");

    // Texts of sections are written above and may hold markup.
    internal static void Section(StringBuilder page, string title, string text) => page.Append($"<h2>{title}</h2>\n<p>{text}</p>\n");

    internal static void Pictures(StringBuilder page, params (string Title, string Svg)[] figures)
    {
        page.Append("<div class=\"figures\">\n");
        foreach ((string title, string svg) in figures.Where(figure => figure.Svg.Length > 0)) page.Append($"<figure><figcaption>{Encode(title)}</figcaption>{svg}</figure>\n");
        page.Append("</div>\n");
    }

    private static void HeldOutRows(StringBuilder page, RunSummary summary)
    {
        if (summary.HeldOut.Count == 0) return;
        page.Append("<div class=\"scroll\"><table><thead><tr><th>difficulty</th><th>scratchpad</th><th>before</th><th>after</th><th>95 % interval</th><th>problems</th></tr></thead><tbody>\n");
        foreach (HeldOutAccuracy result in summary.HeldOut.OrderByDescending(result => result.Reading).ThenBy(result => result.Difficulty))
        {
            HeldOutAccuracy? before = summary.HeldOutBefore.FirstOrDefault(other => other.Difficulty == result.Difficulty && other.Reading == result.Reading);
            page.Append($"<tr><td>{result.Difficulty}</td><td>{(result.Reading ? "reading" : "not reading")}</td><td>{(before is null ? "-" : Figures.Percent(before.Accuracy))}</td><td><b>{Figures.Percent(result.Accuracy)}</b></td>"
                + $"<td>{Figures.Percent(result.Low)} to {Figures.Percent(result.High)}</td><td>{result.N}</td></tr>\n");
        }

        page.Append("</tbody></table></div>\n");
    }

    internal static void Transcript(StringBuilder page, SampleTranscript sample)
    {
        EpisodeRecord episode = sample.Episode;
        page.Append($"<figure class=\"transcript\"><figcaption>{Encode(sample.Title)} <span>{Encode(episode.Id)}, {Encode(episode.Agent)}, weights {Encode(episode.Checkpoint)}, reward {episode.Reward:0.##}</span></figcaption><pre>");
        foreach (Core.Play.Segment segment in episode.Segments) page.Append($"<span class=\"{segment.Source.ToString().ToLowerInvariant()}\">{Encode(segment.Text)}</span>");
        string verdict = episode.Role == Core.Play.Role.Proposer ? "" : $"{episode.Outcome.ToString().ToLowerInvariant()}{(episode.Sound ? ", every step valid" : "")}: ";
        page.Append($"</pre><p class=\"note\">{Encode(verdict)}{Encode(episode.Reason)}</p></figure>\n");
    }

    private static void HowMade(StringBuilder page, RunInfo info, RunSummary summary)
    {
        Section(page, "How it was made", "Save the configuration as <code>scenario.yaml</code> and run it; on the CPU the same versions give the same transcripts.");
        page.Append($"<pre>agentsociety run scenario.yaml --seed {info.Seed}</pre>\n<div class=\"scroll\"><table><tbody>\n");
        foreach ((string name, string version) in info.Versions.OrderBy(pair => pair.Key, StringComparer.Ordinal)) page.Append($"<tr><td>{Encode(name)}</td><td>{Encode(version)}</td></tr>\n");
        page.Append($"<tr><td>malformed texts</td><td>{summary.Counts.Malformed:N0}</td></tr>\n<tr><td>duplicate proposals</td><td>{summary.Counts.Duplicates:N0}</td></tr>\n<tr><td>edit conflicts</td><td>{summary.Scratchpad.Conflicts:N0}</td></tr>\n</tbody></table></div>\n");
    }

    internal static string Encode(string text) => WebUtility.HtmlEncode(text);
}
