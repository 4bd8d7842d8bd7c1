using AgentSociety.Core;
using AgentSociety.Core.Culture;
using AgentSociety.Core.Play;
using AgentSociety.Culture;
using AgentSociety.Kernel;

namespace AgentSociety.Web;

/// <summary>Edits by HTTP and JSON: the rules, outcomes and reasons of the tools of models.</summary>
/// <remarks>A page's revision is its ETag. A change names the revision that it was made on in <c>If-Match</c>, a new page says <c>If-None-Match: *</c>; without either it is refused. An append needs neither, but where the scenario has pages read first.</remarks>
internal static class ApiEditing
{
    private const string Nobody = "http";

    internal static void MapApiEditing(this IEndpointRouteBuilder group)
    {
        group.MapPut("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, ApiEdit edit) => !Expected(context.Request, out string? start) ? Unconditional() : Commit(library.Open(run), context, edit, new NoteEdit
        {
            Page = page,
            Kind = edit.Section is null ? EditKind.Replace : EditKind.Section,
            Section = edit.Section,
            Text = edit.Body ?? "",
            Comment = edit.Comment ?? "",
            BaseRevision = start,
        }));
        group.MapPost("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, ApiEdit edit) => Commit(library.Open(run), context, edit, new NoteEdit
        {
            Page = page,
            Kind = EditKind.Append,
            Text = edit.Body ?? "",
            Comment = edit.Comment ?? "",
            BaseRevision = Expected(context.Request, out string? read) ? read : null,
        }));
        group.MapPost("/remarks/{**book}", (RunLibrary library, HttpContext context, string run, string book, ApiRemark remark) =>
        {
            OpenRun open = library.Open(run);
            if (PageName.Fault(book) is not null || !Book.IsBook(book) || open.Pages.Read(book) is not { } page) return FaultPages.NotFound($"there is no book {book}");
            Book read = Book.Read(page);
            MarginalNote note = new(remark.Chapter ?? "", remark.Remark ?? "");
            return read.RemarkFault(note) is { } fault ? Told(context, new EditResult.Rejected(fault, EditRule.Form))
                : Commit(open, context, new ApiEdit { Author = remark.Author, Role = remark.Role, Key = remark.Key }, read.Remark(note, open.Pages.Read(Book.MarginOf(book))));
        });
        group.MapDelete("/pages/{**page}", (RunLibrary library, HttpContext context, string run, string page, string? author, string? role, string? comment) =>
        {
            if (!Expected(context.Request, out string? start) || start is null) return Unconditional();
            OpenRun open = library.Open(run);
            return open.Pages.Read(page) is null ? FaultPages.NotFound($"there is no page {page}") : Told(context, open.Scratchpad.Delete(Door.Http, page, author ?? Nobody, Played(role), comment ?? "", start));
        });
    }

    private static IResult Commit(OpenRun open, HttpContext context, ApiEdit edit, NoteEdit change) => Told(context, open.Scratchpad.Commit(new IncomingEdit
    {
        Door = Door.Http,
        Author = edit.Author ?? Nobody,
        Role = edit.Role,
        Key = edit.Key,
        Edit = change,
        OnConflict = edit.OnConflict ?? OnConflict.Merge,
    }));

    /// <summary>What the caller believes the page to be; false where it says nothing.</summary>
    private static bool Expected(HttpRequest request, out string? revision)
    {
        revision = request.Headers.IfMatch.ToString().Trim('"') is { Length: > 0 } match ? match : null;
        return revision is not null || request.Headers.IfNoneMatch == "*";
    }

    /// <summary>The part that an address names, in whatever case; null where it names none.</summary>
    /// <exception cref="SocietyException">There is no such part.</exception>
    internal static Role? Played(string? role) => string.IsNullOrEmpty(role) ? null
        : Enum.TryParse(role, ignoreCase: true, out Role known) && Enum.IsDefined(known) && !char.IsAsciiDigit(role[0]) ? known
        : throw new SocietyException($"'{role}' is no role; name one of {string.Join(", ", Enum.GetNames<Role>().Select(name => name.ToLowerInvariant()))}");

    private static IResult Unconditional() => Results.Json(new { error = "say which revision the change was made on in If-Match, or If-None-Match: * for a new page" }, statusCode: StatusCodes.Status428PreconditionRequired);

    private static IResult Told(HttpContext context, EditResult result)
    {
        EditReply reply = EditReply.From(result);
        if (reply.Revision is not null) context.Response.Headers.ETag = $"\"{reply.Revision}\"";
        return Results.Json(reply, ScratchpadFunctions.Json, statusCode: reply.Outcome switch
        {
            EditOutcome.Proposed => StatusCodes.Status202Accepted,
            EditOutcome.Conflict => StatusCodes.Status412PreconditionFailed,
            EditOutcome.Rejected => StatusCodes.Status422UnprocessableEntity,
            _ => StatusCodes.Status200OK,
        });
    }
}

/// <summary>A remark in the margin of a book as it comes in by the JSON interface.</summary>
internal sealed record ApiRemark
{
    /// <summary>Full name of the chapter's page.</summary>
    public string? Chapter { get; init; }

    /// <summary>The remark, in one line.</summary>
    public string? Remark { get; init; }

    /// <summary>Who.</summary>
    public string? Author { get; init; }

    /// <summary>The part that the program plays, for gates that hold for one role.</summary>
    public Role? Role { get; init; }

    /// <summary>What makes a second sending harmless; unique for the author.</summary>
    public string? Key { get; init; }
}

/// <summary>An edit as it comes in by the JSON interface.</summary>
internal sealed record ApiEdit
{
    /// <summary>The new body, what is to stand under the heading, or the lines to add. Markdown.</summary>
    public string? Body { get; init; }

    /// <summary>A heading: only what stands under it is written.</summary>
    public string? Section { get; init; }

    /// <summary>Why.</summary>
    public string? Comment { get; init; }

    /// <summary>Who.</summary>
    public string? Author { get; init; }

    /// <summary>The part that the program plays, for gates that hold for one role.</summary>
    public Role? Role { get; init; }

    /// <summary>What makes a second sending harmless; unique for the author.</summary>
    public string? Key { get; init; }

    /// <summary>What to do where the page has moved on: <c>merge</c>, <c>fail</c> or <c>propose</c>.</summary>
    public OnConflict? OnConflict { get; init; }
}
