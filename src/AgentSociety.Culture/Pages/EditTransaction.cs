using System.Collections.Immutable;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Scenarios;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Carries out edits inside one transaction, on heads that nobody else sees before it commits.</summary>
internal sealed class EditTransaction(SqliteConnection connection, ScratchpadStatements statements, ImmutableDictionary<string, Head> heads, EditRules rules, long now)
{
    private readonly ImmutableDictionary<string, Head>.Builder _heads = heads.ToBuilder();
    private readonly HashSet<string> _changed = [];

    internal EditResult Apply(EditRequest request)
    {
        byte[] asked = request.Asked();
        if (statements.RecordedEdit.First(row => Recorded(row, request.Key, asked), request.Key) is { } recorded) return recorded;
        EditResult result = Carry(request, out EditTrace trace);
        statements.RecordEdit(request, asked, result, trace);
        return result;
    }

    /// <summary>Takes a page away or brings its last body back.</summary>
    /// <param name="page">Full name.</param>
    /// <param name="kind">Delete or restore.</param>
    /// <param name="author">Who does it.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="comment">Why.</param>
    /// <param name="seen">The head that the author saw; null where it does not matter what the page says.</param>
    internal EditResult ChangeLife(string page, RevisionKind kind, string author, int round, string comment, string? seen)
    {
        if (!_heads.TryGetValue(page, out Head? head)) return new EditResult.Rejected($"there is no page {page}", EditRule.Base);
        (long Number, int Depth)? known = seen is null ? null : statements.RevisionOf(head.Page, seen);
        if (seen is not null && known is null) return new EditResult.Rejected(NoRevision(page, seen), EditRule.Base);
        if (head.Deleted == (kind == RevisionKind.Delete)) return new EditResult.Unchanged(head.Revision);
        if (known is not null && seen != head.Revision) return new EditResult.Conflict(new NotePage(page, seen!, RevisionStore.Body(connection, known.Value.Number)), head.Note, "", null);
        string body = kind == RevisionKind.Delete ? "" : RevisionStore.Body(connection, statements.Parent(head.Number)!.Value);
        return new EditResult.Saved(Save(new Revision(page, kind, author, round, null, comment, body, head)).Revision, false);
    }

    /// <summary>Writes the heads that changed, once each however often they were edited.</summary>
    internal ImmutableDictionary<string, Head> Flush()
    {
        foreach (string name in _changed)
        {
            Head head = _heads[name];
            bool isNew = !heads.TryGetValue(name, out Head? before);
            if (isNew) statements.InsertPage.Execute(head.Page, name, head.Number, head.Body, head.Deleted ? 1 : 0);
            else if (before!.Body == head.Body && before.Deleted == head.Deleted) statements.MovePage.Execute(head.Page, head.Number);
            else if (before.Deleted == head.Deleted) statements.UpdatePage.Execute(head.Page, head.Number, head.Body);
            else statements.EndOrRevivePage.Execute(head.Page, head.Number, head.Body, head.Deleted ? 1 : 0);
            if (before is not null && before.Body.Contains("[[", StringComparison.Ordinal)) statements.DeleteLinks.Execute(head.Page);
            foreach (string target in PageBody.Links(name, head.Body)) statements.InsertLink.Execute(head.Page, target);
        }

        return _heads.ToImmutable();
    }

    private EditResult Carry(EditRequest request, out EditTrace trace)
    {
        trace = default;
        NoteEdit edit = request.Edit;
        Head? head = _heads.GetValueOrDefault(edit.Page);
        if ((PageName.Fault(edit.Page) ?? PageBody.Fault(edit.Text) ?? PageBody.Fault(edit.Comment)
            ?? (edit.Kind == EditKind.Section ? PageBody.Fault(edit.Section ?? "") ?? PageSection.Fault(head?.Body ?? "", edit.Section, edit.Text) : null)) is { } fault)
            return new EditResult.Rejected(fault, EditRule.Form);
        Start? start = null;
        if (edit.BaseRevision is { } read)
        {
            if (head is not null && statements.RevisionOf(head.Page, read) is { } known)
                // An append meets any head: it matters that its editor had read the page, not what it said.
                start = new Start(known.Number, known.Depth, read == head.Revision || edit.Kind == EditKind.Append ? head.Note : new NotePage(edit.Page, read, RevisionStore.Body(connection, known.Number)));
            else if (edit.Kind != EditKind.Append)
                return new EditResult.Rejected(NoRevision(edit.Page, read), EditRule.Base);
        }

        string text = PageBody.Normalise(edit.Text);
        if (edit.Kind == EditKind.Append && text.Length == 0 && head is null) return new EditResult.Rejected("there is nothing to append", EditRule.Form);
        Plan plan = Planned(request, head, start, text);
        if (Held(request, head, start, text, plan, out trace) is { } held) return held;
        if (plan.Unchanged)
        {
            trace = new EditTrace(head!.Number, null, null, null, null);
            return new EditResult.Unchanged(head.Revision);
        }

        return plan.Stale ? Stale(request, head!, start, plan, out trace) : Saved(request, head, plan.Body, out trace);
    }

