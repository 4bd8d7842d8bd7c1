using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using AgentSociety.Environments.Organisations;

namespace AgentSociety.Society;

/// <summary>Who sees which notes, and where each agent's edits go.</summary>
/// <remarks>What is read in a round is the scratchpad as it was when the round before ended, so that nothing depends on who comes first.</remarks>
internal sealed class NotesAccess
{
    private readonly RunPlan _plan;
    private readonly Func<int, INotes> _snapshot;
    private readonly Func<long, INotes, INotes> _candidate;
    private readonly SocietyDatabase _database;
    private readonly CultureTopology _topology;
    private readonly Lifetimes _lifetimes;
    private (int Round, Dictionary<string, double> Of) _worth = (-1, []);
    private readonly string? _placebo;
    private (int? Round, INotes Notes)? _placeboRead;
    private readonly Func<string, string?>? _oracle;
    private readonly EpisodeNotes? _episodes;

    /// <summary>The access of a run that is played.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="database">Its records.</param>
    /// <param name="scratchpad">Its notes.</param>
    public NotesAccess(RunPlan plan, SocietyDatabase database, Scratchpad scratchpad)
        : this(plan, database, round => scratchpad.Snapshot(round), (number, notes) => scratchpad.Candidate(number, notes), null)
    {
    }

    private NotesAccess(RunPlan plan, SocietyDatabase database, Func<int, INotes> snapshot, Func<long, INotes, INotes> candidate, int? lastRound)
    {
        (_plan, _database, _snapshot, _candidate) = (plan, database, snapshot, candidate);
        _lifetimes = new Lifetimes(plan.Scenario);
        _topology = new CultureTopology(Settings, plan.Population);
        _oracle = plan.Environment is IFactSource source ? OracleNotes.TruthOf(source) : null;
        if (Settings.Shown == NotesShown.Placebo) _placebo = RunDirectory.Of(database).PlaceboDatabase;
        if (Settings.Shown != NotesShown.Episodes || plan.Environment is not IEpisodeReader reader) return;
        _episodes = new EpisodeNotes(reader, !Settings.RequireEvidence, Settings.EpisodesFound, agent => _topology.IslandOf(Lifetimes.Ancestor(agent)));
        _episodes.Add(database.Episodes(new EpisodeFilter { Role = Role.Solver, ToRound = lastRound }));
    }

    /// <summary>The access to what a run, which may be open for reading only, had written when a round was over.</summary>
    public static NotesAccess After(RunPlan plan, SocietyDatabase database, int round) =>
        new(plan, database, asOf => ArchivedNotes.Of(database, asOf), static (_, _) => throw new InvalidOperationException("candidates are tried while a run is played"), round);

    /// <summary>True where what is read in a round depends on the records of the round before, beside its edits.</summary>
    public bool NeedRecords => Settings.AuthorRecord || Settings is { WithholdingProbability: > 0, RankByWorth: true } or { WithholdingProbability: > 0, RetireHarmful: true };

    private CultureSettings Settings => _plan.Scenario.Culture;

    /// <summary>What the agents of a round read; one call of it serves all attempts of an agent.</summary>
    /// <param name="agent">The agent's name.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="candidate">Number of a proposed edit that is shown as if it were accepted; null for none.</param>
    public INotes Of(string agent, int round, long? candidate = null)
    {
        INotes Whole(int asOf) => candidate is { } number ? _candidate(number, _snapshot(asOf)) : _snapshot(asOf);
        return Attributed(Ranked(Shown(round, Lifetimes.Ancestor(agent), asOf => _topology.View(_lifetimes.EraOf(round).View(Whole(asOf)), Lifetimes.Ancestor(agent))), agent, round), round);
    }

    /// <summary>The full name of a page as an agent names it in a round; null where nothing is kept.</summary>
    public string? FullName(string agent, int round, string page) => _topology.PageFor(Lifetimes.Ancestor(agent), page) is { } full ? _lifetimes.EraOf(round).Page(full) : null;

