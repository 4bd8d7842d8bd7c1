using System.Collections.Immutable;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>The culture: pages that agents and people edit, each a chain of revisions of which none is ever lost.</summary>
/// <remarks>
/// Commits one batch of edits a transaction (group commit): hand it what has queued up. One thread edits at a time;
/// snapshots may be taken and read on any thread. Edits that another process made to the same file are seen by the next
/// commit and the next snapshot. Histories, diffs, search and the like are read through <see cref="PageArchive"/>.
/// </remarks>
public sealed class Scratchpad : IDisposable
{
    private const string AskedFor = """
        SELECT q.number AS Number, q.page AS Page, r.id AS Base, q.kind AS Kind, q.text AS Text, q.author AS Author, q.round AS Round, q.episode AS Episode,
               q.comment AS Comment, q.reason AS Reason, q.section AS Section, q.waits_for = 'rollouts' AS WaitsForRollouts
        FROM proposal q LEFT JOIN revision r ON r.number = q.base
        """;

    private readonly SocietyDatabase _database;
    private readonly TimeProvider _clock;
    private readonly EditRules _rules;
    private readonly ScratchpadStatements _statements;
    private readonly Lock _gate = new();
    private State _state = new(ImmutableDictionary.Create<string, Head>(StringComparer.Ordinal), 0);
    private Past? _past;

    /// <summary>Opens the scratchpad of a database.</summary>
    /// <param name="database">The database, open for writing.</param>
    /// <param name="clock">Stamps revisions; the system's where null.</param>
    /// <param name="rules">What edits must keep to; the defaults where null.</param>
    public Scratchpad(SocietyDatabase database, TimeProvider? clock = null, EditRules? rules = null)
    {
        _rules = rules ?? new EditRules();
        _database = database;
        _clock = clock ?? TimeProvider.System;
        _statements = database.Write(connection => new ScratchpadStatements(connection));
        _database.Write(connection => Refresh(connection));
    }

    /// <summary>Carries out edits in their order, in one transaction that is durable on return.</summary>
    /// <returns>One result an edit, in the same order.</returns>
    /// <exception cref="SocietyException">The database could not be written: none of the edits was made, and all may be sent again.</exception>
    public IReadOnlyList<EditResult> Commit(IReadOnlyList<EditRequest> edits) => Change(transaction =>
    {
        EditResult[] results = new EditResult[edits.Count];
        for (int edit = 0; edit < edits.Count; edit++) results[edit] = transaction.Apply(edits[edit]);
        return (IReadOnlyList<EditResult>)results;
    });

    /// <summary>Takes a page away. Its history stays, and <see cref="Restore"/> brings it back.</summary>
    /// <param name="page">Full name.</param>
    /// <param name="author">Who does it.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="comment">Why.</param>
    /// <param name="baseRevision">The head that the author saw: a page that has moved on since is a conflict. Null takes it away whatever it says.</param>
    public EditResult Delete(string page, string author, int round, string comment, string? baseRevision = null) =>
        Change(transaction => transaction.ChangeLife(page, RevisionKind.Delete, author, round, comment, baseRevision));

    /// <summary>Brings a deleted page back with the body that it had.</summary>
    /// <param name="page">Full name.</param>
    /// <param name="author">Who does it.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="comment">Why.</param>
    /// <param name="baseRevision">The deletion that the author saw; null for any.</param>
    public EditResult Restore(string page, string author, int round, string comment, string? baseRevision = null) =>
        Change(transaction => transaction.ChangeLife(page, RevisionKind.Restore, author, round, comment, baseRevision));

    /// <summary>Takes back what one author wrote, on every page, as one action; what others wrote stays, and so does the history.</summary>
    /// <remarks>Follows lines, not texts: the author's standing lines go, whatever was written around them, and lines that the author removed come back in their places. Pages that the author deleted and nobody restored come back.</remarks>
    /// <param name="author">Whose edits.</param>
    /// <param name="fromRound">Only those of this round and later.</param>
    /// <param name="reverter">Who decides it.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="comment">Why.</param>
    /// <returns>The result by page: saved, or a conflict where a line has no place to come back to, because others put another there; pages that need no change are left out.</returns>
    public IReadOnlyDictionary<string, EditResult> RevertAuthor(string author, int fromRound, string reverter, int round, string comment) => Change((transaction, connection) =>
    {
        Dictionary<string, EditResult> results = [];
        bool Undone(LineHistory.Step step, bool deleted) => step.Author == author && step.Round >= fromRound && (step.Kind is "edit" or "merge" or "restore" || (deleted && step.Kind == "delete"));
        foreach (string page in connection.Query<string>("""
            SELECT DISTINCT p.name FROM revision r JOIN page p ON p.id = r.page
            WHERE r.author = @author AND r.round >= @fromRound AND (p.deleted = 0 AND r.kind IN ('edit', 'merge', 'restore') OR p.deleted = 1 AND r.kind = 'delete' AND r.number = p.head) ORDER BY p.name
            """, new { author, fromRound }).AsList())
            if (transaction.IsDeleted(page) is var deleted && transaction.Revert(page, step => Undone(step, deleted), reverter, round, comment) is { } result) results[page] = result;
        return results;
    });