    private static string NoRevision(string page, string revision) => $"{revision} is no revision of {page}; read the page and name the revision that was read";

    /// <summary>What an edit would make of its page, before any rule is asked.</summary>
    private static Plan Planned(EditRequest request, Head? head, Start? start, string text)
    {
        NoteEdit edit = request.Edit;
        string standing = head?.Body ?? "", read = start?.Note.Body ?? "";
        switch (edit.Kind)
        {
            case EditKind.Append:
                bool holds = text.Length == 0 || (head is not null && PageBody.Holds(standing, text));
                return new Plan(holds ? standing : standing + text, standing, holds ? standing : standing + text, Unchanged: holds);
            case EditKind.Section:
                string? now = head is { Deleted: false } ? PageSection.Read(standing, edit.Section!) : null;
                string placed = PageSection.Replace(standing, edit.Section!, text);
                if (now == text) return new Plan(standing, standing, standing, Unchanged: true);
                // Nobody touched the section since it was read: whatever else changed on the page, this is no conflict.
                if (now == (start is null ? null : PageSection.Read(read, edit.Section!))) return new Plan(placed, standing, placed);
                return Merged(request, head!, read, PageSection.Replace(read, edit.Section!, text));
            default:
                if (head is { Deleted: false } && standing == text) return new Plan(standing, standing, standing, Unchanged: true);
                if (edit.BaseRevision == head?.Revision || (head is { Deleted: true } && edit.BaseRevision is null)) return new Plan(text, standing, text);
                return Merged(request, head!, read, text);
        }
    }

    private static Plan Merged(EditRequest request, Head head, string read, string mine)
    {
        MergeOutcome? merge = request.OnConflict == OnConflict.Fail ? null : ThreeWayMerge.Merge(read, mine, head.Body);
        bool clean = merge is { Clean: true } && !head.Deleted;
        return new Plan(clean ? merge!.Text : mine, read, mine, Unchanged: clean && merge!.Text == head.Body, Stale: true, Clean: clean, Attempt: merge?.Text);
    }