    /// <summary>What newborns read after a round: the scratchpad where there is one for all, in the order of the reading list; a newborn's own notebook is empty.</summary>
    /// <param name="round">The round that is over.</param>
    /// <param name="era">A round of the era whose notes are read, where it is not that of the round: that of those who are born after it.</param>
    public INotes OfNewborn(int round, int? era = null)
    {
        if (Settings.Sharing != Sharing.Shared) return EmptyNotes.Instance;
        INotes notes = Attributed(Shown(round + 1, null, asOf => _lifetimes.EraOf(era ?? round).View(_snapshot(asOf)), era ?? round), round + 1);
        string[] list = [.. Settings.ReadingList, .. Settings.Books is { EveryRounds: > 0, Assigned: true } ? _plan.Authors.Select(author => BookOf(author.Name)) : []];
        return list.Length == 0 ? notes : new ReadingNotes(notes, list);
    }

    /// <summary>The notes of one attempt, some of them withheld by the scenario's trial.</summary>
    public WithheldNotes Tried(INotes notes, string episode) => new(notes, Settings.WithholdingProbability, _plan.Seed, episode);

    /// <summary>The edits of one episode as the scratchpad's writer takes them; none where nothing is kept.</summary>
    public IEnumerable<EditRequest> Requests(Role role, string agent, string episode, int round, IReadOnlyList<NoteEdit> edits)
    {
        for (int index = 0; index < edits.Count; index++)
        {
            if (FullName(agent, round, edits[index].Page) is not { } page) continue;
            yield return new EditRequest
            {
                Key = $"{episode}/{index}",
                Edit = edits[index] with { Page = page },
                Author = agent,
                Role = role,
                Round = round,
                Episode = episode,
            };
        }
    }

    /// <summary>True where the migration and the books of a round were committed, in an earlier life of the run.</summary>
    public bool Spread(int round) => (_topology.MigratesAfter(round) && _database.KnowsEdits($"migration/{round}/")) || (BooksAfter(round) && _database.KnowsEdits($"{round}/book/"));

    /// <summary>The edits of the migration that follows a round; none where none is due.</summary>
    public IReadOnlyList<EditRequest> Migration(int round) => _topology.MigratesAfter(round)
        ? [.. _topology.Migration(_lifetimes.EraOf(round).View(_snapshot(round)), round).Select(request => request with { Edit = request.Edit with { Page = _lifetimes.EraOf(round).Page(request.Edit.Page) } })]
        : [];

    /// <summary>The editions that authors bring out after a round, from the pages that they can read; none where none is due.</summary>
    public IEnumerable<EditRequest> Books(int round)
    {
        if (!BooksAfter(round)) yield break;
        // A chapter must have served in the rounds that are stored: those before this one.
        Dictionary<string, double> worth = _database.WorthOfReading(fromRound: _lifetimes.EraOf(round).FirstRound, toRound: round - 1).ToDictionary(page => page.Page, page => page.Worth, StringComparer.Ordinal);
        foreach (string author in _plan.Authors.Select(author => Lifetimes.NameIn(author.Name, _lifetimes.Of(round))))
        {
            INotes notes = Shown(round + 1, Lifetimes.Ancestor(author), asOf => _topology.View(_lifetimes.EraOf(round).View(_snapshot(asOf)), Lifetimes.Ancestor(author)));
            double? WorthOf(string page) => FullName(author, round, page) is { } full && worth.TryGetValue(full, out double known) ? known : null;
            if (ChapterChoice.Edition(notes, BookOf(author), WorthOf, Settings.Books.Chapters) is not { } edition) continue;
            foreach (EditRequest request in Requests(Role.Author, author, $"{round}/book/{author}", round, [edition])) yield return request with { Episode = null };
        }
    }