    /// <summary>Takes back what one revision did, whatever came after it, by the rules of <see cref="RevertAuthor"/>.</summary>
    /// <param name="revision">Its id; a side's stands for the merge that took it in.</param>
    /// <param name="reverter">Who decides it.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="comment">Why.</param>
    /// <returns>Saved; unchanged where nothing of it is left; a conflict, with an attempt that marks the places, where others put another line in the place of one that it removed: its base is what the revision said, and mine what it found; rejected for a page that is deleted.</returns>
    /// <exception cref="SocietyException">There is no such revision.</exception>
    public EditResult TakeBack(string revision, string reverter, int round, string comment) => Change((transaction, connection) =>
    {
        long number = PageArchive.Number(connection, revision);
        (string page, string kind, long? before, long? merge) = connection.QuerySingle<(string, string, long?, long?)>("""
            SELECT p.name, r.kind, r.parent, (SELECT max(m.number) FROM revision m WHERE m.page = r.page AND m.merged = r.number) FROM revision r JOIN page p ON p.id = r.page WHERE r.number = @number
            """, new { number });
        if (transaction.IsDeleted(page) && transaction.HeadOf(page) != revision) return new EditResult.Rejected($"{page} is deleted; restore it first", EditRule.Base);
        EditResult? result = transaction.Revert(page, step => step.Number == (kind == "side" ? merge : number), reverter, round, comment);
        // Seen from the revision: base is what it said, theirs what became of that, mine what stood there before it.
        if (result is EditResult.Conflict lost) return lost with { Base = RevisionStore.Read(connection, number), Mine = before is { } parent ? RevisionStore.Read(connection, parent).Body : "" };
        return result ?? new EditResult.Unchanged(transaction.HeadOf(page));
    });

    /// <summary>Edits that wait for a decision, oldest first.</summary>
    public IReadOnlyList<Proposal> Proposals(int limit = 100) => _database.Read(connection => connection.Query<Proposal>($"{AskedFor} WHERE q.state = 'open' ORDER BY q.number LIMIT @limit", new { limit }).AsList());

    /// <summary>Decides a proposal. An accepted one is saved under its author's name, merged where the page has moved on.</summary>
    /// <param name="proposal">Its number.</param>
    /// <param name="accept">Whether it is saved.</param>
    /// <param name="decider">Who decides.</param>
    /// <param name="verdict">Why.</param>
    /// <param name="round">The round in play, in which it becomes part of the culture; never before that in which it was asked for.</param>
    /// <returns>What became of it; after a conflict it stays open, and one that somebody decided in the meantime is rejected by <see cref="EditRule.Decided"/> and stays as it was decided.</returns>
    /// <exception cref="SocietyException">There is no such proposal.</exception>
    public EditResult Decide(long proposal, bool accept, string decider, string verdict, int round) => Change((transaction, connection) =>
    {
        if (Decided(connection, proposal) is { } decided) return decided;
        Proposal open = Find(connection, proposal)!;
        EditResult result = accept ? transaction.Apply(new EditRequest
        {
            // A conflict is decided again when the page has moved: the head is part of the key.
            Key = $"proposal/{proposal}/{Tip(connection)}",
            Edit = open.Edit,
            Author = open.Author,
            Round = Math.Max(round, open.Round),
            Episode = open.Episode,
            Trusted = true,
        }) : new EditResult.Rejected(verdict, EditRule.Decision);
        if (result is not EditResult.Conflict)
            connection.Execute("""
                UPDATE proposal SET state = @state, decider = @decider, verdict = @verdict, revision = (SELECT number FROM revision WHERE id = @revision) WHERE number = @proposal AND state = 'open'
                """, new { proposal, decider, verdict, state = result is EditResult.Rejected ? "rejected" : "accepted", revision = (result as EditResult.Saved)?.Revision });
        return result;
    });

