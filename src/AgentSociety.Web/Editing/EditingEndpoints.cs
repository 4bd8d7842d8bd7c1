using System.Security.Cryptography;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace AgentSociety.Web;

/// <summary>What a person can do to a scratchpad: edit, decide, delete, restore, take back.</summary>
/// <remarks>Every form carries an anti-forgery token; every edit names the revision that it was made on, and a conflict is shown, never settled silently.</remarks>
internal static class EditingEndpoints
{
    private const string AuthorCookie = "author";
    private const string Somebody = "person";
    private const string EditRoute = "/runs/{run}/edit/{**page}";

    internal static void MapEditing(this IEndpointRouteBuilder app)
    {
        app.MapGet("/runs/{run}/new", (string run, string page) => Results.LocalRedirect(Address.Edit(run, page.Trim())));
        app.MapGet(EditRoute, (RunLibrary library, HttpContext context, string run, string page) =>
        {
            if (PageName.Fault(page) is { } fault) throw new SocietyException(fault);
            OpenRun open = library.Open(run);
            NotePage? head = open.Pages.Read(page);
            return new RazorComponentResult<EditPage>(new { Run = open, Draft = new Draft(page, head?.Body ?? "", head?.Revision, "", AuthorOf(context), NewKey()) });
        });
        app.MapPost(EditRoute, Save);
        app.MapPost("/runs/{run}/remark/{**book}", Remark);
        app.MapPost("/runs/{run}/delete/{**page}", (RunLibrary library, HttpContext context, string run, string page, [FromForm] string comment, [FromForm] string seen) =>
        {
            OpenRun open = library.Open(run);
            return open.Scratchpad.Delete(Door.Form, page, AuthorOf(context), null, comment, seen) switch
            {
                EditResult.Rejected rejected => FaultPages.Refused(rejected.Reason),
                EditResult.Conflict conflict => new RazorComponentResult<DeletionConflictPage>(new { Run = open, Conflict = conflict, Comment = comment }) { StatusCode = StatusCodes.Status409Conflict },
                _ => Results.LocalRedirect(Address.Page(run, page)),
            };
        });
        app.MapPost("/runs/{run}/restore/{**page}", (RunLibrary library, HttpContext context, string run, string page, [FromForm] string comment) =>
            Done(library.Open(run), page, comment, AuthorOf(context), pad => pad.Change(notes => notes.Restore(page, AuthorOf(context), pad.RoundInPlay, comment))));
        app.MapPost("/runs/{run}/bring-back/{**page}", (RunLibrary library, HttpContext context, string run, string page, [FromForm] string revision, [FromForm] string head) =>
        {
            OpenRun open = library.Open(run);
            NotePage old = open.Pages.ReadRevision(revision);
            if (old.Name != page) throw new SocietyException($"there is no revision {Shown.Short(revision)} of {page}") { Missing = true };
            Draft draft = new(page, old.Body, head, $"Bring back revision {Shown.Short(revision)}", AuthorOf(context), NewKey());
            return Answer(open, draft, Commit(open, draft, OnConflict.Fail));
        });
        app.MapPost("/runs/{run}/revert/{**page}", (RunLibrary library, HttpContext context, string run, string page, [FromForm] string to) =>
        {
            OpenRun open = library.Open(run);
            if (open.Pages.ReadRevision(to).Name != page) throw new SocietyException($"there is no revision {Shown.Short(to)} of {page}") { Missing = true };
            string why = $"Take back revision {Shown.Short(to)}", author = AuthorOf(context);
            return Done(open, page, why, author, pad => pad.Change(notes => notes.TakeBack(to, author, pad.RoundInPlay, why)), takesBack: true);
        });
        app.MapPost("/runs/{run}/revert-author", (RunLibrary library, HttpContext context, string run, [FromForm] string author, [FromForm] int fromRound, [FromForm] string comment) =>
        {
            OpenRun open = library.Open(run);
            RunScratchpad scratchpad = open.Scratchpad;
            IReadOnlyDictionary<string, EditResult> results = scratchpad.Change(pad => pad.RevertAuthor(author, fromRound, AuthorOf(context), scratchpad.RoundInPlay, comment));
            return new RazorComponentResult<RevertedPage>(new { Run = open, Author = author, Results = results });
        });
        app.MapPost("/runs/{run}/proposals/{number:long}", (RunLibrary library, HttpContext context, string run, long number, [FromForm] string decision, [FromForm] string? verdict) =>
        {
            if (decision is not ("accept" or "reject")) return FaultPages.Refused("A proposal is accepted or rejected.");
            RunScratchpad scratchpad = library.Open(run).Scratchpad;
            EditResult result = scratchpad.Change(pad => pad.Decide(number, decision == "accept", AuthorOf(context), verdict ?? "", scratchpad.RoundInPlay));
            string decided = result switch
            {
                EditResult.Conflict => "conflict",
                EditResult.Rejected { Rule: EditRule.Decided } => $"before&proposal={number}",
                EditResult.Rejected => "rejected",
                _ => "accepted",
            };
            return Results.LocalRedirect($"{Address.Proposals(run)}?decided={decided}");
        });
    }