    /// <summary>Refuses an edit or lets it wait, by the rules; null where it may go on.</summary>
    private EditResult? Held(EditRequest request, Head? head, Start? start, string text, Plan plan, out EditTrace trace)
    {
        trace = default;
        NoteEdit edit = request.Edit;
        bool append = edit.Kind == EditKind.Append;
        int before = head?.Body.Length ?? 0, after = plan.Body.Length;
        if (after > rules.MaximumPageSize && after > before)
            return new EditResult.Rejected($"{edit.Page} would have {after} characters, {rules.MaximumPageSize} are allowed; put part of it on another page and link to it", EditRule.Size);
        if (request.Trusted || plan.Unchanged) return null;
        Gate notebook = rules.NotebookGate(edit.Page, request.Author);
        if (notebook == Gate.Locked)
            return new EditResult.Rejected($"{edit.Page} is in the notebook of {PageName.Notebook(edit.Page)}; write in your own, agents/{request.Author}/, or in a common namespace", EditRule.Notebook);
        if (rules.MaximumEditsPerRound < int.MaxValue && statements.EditsMade(request.Author, request.Round) >= rules.MaximumEditsPerRound)
            return new EditResult.Rejected($"{request.Author} has made {rules.MaximumEditsPerRound} edits in round {request.Round}, which is all that is allowed; go on in the next round", EditRule.Rate);
        if (head is null && rules.MaximumPagesPerAuthor < int.MaxValue && statements.BegunPages(request.Author) >= rules.MaximumPagesPerAuthor)
            return new EditResult.Rejected($"{request.Author} has begun {rules.MaximumPagesPerAuthor} pages, which is all that is allowed; write on a page that is there", EditRule.Quota);
        (int gone, int lines) = append || rules.ShrinkGate == Gate.Auto ? (0, 0) : plan.Removed();
        Gate shrink = gone > rules.LargestShrink * lines ? rules.ShrinkGate : Gate.Auto, place = rules.GateOf(edit.Page, request.Role);
        string removes = $"the edit removes {(lines == 0 ? 0 : 100 * gone / lines)} % of the lines of the page";
        if (place == Gate.Locked) return new EditResult.Rejected($"edits of {edit.Page} are locked", EditRule.Gate);
        if (shrink == Gate.Locked) return new EditResult.Rejected($"{removes}; make smaller edits", EditRule.Gate);
        if (rules.ReadFirst && start is null && !plan.Stale && head is { Deleted: false } && CouldBeRead(request, head))
            return new EditResult.Rejected(edit.BaseRevision is { } unknown ? NoRevision(edit.Page, unknown) : $"{edit.Page} stands and was not read; read it, then name the revision that was read as baseRevision (by HTTP: If-Match)", EditRule.Base);
        if (rules.Duplicates != DuplicateSearch.Off && Duplicate(edit.Page, head, append ? text : plan.Body, append) is { } duplicate) return new EditResult.Rejected(duplicate, EditRule.Duplicate);
        string? reason = shrink == Gate.Review ? removes
            : place == Gate.Review || notebook == Gate.Review || rules.Admission == AdmissionRule.Review ? $"edits of {edit.Page} wait for review"
            : rules.Admission == AdmissionRule.Gate ? "matched rollouts with and without it decide" : null;
        if (reason is null) return null;
        bool rollouts = rules.Admission == AdmissionRule.Gate && shrink == Gate.Auto && place == Gate.Auto && notebook == Gate.Auto;
        long? based = append ? null : start?.Number;
        long proposal = statements.Propose(request, based, text, reason, now, rollouts);
        trace = new EditTrace(null, based, null, null, proposal);
        return new EditResult.Proposed(proposal, reason);
    }

    /// <summary>True where the editor could have read the page: an episode reads it as it was when the round before ended, everybody else as it is now.</summary>
    private bool CouldBeRead(EditRequest request, Head head) => request.Episode is null || statements.StoodBefore(head.Page, request.Round);

    /// <summary>Names the first new line that says what a line of the page, or of a page like it, says already; null where all are new.</summary>
    private string? Duplicate(string page, Head? head, string planned, bool append)
    {
        HashSet<string> standing = [.. PageBody.OutsideCode(head?.Body ?? "")], kept = [.. PageBody.OutsideCode(planned)];
        LinesBySaying fresh = new(kept.Where(line => !standing.Contains(line)), rules.DuplicateSimilarity);
        if (fresh.Forms.Count == 0) return null;
        // A line of this page counts only where it stays: a better wording in its place is no duplicate.
        List<(string Page, IEnumerable<string> Lines)> known = [(page, standing.Where(line => append || kept.Contains(line)))];
        if (rules.Duplicates == DuplicateSearch.Namespace)
        {
            string prefix = page[..(page.Length - PageName.InsideNotebook(page).Length)] + PageName.Namespace(PageName.InsideNotebook(page)) + "/";
            string match = PageSearch.MatchAny(string.Join(' ', fresh.Forms), words: 12);
            IEnumerable<(string Page, string Body)> changed = _changed.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => (name, _heads[name].Body));
            known.AddRange(changed.Concat(match.Length == 0 ? [] : statements.Alike(match, prefix).Where(other => !_changed.Contains(other.Page)))
                .Where(other => other.Page != page).Select(other => (other.Page, PageBody.OutsideCode(other.Body))));
        }