    /// <summary>The edits that bring the plans of the jobs that were worked on in a round up to date with what its attempts noted; none where problems are no parts of jobs.</summary>
    /// <remarks>A plan is what a program makes of the notes, and nobody's claim: no gate holds it.</remarks>
    /// <param name="round">The round; its edits are committed.</param>
    /// <param name="worked">The problems of the round, each with who attempted it.</param>
    public IEnumerable<EditRequest> WorkPlans(int round, IEnumerable<(Problem Problem, string Agent)> worked)
    {
        if (_plan.Environment is not IOrganisation organisation || Settings.Sharing == Sharing.Off) yield break;
        INotes all = _lifetimes.EraOf(round).View(_snapshot(round));
        HashSet<string> planned = new(StringComparer.Ordinal);
        foreach ((Problem problem, string agent) in worked)
        {
            if (WorkPlan.Of(organisation, problem, _topology.View(all, Lifetimes.Ancestor(agent))) is not { } edit || FullName(agent, round, edit.Page) is not { } page || !planned.Add(page)) continue;
            yield return new EditRequest { Key = $"{round}/plan/{page}", Edit = edit with { Page = page }, Author = $"plan:{agent}", Round = round, Trusted = true };
        }
    }

    private bool BooksAfter(int round) => Settings.Books.EveryRounds > 0 && round > 0 && round % Settings.Books.EveryRounds == 0;

    private static string BookOf(string author) => $"books/{Lifetimes.Ancestor(author)}";

    /// <summary>Takes in the attempts of a round that was played, where readers search raw episodes.</summary>
    public void Played(IEnumerable<EpisodeRecord> episodes) => _episodes?.Add(episodes.Where(episode => episode.Role == Role.Solver));

    private INotes Shown(int round, string? agent, Func<int, INotes> asOf, int? era = null) =>
        NotesArms.Show(Settings, round, asOf, _plan.Seed, Placebo(round), _oracle, Found(agent, era ?? round));

    private INotes? Found(string? agent, int round) => Settings.Sharing == Sharing.Off && _episodes is not null ? EmptyNotes.Instance
        : _episodes?.View(agent is null ? null : _topology.IslandOf(agent), _lifetimes.EraOf(round).FirstRound);

    /// <summary>The other society's notes; read once, and again for each round where they keep step.</summary>
    private INotes? Placebo(int round)
    {
        if (_placebo is null) return null;
        int? asOf = Settings.PlaceboInStep ? round - 1 : null;
        if (_placeboRead is { } read && read.Round == asOf) return read.Notes;
        using SocietyDatabase other = SocietyDatabase.OpenReadOnly(_placebo);
        INotes notes = ArchivedNotes.Of(other, asOf);
        _placeboRead = (asOf, notes);
        return notes;
    }

    private INotes Ranked(INotes notes, string agent, int round)
    {
        if (Settings is not { RankByWorth: true, WithholdingProbability: > 0 }) return notes;
        if (_worth.Round != round) _worth = (round, _database.UpliftOfPages(toRound: round - 1).ToDictionary(uplift => uplift.Page, uplift => uplift.Value, StringComparer.Ordinal));
        Dictionary<string, double> worth = notes.List("").ToDictionary(page => page, page => FullName(agent, round, page) is { } full ? _worth.Of.GetValueOrDefault(full) : 0, StringComparer.Ordinal);
        return new RankedNotes(notes, worth);
    }

    private INotes Attributed(INotes notes, int round) =>
        Settings.AuthorRecord ? new AttributedNotes(notes, _database.AuthorOf, _database.RecordsOfAuthors(round - 1)) : notes;

    /// <summary>True where there is something to read among what newborns are shown. What an oracle or a search of transcripts would find is on no page that somebody wrote.</summary>
    public static bool HoldAny(INotes notes, CultureSettings culture) => culture.Shown is NotesShown.Oracle or NotesShown.Episodes || notes.List("").Count > 0;
}
