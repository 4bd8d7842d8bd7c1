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
        if (statements.RecordedEdit.First(row => Recorded(row), request.Key) is { } recorded) return recorded;
        EditResult result = Carry(request, out EditTrace trace);
        statements.RecordEdit(request, result, trace);
        return result;
    }

    /// <summary>Takes a page away or brings its last body back.</summary>
    internal EditResult ChangeLife(string page, RevisionKind kind, string author, int round, string comment)
    {
        if (!_heads.TryGetValue(page, out Head? head)) return new EditResult.Rejected($"there is no page {page}", EditRule.Base);
        if (head.Deleted == (kind == RevisionKind.Delete)) return new EditResult.Unchanged(head.Revision);
        string body = kind == RevisionKind.Delete ? "" : RevisionStore.Read(connection, statements.Parent(head.Number)!.Value).Body;
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
            else statements.UpdatePage.Execute(head.Page, head.Number, head.Body, head.Deleted ? 1 : 0);
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
        string text = PageBody.Normalise(edit.Text);
        if (Held(request, head, text, out trace) is { } held) return held;
        if (edit.Kind == EditKind.Append)
        {
            if (text.Length == 0 || (head is not null && PageBody.Holds(head.Body, text)))
                return head is null ? new EditResult.Rejected("there is nothing to append", EditRule.Form) : Unchanged(head, out trace);
            return Saved(request, head, (head?.Body ?? "") + text, out trace);
        }

        (long Number, int Depth, NotePage Note)? start = edit.BaseRevision is null ? null : statements.RevisionOf(edit.Page, edit.BaseRevision) is { } known
            ? (known.Number, known.Depth, edit.BaseRevision == head?.Revision ? head.Note : RevisionStore.Read(connection, known.Number)) : null;
        if (edit.BaseRevision is not null && start is null)
            return new EditResult.Rejected($"{edit.BaseRevision} is no revision of {edit.Page}; read the page and name the revision that was read", EditRule.Base);
        if (edit.Kind == EditKind.Section)
        {
            string? now = head is { Deleted: false } ? PageSection.Read(head.Body, edit.Section!) : null;
            if (now == text) return Unchanged(head!, out trace);
            // Nobody touched the section since it was read: whatever else changed on the page, this is no conflict.
            if (now == (start is null ? null : PageSection.Read(start.Value.Note.Body, edit.Section!)))
                return Saved(request, head, PageSection.Replace(head?.Body ?? "", edit.Section!, text), out trace);
            return Stale(request, head!, start, PageSection.Replace(start?.Note.Body ?? "", edit.Section!, text), out trace);
        }

        if (edit.BaseRevision == head?.Revision || (head is { Deleted: true } && edit.BaseRevision is null))
            return head is { Deleted: false } && head.Body == text ? Unchanged(head, out trace) : Saved(request, head, text, out trace);
        if (head!.Body == text && !head.Deleted) return Unchanged(head, out trace);
        return Stale(request, head, start, text, out trace);
    }

    /// <summary>Refuses an edit or lets it wait, by the rules; null where it may go on.</summary>
    private EditResult? Held(EditRequest request, Head? head, string text, out EditTrace trace)
    {
        trace = default;
        NoteEdit edit = request.Edit;
        bool append = edit.Kind == EditKind.Append;
        string planned = edit.Kind switch
        {
            EditKind.Append => text,
            EditKind.Section => PageSection.Replace(head?.Body ?? "", edit.Section!, text),
            _ => text,
        };
        int before = head?.Body.Length ?? 0, after = append ? before + text.Length : planned.Length;
        if (after > rules.MaximumPageSize && after > before)
            return new EditResult.Rejected($"{edit.Page} would have {after} characters, {rules.MaximumPageSize} are allowed; put part of it on another page and link to it", EditRule.Size);
        if (request.Trusted || (append ? head is not null && PageBody.Holds(head.Body, text) : head is { Deleted: false } && head.Body == planned)) return null;
        Gate notebook = rules.NotebookGate(edit.Page, request.Author);
        if (notebook == Gate.Locked)
            return new EditResult.Rejected($"{edit.Page} is in the notebook of {PageName.Notebook(edit.Page)}; write in your own, agents/{request.Author}/, or in a common namespace", EditRule.Notebook);
        if (rules.MaximumEditsPerRound < int.MaxValue && statements.SavedEdits(request.Author, request.Round) >= rules.MaximumEditsPerRound)
            return new EditResult.Rejected($"{request.Author} has made {rules.MaximumEditsPerRound} edits in round {request.Round}, which is all that is allowed; go on in the next round", EditRule.Rate);
        if (head is null && rules.MaximumPagesPerAuthor < int.MaxValue && statements.BegunPages(request.Author) >= rules.MaximumPagesPerAuthor)
            return new EditResult.Rejected($"{request.Author} has begun {rules.MaximumPagesPerAuthor} pages, which is all that is allowed; write on a page that is there", EditRule.Quota);
        bool shrinks = !append && before > 0 && before - after > rules.LargestShrink * before;
        Gate shrink = shrinks ? rules.ShrinkGate : Gate.Auto, place = rules.GateOf(edit.Page, request.Role);
        string removes = $"the edit removes {(before == 0 ? 0 : 100 * (before - after) / before)} % of the page";
        if (place == Gate.Locked) return new EditResult.Rejected($"edits of {edit.Page} are locked", EditRule.Gate);
        if (shrink == Gate.Locked) return new EditResult.Rejected($"{removes}; make smaller edits", EditRule.Gate);
        if (rules.Duplicates != DuplicateSearch.Off && Duplicate(edit.Page, head, planned, append) is { } duplicate) return new EditResult.Rejected(duplicate, EditRule.Duplicate);
        string? reason = shrink == Gate.Review ? removes
            : place == Gate.Review || notebook == Gate.Review || rules.Admission == AdmissionRule.Review ? $"edits of {edit.Page} wait for review"
            : rules.Admission == AdmissionRule.Gate ? "matched rollouts with and without it decide" : null;
        if (reason is null) return null;
        bool rollouts = rules.Admission == AdmissionRule.Gate && shrink == Gate.Auto && place == Gate.Auto && notebook == Gate.Auto;
        long? start = edit.BaseRevision is { } revision ? statements.RevisionOf(edit.Page, revision)?.Number : null;
        long proposal = statements.Propose(request, start, text, reason, now, rollouts);
        trace = new EditTrace(null, start, null, null, proposal);
        return new EditResult.Proposed(proposal, reason);
    }

    /// <summary>Names the first new line that says what a line of the page, or of a page like it, says already; null where all are new.</summary>
    private string? Duplicate(string page, Head? head, string planned, bool append)
    {
        HashSet<string> standing = [.. LineDiff.Lines(head?.Body ?? "")];
        List<(string Line, string Form)> fresh = [.. LineDiff.Lines(planned).Where(line => !standing.Contains(line)).Select(line => (line, LineSimilarity.Form(line))).Where(line => line.Item2.Length > 0)];
        if (fresh.Count == 0) return null;
        // A line of this page counts only where it stays: a better wording in its place is no duplicate.
        HashSet<string> kept = [.. LineDiff.Lines(planned)];
        List<(string Page, IEnumerable<string> Lines)> known = [(page, standing.Where(line => append || kept.Contains(line)))];
        if (rules.Duplicates == DuplicateSearch.Namespace)
        {
            string prefix = page[..(page.Length - PageName.InsideNotebook(page).Length)] + PageName.Namespace(PageName.InsideNotebook(page)) + "/";
            string match = PageSearch.MatchAny(string.Join(' ', fresh.Select(line => line.Form)), words: 12);
            IEnumerable<(string Page, string Body)> changed = _changed.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)).Select(name => (name, _heads[name].Body));
            known.AddRange(changed.Concat(match.Length == 0 ? [] : statements.Alike(match, prefix).Where(other => !_changed.Contains(other.Page)))
                .Where(other => other.Page != page).Select(other => (other.Page, (IEnumerable<string>)LineDiff.Lines(other.Body))));
        }

        foreach ((string place, IEnumerable<string> lines) in known)
            foreach (string line in lines)
                if (LineSimilarity.Form(line) is { Length: > 0 } form && fresh.FirstOrDefault(one => LineSimilarity.SayTheSame(one.Form, form, rules.DuplicateSimilarity)) is { Line: { } again })
                    return $"'{again.TrimEnd()}' says what {place} says already: '{line.TrimEnd()}'; read it, and add only what is new";
        return null;
    }

    /// <summary>Takes one author's revisions of a page back, newest first, and keeps what others wrote.</summary>
    /// <returns>Null where the page holds nothing of the author's in these rounds.</returns>
    internal EditResult? Revert(string page, IReadOnlyList<long> revisions, string reverter, int round, string comment)
    {
        Head head = _heads[page];
        string body = head.Body;
        foreach (long number in revisions)
        {
            NotePage theirs = RevisionStore.Read(connection, number);
            string before = statements.Parent(number) is { } parent ? RevisionStore.Read(connection, parent).Body : "";
            MergeOutcome merge = ThreeWayMerge.Merge(theirs.Body, body, before);
            if (!merge.Clean) return new EditResult.Conflict(theirs, head.Note, before, merge.Text);
            body = merge.Text;
        }

        if (body == head.Body) return null;
        return new EditResult.Saved(Save(new Revision(page, body.Length == 0 ? RevisionKind.Delete : RevisionKind.Revert, reverter, round, null, comment, body, head)).Revision, false);
    }

    private EditResult Stale(EditRequest request, Head head, (long Number, int Depth, NotePage Note)? start, string mine, out EditTrace trace)
    {
        MergeOutcome? merge = request.OnConflict == OnConflict.Fail ? null : ThreeWayMerge.Merge(start?.Note.Body ?? "", mine, head.Body);
        if (merge is { Clean: true } && !head.Deleted)
        {
            if (merge.Text == head.Body) return Unchanged(head, out trace);
            Head side = Save(new Revision(request, RevisionKind.Side, mine, start is null ? null : Side(head, start.Value)));
            Head merged = Save(new Revision(request, RevisionKind.Merge, merge.Text, head) { Merged = side });
            trace = new EditTrace(merged.Number, start?.Number, head.Number, null, null);
            return new EditResult.Saved(merged.Revision, true);
        }

        if (request.OnConflict == OnConflict.Propose)
        {
            const string reason = "somebody else changed the same lines first";
            long proposal = statements.Propose(request, start?.Number, mine, reason, now);
            trace = new EditTrace(null, start?.Number, head.Number, null, proposal);
            return new EditResult.Proposed(proposal, reason);
        }

        trace = new EditTrace(null, start?.Number, head.Number, mine, null);
        return new EditResult.Conflict(start?.Note, head.Note, mine, merge?.Text);
    }

    private static EditResult.Unchanged Unchanged(Head head, out EditTrace trace)
    {
        trace = new EditTrace(head.Number, null, null, null, null);
        return new EditResult.Unchanged(head.Revision);
    }

    private EditResult.Saved Saved(EditRequest request, Head? head, string body, out EditTrace trace)
    {
        Head saved = Save(new Revision(request, head is { Deleted: true } ? RevisionKind.Restore : RevisionKind.Edit, body, head));
        trace = new EditTrace(saved.Number, null, null, null, null);
        return new EditResult.Saved(saved.Revision, false);
    }

    /// <summary>The base of a side branch, as a parent to save against.</summary>
    private static Head Side(Head head, (long Number, int Depth, NotePage Note) start) =>
        new() { Page = head.Page, Number = start.Number, Note = start.Note, Round = head.Round, Depth = start.Depth, Deleted = false };

    private Head Save(Revision revision)
    {
        Head? parent = revision.Parent;
        string id = RevisionId.Of(Name(revision.Kind), revision.Page, parent?.Revision, revision.Merged?.Revision, revision.Author, revision.Round, revision.Comment, revision.Body);
        (int prefix, int suffix) = parent is null || parent.Depth >= RevisionStore.KeyframeEvery ? (0, 0) : PageBody.Shared(parent.Body, revision.Body);
        int depth = prefix + suffix == 0 ? 0 : parent!.Depth + 1;
        long page = parent?.Page ?? (_heads.TryGetValue(revision.Page, out Head? known) ? known.Page : statements.NextPage());
        Head head = new()
        {
            Page = page,
            Number = statements.NextRevision(),
            Note = new NotePage(revision.Page, id, revision.Body),
            Round = revision.Round,
            Depth = depth,
            Deleted = revision.Kind == RevisionKind.Delete,
        };
        statements.InsertRevision.Execute(head.Number, id, page, parent?.Number, revision.Merged?.Number, Name(revision.Kind), revision.Author, revision.Round,
            revision.Episode, revision.Comment, now, revision.Body.Length, depth, prefix, suffix, revision.Body[prefix..^suffix]);
        if (revision.Body.Contains("[[", StringComparison.Ordinal) && revision.Kind is RevisionKind.Edit or RevisionKind.Side)
            foreach (string target in PageBody.Links(revision.Page, revision.Body).Except(PageBody.Links(revision.Page, parent?.Body ?? "")))
                statements.Cite(target, revision.Author, revision.Round, head.Number);
        if (revision.Kind != RevisionKind.Side)
        {
            _heads[revision.Page] = head;
            _changed.Add(revision.Page);
        }

        return head;
    }

    private EditResult Recorded(SqliteDataReader row)
    {
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
    }
}

/// <summary>What the record of an edit keeps beside its result.</summary>
internal readonly record struct EditTrace(long? Revision, long? Base, long? Theirs, string? Mine, long? Proposal);