        foreach ((string place, IEnumerable<string> lines) in known)
            foreach (string line in lines)
                if (fresh.FirstSaying(line) is { } again)
                    return $"'{again.TrimEnd()}' says what {place} says already: '{line.TrimEnd()}'; read it, and add only what is new";
        return null;
    }

    /// <summary>Takes back what some revisions of a page did, by the lives of its lines, and keeps what others wrote.</summary>
    /// <param name="page">Full name.</param>
    /// <param name="undone">Which revisions.</param>
    /// <param name="reverter">Who decides it.</param>
    /// <param name="round">The round in play.</param>
    /// <param name="comment">Why.</param>
    /// <returns>Null where the page holds nothing of them.</returns>
    internal EditResult? Revert(string page, Func<LineHistory.Step, bool> undone, string reverter, int round, string comment)
    {
        Head head = _heads[page];
        Reversal reversal = Reversal.Of(LineHistory.Weave(connection, page), undone);
        if (reversal.Attempt is { } attempt) return new EditResult.Conflict(head.Note, head.Note, reversal.Body, attempt);
        if (reversal.Body == head.Body) return null;
        return new EditResult.Saved(Save(new Revision(page, reversal.Body.Length == 0 ? RevisionKind.Delete : RevisionKind.Revert, reverter, round, null, comment, reversal.Body, head)).Revision, false);
    }

    /// <summary>True for a page that was taken away.</summary>
    internal bool IsDeleted(string page) => _heads[page].Deleted;

    /// <summary>Id of a page's head.</summary>
    internal string HeadOf(string page) => _heads[page].Revision;

    private EditResult Stale(EditRequest request, Head head, Start? start, Plan plan, out EditTrace trace)
    {
        if (plan.Clean)
        {
            Head side = Side(request, head, start, plan.Mine);
            Head merged = Save(new Revision(request, RevisionKind.Merge, plan.Body, head) { Merged = side });
            trace = new EditTrace(merged.Number, start?.Number, head.Number, null, null);
            return new EditResult.Saved(merged.Revision, true);
        }

        if (request.OnConflict == OnConflict.Propose)
        {
            const string reason = "somebody else changed the same lines first";
            // Of a section what is to stand under the heading, as of every proposal of one.
            long proposal = statements.Propose(request, start?.Number, request.Edit.Kind == EditKind.Section ? PageBody.Normalise(request.Edit.Text) : plan.Mine, reason, now);
            trace = new EditTrace(null, start?.Number, head.Number, null, proposal);
            return new EditResult.Proposed(proposal, reason);
        }

        trace = new EditTrace(null, start?.Number, head.Number, plan.Mine, null);
        return new EditResult.Conflict(start?.Note, head.Note, plan.Mine, plan.Attempt);
    }

    /// <summary>What a stale edit's author wrote, as the second parent of the merge: the one that is stored already where the same edit was merged before and taken back.</summary>
    private Head Side(EditRequest request, Head head, Start? start, string mine)
    {
        Head? parent = start is null ? null : new Head { Page = head.Page, Number = start.Number, Note = start.Note, Round = request.Round, Depth = start.Depth, Deleted = false };
        Revision side = new(request, RevisionKind.Side, mine, parent);
        string id = side.Id(request.Round);
        return statements.RevisionOf(head.Page, id) is { } stored
            ? new Head { Page = head.Page, Number = stored.Number, Note = new NotePage(head.Name, id, mine), Round = request.Round, Depth = stored.Depth, Deleted = false }
            : Save(side);
    }

    private EditResult.Saved Saved(EditRequest request, Head? head, string body, out EditTrace trace)
    {
        Head saved = Save(new Revision(request, head is { Deleted: true } ? RevisionKind.Restore : RevisionKind.Edit, body, head));
        trace = new EditTrace(saved.Number, null, null, null, null);
        return new EditResult.Saved(saved.Revision, false);
    }

    private Head Save(Revision revision)
    {
        Head? parent = revision.Parent;
        // Rounds are the clock of the main line: "as of a round" takes the last revision up to it, so that they may never go back.
        int round = revision.Kind == RevisionKind.Side || parent is null ? revision.Round : Math.Max(revision.Round, parent.Round);
        string id = revision.Id(round);
        (int prefix, int suffix) = parent is null || parent.Depth >= RevisionStore.KeyframeEvery ? (0, 0) : PageBody.Shared(parent.Body, revision.Body);
        int depth = prefix + suffix == 0 ? 0 : parent!.Depth + 1;
        long page = parent?.Page ?? (_heads.TryGetValue(revision.Page, out Head? known) ? known.Page : statements.NextPage());
        Head head = new()
        {
            Page = page,
            Number = statements.NextRevision(),
            Note = new NotePage(revision.Page, id, revision.Body),
            Round = round,
            Depth = depth,
            Deleted = revision.Kind == RevisionKind.Delete,
        };
        statements.InsertRevision.Execute(head.Number, id, page, parent?.Number, revision.Merged?.Number, Name(revision.Kind), revision.Author, round,
            revision.Episode, revision.Comment, now, revision.Body.Length, depth, prefix, suffix, revision.Body[prefix..^suffix]);
        if (revision.Body.Contains("[[", StringComparison.Ordinal) && revision.Kind is RevisionKind.Edit or RevisionKind.Side)
            foreach (string target in PageBody.Links(revision.Page, revision.Body).Except(PageBody.Links(revision.Page, parent?.Body ?? "")))
                statements.Cite(target, revision.Author, round, head.Number);
        if (revision.Kind != RevisionKind.Side)
        {
            _heads[revision.Page] = head;
            _changed.Add(revision.Page);
        }

        return head;
    }

    private EditResult Recorded(SqliteDataReader row, string key, byte[] asked)
    {
        // Rows that are older than the hash are taken at their key.
        if (!row.IsDBNull(8) && !row.GetFieldValue<byte[]>(8).AsSpan().SequenceEqual(asked))
            return new EditResult.Rejected($"the key '{key}' was used before, by another edit, and what that one did stands; send this one under a key of its own", EditRule.Key);
        string outcome = row.GetString(0);
        NotePage? Page(int column) => row.NumberOrNull(column) is { } number ? RevisionStore.Read(connection, number) : null;
        switch (outcome)
        {
            case "saved" or "merged":
                return new EditResult.Saved(row.GetString(1), outcome == "merged");
            case "unchanged":
                return new EditResult.Unchanged(row.GetString(1));
            case "proposed":
                return new EditResult.Proposed(row.GetInt64(5), row.GetString(6));
            case "conflict":
                NotePage? start = Page(2);
                NotePage theirs = Page(3)!;
                string mine = row.GetString(4);
                return new EditResult.Conflict(start, theirs, mine, row.IsDBNull(6) ? ThreeWayMerge.Merge(start?.Body ?? "", mine, theirs.Body).Text : null);
            default:
                return new EditResult.Rejected(row.GetString(6), row.TextOrNull(7) is { } rule ? Enum.Parse<EditRule>(rule, ignoreCase: true) : EditRule.Form);
        }
    }

    internal static string Name(RevisionKind kind) => kind.ToString().ToLowerInvariant();

    private sealed record Revision(string Page, RevisionKind Kind, string Author, int Round, string? Episode, string Comment, string Body, Head? Parent)
    {
        internal Revision(EditRequest request, RevisionKind kind, string body, Head? parent)
            : this(request.Edit.Page, kind, request.Author, request.Round, request.Episode, request.Edit.Comment, body, parent)
        {
        }

        internal Head? Merged { get; init; }

        internal string Id(int round) => RevisionId.Of(Name(Kind), Page, Parent?.Revision, Merged?.Revision, Author, round, Comment, Body);
    }

    /// <summary>The revision that an editor had read.</summary>
    private sealed record Start(long Number, int Depth, NotePage Note);

    /// <summary>What an edit comes to.</summary>
    /// <param name="Body">The page as it would be saved; of a conflict what its editor wants.</param>
    /// <param name="Read">The page as its editor had read it.</param>
    /// <param name="Mine">What its editor made of that.</param>
    /// <param name="Unchanged">The page says it already.</param>
    /// <param name="Stale">The page has moved on since it was read.</param>
    /// <param name="Clean">Both changes were brought together.</param>
    /// <param name="Attempt">The merge, with markers where it conflicts; null where none was asked for.</param>
    private sealed record Plan(string Body, string Read, string Mine, bool Unchanged = false, bool Stale = false, bool Clean = false, string? Attempt = null)
    {
        /// <summary>Lines that the editor took away, wherever they stood, and how many it had read: a page that is rewritten at the same length is gutted, too.</summary>
        internal (int Gone, int Lines) Removed() => GuttingEdits.Removed(Read, Mine);
    }
}

/// <summary>What the record of an edit keeps beside its result.</summary>
internal readonly record struct EditTrace(long? Revision, long? Base, long? Theirs, string? Mine, long? Proposal);