    /// <summary>Notes as they would be if a proposal were accepted: what the rollouts with the candidate read. Its revision is <c>proposal/NUMBER</c>.</summary>
    /// <param name="proposal">Number of a proposal; one that is decided meanwhile may still be played.</param>
    /// <param name="notes">The notes without it.</param>
    /// <exception cref="SocietyException">There is no such proposal.</exception>
    public INotes Candidate(long proposal, INotes notes)
    {
        Proposal open = _database.Read(connection => Find(connection, proposal)) ?? throw new SocietyException($"{_database.Path}: there is no proposal {proposal}; list those that are open.");
        NotePage? now = notes.Read(open.Page);
        string text = PageBody.Normalise(open.Text), body = now?.Body ?? "";
        string changed = open.Edit.Kind switch
        {
            EditKind.Append => PageBody.Holds(body, text) ? body : body + text,
            EditKind.Section => PageSection.Replace(body, open.Section!, text),
            _ when open.Base is null || open.Base == now?.Revision => text,
            _ => ThreeWayMerge.Merge(new PageArchive(_database).ReadRevision(open.Base).Body, text, body) is { Clean: true } merge ? merge.Text : text,
        };
        return new CandidateNotes(notes, new NotePage(open.Page, $"proposal/{proposal}", changed));
    }

    /// <summary>Takes in matched rollouts with and without a proposed note, and admits it, rejects it or lets it wait for more.</summary>
    /// <param name="proposal">Its number.</param>
    /// <param name="rollouts">New pairs; one whose key was reported before counts once.</param>
    /// <param name="test">What is asked of a note.</param>
    /// <param name="round">The round in play, in which an admitted note becomes part of the culture.</param>
    /// <returns>What is known of it now, and what became of it; of one that was decided in the meantime what <see cref="Decide"/> says of it.</returns>
    /// <exception cref="SocietyException">There is no such proposal.</exception>
    public Admission Report(long proposal, IReadOnlyList<MatchedRollout> rollouts, AdmissionTest test, int round)
    {
        (List<double> gains, EditResult? decided) = _database.Write(connection =>
        {
            EditResult? known = Decided(connection, proposal);
            if (known is not null) rollouts = [];
            using PreparedStatement insert = new(connection, "INSERT OR IGNORE INTO rollout (proposal, key, without, shown) VALUES (@1, @2, @3, @4)");
            foreach (MatchedRollout pair in rollouts) insert.Execute(proposal, pair.Key, pair.Without, pair.With);
            return (connection.Query<double>("SELECT shown - without FROM rollout WHERE proposal = @proposal ORDER BY key", new { proposal }).AsList(), known);
        });
        AdmissionEvidence evidence = test.Judge(gains);
        EditResult? result = decided ?? (evidence.Verdict == AdmissionVerdict.Wait ? null : Decide(proposal, evidence.Verdict == AdmissionVerdict.Admit, "rollouts", evidence.ToString(), round));
        return new Admission(evidence, result);
    }

    /// <summary>The scratchpad as it is now, or as it was at the end of a round; it does not change when edits follow.</summary>
    /// <param name="asOfRound">Leaves out what was written in later rounds; null for the newest.</param>
    /// <param name="prefix">Shows only the pages under a prefix, under names without it: a private notebook is <c>agents/NAME/</c>.</param>
    public INotes Snapshot(int? asOfRound = null, string prefix = "")
    {
        // Where a commit is under way this does not wait for it: the commit looks for foreign edits itself.
        if (_gate.TryEnter())
        {
            try
            {
                State known = _state;
                if (_database.Read(connection => Tip(connection)) > known.Tip) _database.Write(connection => Refresh(connection));
            }
            finally
            {
                _gate.Exit();
            }
        }

        State state = Volatile.Read(ref _state);
        INotes notes = asOfRound is { } round ? AsOf(state, round) : state.Notes;
        return prefix.Length == 0 ? notes : new PrefixedNotes(notes, prefix);
    }

    /// <summary>Id of a page's head as this scratchpad knows it, of a deleted page too; null for a page that never was.</summary>
    internal string? HeadOf(string page) => Volatile.Read(ref _state).Heads.GetValueOrDefault(page)?.Revision;

    /// <summary>Releases the prepared statements; the database stays open.</summary>
    public void Dispose() => _statements.Dispose();

    private static Proposal? Find(SqliteConnection connection, long proposal) => connection.QueryFirstOrDefault<Proposal>($"{AskedFor} WHERE q.number = @proposal", new { proposal });

