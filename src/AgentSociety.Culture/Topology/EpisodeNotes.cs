using System.Text;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture;

/// <summary>Raw episodes found by search, in the place of notes: each page is what the newest transcripts say that touched its subject.</summary>
/// <remarks>
/// The control for the worth of writing a book: everything that was ever seen stands in the logs, and a reader gets as many of them as a search
/// returns. Nothing is edited, merged or thrown away. Per page and island the newest hits alone are kept, so that memory stays bounded.
/// Add episodes and take views on one thread; a view may be read from any.
/// </remarks>
/// <param name="reader">Finds what a transcript says.</param>
/// <param name="claims">Whether claims without evidence count.</param>
/// <param name="most">Most episodes that a look-up finds.</param>
/// <param name="islandOf">The island of an agent, by its name; null where all share.</param>
public sealed class EpisodeNotes(IEpisodeReader reader, bool claims, int most, Func<string, string?> islandOf)
{
    private readonly Dictionary<string, SortedDictionary<string, Queue<Hit>>> _islands = new(StringComparer.Ordinal);

    /// <summary>Takes in what was played, in the order in which it is stored.</summary>
    public void Add(IEnumerable<EpisodeRecord> episodes)
    {
        foreach (EpisodeRecord episode in episodes)
        {
            if (episode.ToolCalls.Count == 0) continue;
            string island = islandOf(episode.Agent) ?? "";
            if (!_islands.TryGetValue(island, out SortedDictionary<string, Queue<Hit>>? pages)) _islands[island] = pages = new SortedDictionary<string, Queue<Hit>>(StringComparer.Ordinal);
            foreach (IGrouping<string, string> page in reader.Found(episode.ToolCalls, claims).GroupBy(found => found.Page, found => found.Line, StringComparer.Ordinal))
            {
                if (!pages.TryGetValue(page.Key, out Queue<Hit>? hits)) pages[page.Key] = hits = [];
                if (hits.Count == most) hits.Dequeue();
                hits.Enqueue(new Hit(episode.Round, Told(episode, page)));
            }
        }
    }

    /// <summary>What an island finds now.</summary>
    /// <param name="island">The island; null where all share.</param>
    /// <param name="fromRound">Leaves out what was played in earlier rounds.</param>
    public INotes View(string? island, int fromRound)
    {
        SortedDictionary<string, NotePage> pages = new(StringComparer.Ordinal);
        foreach ((string page, Queue<Hit> hits) in _islands.GetValueOrDefault(island ?? "") ?? [])
        {
            // The newest last: where transcripts disagree, a reader believes the last line.
            string body = string.Concat(hits.Where(hit => hit.Round >= fromRound).Select(hit => hit.Text));
            if (body.Length > 0) pages[page] = new NotePage(page, Revision, body);
        }

        return new Found(pages);
    }

    /// <summary>The revision of a page that is a search's result.</summary>
    public const string Revision = "episodes";

    private static string Told(EpisodeRecord episode, IEnumerable<string> lines)
    {
        StringBuilder text = new();
        text.Append("## ").Append(episode.Id).Append("\n> ").Append(string.Concat(episode.Segments.Select(segment => segment.Text)).ReplaceLineEndings(" ")).Append('\n');
        foreach (string line in lines) text.Append(line).Append('\n');
        return text.ToString();
    }

    private readonly record struct Hit(int Round, string Text);

    private sealed class Found(SortedDictionary<string, NotePage> pages) : INotes
    {
        public NotePage? Read(string page) => pages.GetValueOrDefault(page);

        public IReadOnlyList<string> List(string prefix) => [.. pages.Keys.Where(page => page.StartsWith(prefix, StringComparison.Ordinal))];
    }
}