    /// <summary>Carries an edit out; the same edit of the same form sent twice is made once.</summary>
    private static EditResult Commit(OpenRun open, Draft draft, OnConflict onConflict) => Commit(open, draft.Author, draft.Key, onConflict, new NoteEdit
    {
        Page = draft.Page,
        Kind = EditKind.Replace,
        Text = draft.Text,
        Comment = draft.Comment,
        BaseRevision = string.IsNullOrEmpty(draft.Base) ? null : draft.Base,
    });

    // A form that is come back to has its old key: with what is sent it makes another save another edit.
    private static EditResult Commit(OpenRun open, string author, string form, OnConflict onConflict, NoteEdit edit) => open.Scratchpad.Commit(new IncomingEdit
    {
        Door = Door.Form,
        Author = author,
        Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\0', form, edit.Page, edit.BaseRevision, edit.Comment, edit.Text)))),
        Edit = edit,
        OnConflict = onConflict,
    });

    internal static string NewKey() => $"{Guid.NewGuid():N}";

    private static IResult Save(RunLibrary library, HttpContext context, string run, string page, [FromForm] string? text, [FromForm] string? start, [FromForm] string? comment, [FromForm] string? author,
        [FromForm] string key, [FromForm] string action)
    {
        OpenRun open = library.Open(run);
        string signed = Signed(author);
        if (RunScratchpad.AuthorFault(signed) is { } unsigned) return FaultPages.Refused(unsigned);
        Remember(context, signed);
        Draft draft = new(page, text ?? "", start, comment ?? "", signed, key);
        return action == "preview" ? new RazorComponentResult<EditPage>(new { Run = open, Draft = draft, Preview = true }) : Answer(open, draft, Commit(open, draft, OnConflict.Merge));
    }

