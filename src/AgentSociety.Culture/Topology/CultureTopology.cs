using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Culture;

/// <summary>Who sees which part of the scratchpad, and where each agent's edits go: what the scenario says about sharing.</summary>
/// <remarks>
/// Agents name pages as if there were one scratchpad, <c>notes/operator-c</c>. An island, which is a group or one agent, keeps its
/// pages under a notebook, <c>agents/group-1/notes/operator-c</c>, so that every page of every island lies in one store with one
/// history. Migration copies: every M rounds each island takes over, as appended lines with their origin in the comment, what its
/// neighbours on the ring of islands have and it lacks (the stepping-stone model; Kimura and Weiss, Genetics 1964). News travels
/// <c>neighbours</c> islands a migration.
/// </remarks>
public sealed class CultureTopology
{
    private readonly CultureSettings _settings;
    private readonly Dictionary<string, string> _islands = new(StringComparer.Ordinal);
    private readonly List<string> _ring = [];

    /// <param name="settings">What the scenario says.</param>
    /// <param name="population">All agents, in the order in which they sit on the ring or are dealt to groups.</param>
    /// <exception cref="SocietyException">A shared namespace is none, or there are more groups than agents.</exception>
    public CultureTopology(CultureSettings settings, IReadOnlyList<Agent> population)
    {
        _settings = settings;
        foreach (string name in settings.SharedNamespaces)
            if (!CanBeShared(name))
                throw new SocietyException($"culture.sharedNamespaces: '{name}' is no namespace that can be shared; these are: {string.Join(", ", PageName.Namespaces.Where(CanBeShared))}.");
        if (settings.Sharing == Sharing.Groups && settings.Groups > population.Count)
            throw new SocietyException($"culture.groups: {settings.Groups} groups cannot be made of {population.Count} agents; lower the number.");
        Dictionary<Role, int> dealt = [];
        foreach (Agent agent in population)
        {
            int turn = dealt[agent.Role] = dealt.GetValueOrDefault(agent.Role) + 1;
            string? island = settings.Sharing switch
            {
                Sharing.Groups => $"{PageName.GroupNotebook}{((turn - 1) % settings.Groups) + 1}",
                Sharing.Private or Sharing.Ring => agent.Name,
                _ => null,
            };
            if (island is null) continue;
            _islands[agent.Name] = island;
            if (!_ring.Contains(island)) _ring.Add(island);
        }

        if (settings.Sharing == Sharing.Groups) _ring.Sort((one, other) => Number(one).CompareTo(Number(other)));
    }

    /// <summary>True for a namespace that can be common to all islands: any but that of their notebooks.</summary>
    public static bool CanBeShared(string name) => PageName.Namespaces.Contains(name) && name != "agents";

    /// <summary>The islands in their order on the ring; empty where there is one scratchpad for all.</summary>
    public IReadOnlyList<string> Islands => _ring;

    /// <summary>The island of an agent; null where there is one scratchpad for all.</summary>
    /// <exception cref="SocietyException">The population has no such agent.</exception>
    public string? IslandOf(string agent) => _settings.Sharing is Sharing.Shared or Sharing.Off ? null
        : _islands.GetValueOrDefault(agent) ?? throw new SocietyException($"there is no agent {agent} in this population; name one that is.");

    /// <summary>The page that an agent means by a name: where its edit goes.</summary>
    /// <returns>Null where nothing is kept: notes are off.</returns>
    public string? PageFor(string agent, string page) => _settings.Sharing == Sharing.Off ? null
        : IslandOf(agent) is not { } island || IsShared(page) || PageName.Notebook(page) is not null ? page : $"agents/{island}/{page}";

    /// <summary>What an agent may see of the scratchpad, under the names that it uses.</summary>
    /// <param name="all">The whole scratchpad at the moment that it is to be seen.</param>
    /// <param name="agent">Who reads.</param>
    public INotes View(INotes all, string agent)
    {
        if (_settings.Sharing == Sharing.Off) return EmptyNotes.Instance;
        return IslandOf(agent) is not { } island ? all : new IslandNotes(all, $"agents/{island}/", IsShared);
    }

    /// <summary>True where a migration follows a round.</summary>
    public bool MigratesAfter(int round) => _ring.Count > 1 && _settings.Sharing is Sharing.Groups or Sharing.Ring && _settings.MigrateEveryRounds > 0 && round > 0 && round % _settings.MigrateEveryRounds == 0;

    /// <summary>The edits of the migration after a round; commit them as one batch. Empty where none is due.</summary>
    /// <param name="all">The whole scratchpad at the end of the round.</param>
    /// <param name="round">The round that ended.</param>
    public IReadOnlyList<EditRequest> Migration(INotes all, int round)
    {
        if (!MigratesAfter(round)) return [];
        List<EditRequest> edits = [];
        for (int at = 0; at < _ring.Count; at++)
        {
            string here = $"agents/{_ring[at]}/";
            Dictionary<string, HashSet<string>> known = new(StringComparer.Ordinal);
            foreach (string from in Neighbours(at))
            {
                foreach (string page in all.List($"agents/{from}/"))
                {
                    string target = here + PageName.InsideNotebook(page);
                    if (!known.TryGetValue(target, out HashSet<string>? lines)) known[target] = lines = [.. LineDiff.Lines(all.Read(target)?.Body ?? "")];
                    NotePage theirs = all.Read(page)!;
                    string text = string.Concat(LineDiff.Lines(theirs.Body).Where(lines.Add));
                    if (string.IsNullOrWhiteSpace(text)) continue;
                    edits.Add(new EditRequest
                    {
                        Key = $"migration/{round}/{page}/{_ring[at]}",
                        Edit = new NoteEdit { Page = target, Kind = EditKind.Append, Text = text, Comment = $"from {page}, revision {theirs.Revision}" },
                        Author = $"migration:{from}",
                        Round = round,
                        Trusted = true,
                    });
                }
            }
        }

        return edits;
    }

    private IEnumerable<string> Neighbours(int at)
    {
        HashSet<int> seen = [at];
        for (int step = 1; step <= Math.Min(_settings.Neighbours, _ring.Count); step++)
            foreach (int other in (int[])[(at + step) % _ring.Count, (((at - step) % _ring.Count) + _ring.Count) % _ring.Count])
                if (seen.Add(other)) yield return _ring[other];
    }

    private bool IsShared(string page) => _settings.SharedNamespaces.Any(name => page.StartsWith(name, StringComparison.Ordinal) && page.Length > name.Length && page[name.Length] == '/');

    private static int Number(string group) => int.Parse(group[PageName.GroupNotebook.Length..], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The pages of one island under their plain names, and the namespaces that all share.</summary>
    private sealed class IslandNotes(INotes all, string notebook, Func<string, bool> shared) : INotes
    {
        public NotePage? Read(string page) => shared(page) ? all.Read(page) : all.Read(notebook + page) is { } note ? note with { Name = page } : null;

        public IReadOnlyList<string> List(string prefix) =>
            [.. all.List(notebook + prefix).Select(name => name[notebook.Length..]).Where(name => !shared(name)).Concat(all.List(prefix).Where(shared)).Order(StringComparer.Ordinal)];
    }
}