    /// <summary>What somebody decided of a proposal; null while it is open.</summary>
    private EditResult.Rejected? Decided(SqliteConnection connection, long proposal)
    {
        (string? state, string? decider, string? verdict) = connection.QueryFirstOrDefault<(string?, string?, string?)>("SELECT state, decider, verdict FROM proposal WHERE number = @proposal", new { proposal });
        return state switch
        {
            null => throw new SocietyException($"{_database.Path}: there is no proposal {proposal}; list those that are open."),
            "open" => null,
            _ => new EditResult.Rejected($"proposal {proposal} was {state} by {decider} in the meantime{(string.IsNullOrEmpty(verdict) ? "" : $": {verdict}")}", EditRule.Decided),
        };
    }

    private T Change<T>(Func<EditTransaction, T> change) => Change((transaction, _) => change(transaction));

    private T Change<T>(Func<EditTransaction, SqliteConnection, T> change)
    {
        lock (_gate)
        {
            State? next = null;
            T result = _database.Write(connection =>
            {
                Refresh(connection);
                EditTransaction transaction = new(connection, _statements, _state.Heads, _rules, _clock.GetUtcNow().ToUnixTimeMilliseconds());
                T made = change(transaction, connection);
                next = new State(transaction.Flush(), Tip(connection));
                return made;
            });
            Volatile.Write(ref _state, next!);
            return result;
        }
    }

    /// <summary>Takes in the heads that another process has moved.</summary>
    private bool Refresh(SqliteConnection connection)
    {
        long tip = _statements.Synchronise();
        if (tip == _state.Tip) return false;
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT p.id, p.name, p.body, p.deleted, r.number, r.id, r.round, r.depth
            FROM page p JOIN revision r ON r.number = p.head WHERE r.number > @tip
            """;
        command.Parameters.AddWithValue("@tip", _state.Tip);
        ImmutableDictionary<string, Head>.Builder heads = _state.Heads.ToBuilder();
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            heads[reader.GetString(1)] = new Head
            {
                Page = reader.GetInt64(0),
                Number = reader.GetInt64(4),
                Note = new NotePage(reader.GetString(1), reader.GetString(5), reader.GetString(2)),
                Round = reader.GetInt32(6),
                Depth = reader.GetInt32(7),
                Deleted = reader.GetInt64(3) != 0,
            };
        }

        Volatile.Write(ref _state, new State(heads.ToImmutable(), tip));
        return true;
    }

    private NotesSnapshot AsOf(State state, int round)
    {
        if (state.Newest <= round) return state.Notes;
        if (Volatile.Read(ref _past) is { } past && past.Round == round && past.Tip == state.Tip) return past.Notes;
        NotesSnapshot notes = _database.Read(connection =>
        {
            ImmutableDictionary<string, Head>.Builder heads = state.Heads.ToBuilder();
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = "SELECT number, kind = 'delete' FROM revision WHERE page = @page AND round <= @round AND kind <> 'side' ORDER BY number DESC LIMIT 1";
            SqliteParameter page = command.Parameters.Add("@page", SqliteType.Integer);
            command.Parameters.AddWithValue("@round", round);
            foreach (Head head in state.Heads.Values.Where(head => head.Round > round))
            {
                page.Value = head.Page;
                using SqliteDataReader reader = command.ExecuteReader();
                if (!reader.Read()) heads.Remove(head.Name);
                else heads[head.Name] = new Head
                {
                    Page = head.Page,
                    Number = reader.GetInt64(0),
                    Note = RevisionStore.Read(connection, reader.GetInt64(0)),
                    Round = round,
                    Depth = 0,
                    Deleted = reader.GetInt64(1) != 0,
                };
            }

            return new NotesSnapshot(heads.ToImmutable());
        });
        Volatile.Write(ref _past, new Past(round, state.Tip, notes));
        return notes;
    }

    private static long Tip(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT coalesce(max(number), 0) FROM revision";
        return (long)command.ExecuteScalar()!;
    }

    private sealed record Past(int Round, long Tip, NotesSnapshot Notes);

    private sealed class State(ImmutableDictionary<string, Head> heads, long tip)
    {
        private readonly Lazy<int> _newest = new(() => heads.Count == 0 ? int.MinValue : heads.Values.Max(head => head.Round));

        internal ImmutableDictionary<string, Head> Heads { get; } = heads;

        internal long Tip { get; } = tip;

        internal NotesSnapshot Notes { get; } = new(heads);

        internal int Newest => _newest.Value;
    }
}