    /// <summary>The edit of a form that was out of date, such as one that was opened before the server was started again: shown once more, so that what a person wrote is not lost. Null for any other form.</summary>
    internal static IResult? Unsent(HttpContext context)
    {
        if ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText != EditRoute) return null;
        // The form was read for its token already; nothing is done with it but to show it to who sent it.
        context.Features.Set<IAntiforgeryValidationFeature>(null);
        if (!context.Request.HasFormContentType) return null;
        IFormCollection form = context.Request.Form;
        string page = (string)context.GetRouteValue("page")!;
        if (PageName.Fault(page) is not null || form["text"].ToString() is not { Length: > 0 } text) return null;
        try
        {
            OpenRun open = context.RequestServices.GetRequiredService<RunLibrary>().Open((string)context.GetRouteValue("run")!);
            Draft draft = new(page, text, form["start"], form["comment"].ToString(), Signed(form["author"]), NewKey());
            const string notice = "Not saved. The form is out of date, as after a restart of the server, or did not come from this page: look at what it holds, and save it again.";
            return new RazorComponentResult<EditPage>(new { Run = open, Draft = draft, Notice = notice }) { StatusCode = StatusCodes.Status400BadRequest };
        }
        catch (SocietyException)
        {
            return null;
        }
    }

    private static IResult Remark(RunLibrary library, HttpContext context, string run, string book, [FromForm] string chapter, [FromForm] string? remark, [FromForm] string? author, [FromForm] string key)
    {
        OpenRun open = library.Open(run);
        if (!Book.IsBook(book) || open.Pages.Read(book) is not { } page) return FaultPages.NotFound($"there is no book {book}");
        MarginalNote note = new(chapter, remark ?? "");
        if (Book.Read(page).RemarkFault(note) is { } fault) return FaultPages.Refused($"{fault}.");
        string signed = Signed(author);
        if (RunScratchpad.AuthorFault(signed) is { } unsigned) return FaultPages.Refused(unsigned);
        Remember(context, signed);
        EditResult result = Commit(open, signed, key, OnConflict.Merge, Book.Read(page).Remark(note, open.Pages.Read(Book.MarginOf(book))));
        return result is EditResult.Rejected rejected ? FaultPages.Refused(rejected.Reason) : Results.LocalRedirect($"{Address.Book(run, book)}#margin");
    }

    /// <summary>Who signs: people who give no name are persons.</summary>
    private static string Signed(string? author) => string.IsNullOrWhiteSpace(author) ? Somebody : author.Trim();

    /// <summary>Remembers who signed for the next edit.</summary>
    private static void Remember(HttpContext context, string author) =>
        context.Response.Cookies.Append(AuthorCookie, Uri.EscapeDataString(author), new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, MaxAge = TimeSpan.FromDays(365), Path = "/" });

    private static IResult Answer(OpenRun open, Draft draft, EditResult result, bool takesBack = false) => result switch
    {
        EditResult.Conflict conflict => new RazorComponentResult<ConflictPage>(new { Run = open, Draft = draft with { Key = NewKey() }, Conflict = conflict, TakesBack = takesBack }) { StatusCode = StatusCodes.Status409Conflict },
        EditResult.Rejected rejected => new RazorComponentResult<EditPage>(new { Run = open, Draft = draft with { Key = NewKey() }, Notice = $"Not saved: {rejected.Reason}." }) { StatusCode = StatusCodes.Status400BadRequest },
        _ => Results.LocalRedirect($"{Address.Page(open.Key, draft.Page)}?saved={result switch { EditResult.Saved { Merged: true } => "merged", EditResult.Unchanged => "unchanged", EditResult.Proposed => "proposed", _ => "yes" }}"),
    };

    // What others built on is settled by a person, on the page where conflicts of edits are settled.
    private static IResult Done(OpenRun open, string page, string comment, string author, Func<RunScratchpad, EditResult> change, bool takesBack = false) => change(open.Scratchpad) switch
    {
        EditResult.Rejected rejected => FaultPages.Refused(rejected.Reason),
        EditResult.Conflict conflict => Answer(open, new Draft(page, conflict.Mine, conflict.Theirs.Revision, comment, author, NewKey()), conflict, takesBack),
        EditResult.Unchanged => Results.LocalRedirect($"{Address.Page(open.Key, page)}?saved=unchanged"),
        _ => Results.LocalRedirect($"{Address.Page(open.Key, page)}{(takesBack ? "?saved=yes" : "")}"),
    };

    /// <summary>Who signed last in this browser.</summary>
    internal static string AuthorOf(HttpContext context) =>
        context.Request.Cookies[AuthorCookie] is { Length: > 0 and < 400 } author && Uri.UnescapeDataString(author) is { } name && RunScratchpad.AuthorFault(name) is null ? name : Somebody;
}

/// <summary>An edit that is being written.</summary>
/// <param name="Page">Full name.</param>
/// <param name="Text">The new body.</param>
/// <param name="Base">The revision that it is based on; null for a new page.</param>
/// <param name="Comment">Why.</param>
/// <param name="Author">Who signs it.</param>
/// <param name="Key">The form's own: with it a second sending of the same is harmless.</param>
public sealed record Draft(string Page, string Text, string? Base, string Comment, string Author, string Key);
