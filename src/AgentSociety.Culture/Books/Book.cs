using System.Text;
using System.Text.RegularExpressions;
using AgentSociety.Core;
using AgentSociety.Core.Culture;

namespace AgentSociety.Culture;

/// <summary>A chapter of a book: a page under a heading of its own.</summary>
/// <param name="Page">Full name of the page.</param>
/// <param name="Title">What the book calls it. Untrusted text.</param>
public sealed record Chapter(string Page, string Title);

/// <summary>A remark in the margin of a book.</summary>
/// <param name="Chapter">Full name of the chapter's page.</param>
/// <param name="Text">The remark, in one line. Untrusted text.</param>
public sealed record MarginalNote(string Chapter, string Text);

/// <summary>Pages that an author put in order for others to read.</summary>
/// <remarks>
/// A book is a page <c>books/NAME</c> as any other, with history and gates: its title in the front matter, a preface, and chapters as a
/// numbered list of links, <c>1. [[skills/chains|Chains]]</c>. It holds no copies: a chapter is read as it is now, or as of the
/// moment of the notes that are rendered. Readers' remarks stand on <c>books/NAME/margin</c>, one line each,
/// <c>- [[skills/chains]]: remark</c>; appends never conflict, and blame says who wrote each.
/// </remarks>
public sealed partial record Book
{
    /// <summary>Characters of a remark, at most.</summary>
    public const int LongestRemark = 500;

    private const string MarginName = "/margin";

    /// <summary>Full name of the book's page.</summary>
    public required string Page { get; init; }

    /// <summary>Its title. Untrusted text.</summary>
    public required string Title { get; init; }

    /// <summary>What stands before the chapters. Untrusted text.</summary>
    public string Preface { get; init; } = "";

    /// <summary>The chapters in order.</summary>
    public required IReadOnlyList<Chapter> Chapters { get; init; }

    /// <summary>The page where remarks on a book stand.</summary>
    public static string MarginOf(string book) => book + MarginName;

    /// <summary>True for the name of a book's page, false for a margin or a page of another namespace.</summary>
    public static bool IsBook(string page) => page.StartsWith("books/", StringComparison.Ordinal) && !page.EndsWith(MarginName, StringComparison.Ordinal);

    /// <summary>Reads a book out of its page.</summary>
    public static Book Read(NotePage page)
    {
        FrontMatter front = FrontMatter.Parse(page.Body);
        StringBuilder preface = new();
        List<Chapter> chapters = [];
        foreach (string line in LineDiff.Lines(front.Text))
        {
            if (ChapterLine().Match(line.TrimEnd('\n')) is { Success: true } link && PageName.Resolve(page.Name, link.Groups[1].Value) is { } target)
                chapters.Add(new Chapter(target, link.Groups[2].Success ? link.Groups[2].Value.Trim() : target[(target.LastIndexOf('/') + 1)..]));
            else if (chapters.Count == 0)
                preface.Append(line);
        }

        return new Book { Page = page.Name, Title = front["title"] ?? page.Name[(page.Name.LastIndexOf('/') + 1)..], Preface = preface.ToString().Trim('\n'), Chapters = chapters };
    }

    /// <summary>The body of the book's page, to be saved as an edit.</summary>
    /// <exception cref="SocietyException">The name is no book's, a chapter's is no page's, or there is no chapter.</exception>
    public string Compile()
    {
        if (!IsBook(Page) || PageName.Fault(Page) is not null) throw new SocietyException($"'{Page}' is no name of a book; write books/NAME.");
        if (Chapters.Count == 0) throw new SocietyException($"{Page}: a book needs a chapter; name the pages that it is made of.");
        StringBuilder body = new();
        if (Preface.Length > 0) body.Append(PageBody.Normalise(Preface)).Append('\n');
        for (int number = 0; number < Chapters.Count; number++)
        {
            Chapter chapter = Chapters[number];
            if (PageName.Fault(chapter.Page) is { } fault) throw new SocietyException($"{Page}, chapter {number + 1}: {fault}.");
            // What would end the link goes out of its title.
            body.Append(number + 1).Append(". [[").Append(chapter.Page).Append('|').Append(LinkEnds().Replace(chapter.Title, " ").Trim()).Append("]]\n");
        }

        return FrontMatter.Write([new("title", Title)], body.ToString());
    }

    /// <summary>The whole book as one Markdown text: chapters in order, their headings two levels down, missing ones named as such.</summary>
    /// <remarks>A chapter's links are written with full names, because they are meant from its own page; code that a chapter leaves open ends with it.</remarks>
    /// <param name="notes">Where the chapters are read.</param>
    public string Render(INotes notes)
    {
        StringBuilder whole = new();
        whole.Append("# ").Append(Title.ReplaceLineEndings(" ")).Append('\n');
        if (Preface.Length > 0) whole.Append('\n').Append(PageSection.Closed(Preface));
        foreach (Chapter chapter in Chapters)
        {
            whole.Append("\n## ").Append(chapter.Title).Append("\n\n");
            whole.Append(notes.Read(chapter.Page) is { } page ? PageSection.Closed(PageSection.Lower(PageSection.WithFullLinks(FrontMatter.Parse(page.Body).Text, chapter.Page), 2)) : $"(The page [[{chapter.Page}]] is not there.)\n");
        }

        return whole.ToString();
    }

    /// <summary>Why a remark cannot stand in this book's margin; null where it can.</summary>
    public string? RemarkFault(MarginalNote note) =>
        Chapters.All(chapter => chapter.Page != note.Chapter) ? $"{Page} has no chapter {note.Chapter}; read the book again, it may have a new edition"
        : string.IsNullOrWhiteSpace(note.Text) || note.Text.Length > LongestRemark ? $"a remark has 1 to {LongestRemark} characters" : null;

    /// <summary>The edit that leaves a remark in this book's margin, by whoever makes it: it meets the gates of the margin's page as any other edit.</summary>
    /// <param name="note">The remark.</param>
    /// <param name="margin">The margin as its reader saw it; null where there is none yet.</param>
    /// <exception cref="SocietyException">The book has no such chapter, or the remark is empty or too long.</exception>
    public NoteEdit Remark(MarginalNote note, NotePage? margin) => RemarkFault(note) is { } fault ? throw new SocietyException(fault) : new NoteEdit
    {
        Page = MarginOf(Page),
        Kind = EditKind.Append,
        Text = MarginLine(note),
        Comment = "a remark in the margin",
        BaseRevision = margin?.Revision,
    };

    /// <summary>The line that puts a remark in a book's margin, to be appended to <see cref="MarginOf"/>.</summary>
    public static string MarginLine(MarginalNote note) => $"- [[{note.Chapter}]]: {note.Text.ReplaceLineEndings(" ").Trim()}\n";

    /// <summary>The remarks of a margin's page, in order; lines of another form are left out.</summary>
    public static IReadOnlyList<MarginalNote> Margin(NotePage margin) => [.. LineDiff.Lines(margin.Body).Select(line => RemarkLine().Match(line.TrimEnd('\n')))
        .Where(remark => remark.Success && PageName.Resolve(margin.Name, remark.Groups[1].Value) is not null)
        .Select(remark => new MarginalNote(PageName.Resolve(margin.Name, remark.Groups[1].Value)!, remark.Groups[2].Value.Trim()))];

    [GeneratedRegex(@"^\d{1,4}[.)] +\[\[([^\[\]|#@\n]+)(?:\|([^\[\]\n]+))?\]\]\s*$", RegexOptions.CultureInvariant)]
    private static partial Regex ChapterLine();

    [GeneratedRegex(@"^- \[\[([^\[\]|#@\n]+)\]\]: (.+)$", RegexOptions.CultureInvariant)]
    private static partial Regex RemarkLine();

    [GeneratedRegex(@"[\[\]|\s]+", RegexOptions.CultureInvariant)]
    private static partial Regex LinkEnds();
}

/// <summary>A reading list: these pages in this order and no others; a book stands for itself and its chapters.</summary>
public sealed class ReadingNotes : INotes
{
    private readonly INotes _notes;
    private readonly List<string> _order = [];
    private readonly HashSet<string> _pages = new(StringComparer.Ordinal);

    /// <param name="notes">Where the pages are read.</param>
    /// <param name="list">Names of pages and books; those that are not there are left out.</param>
    public ReadingNotes(INotes notes, IEnumerable<string> list)
    {
        _notes = notes;
        foreach (string name in list)
        {
            Take(name);
            if (Book.IsBook(name) && notes.Read(name) is { } page)
                foreach (Chapter chapter in Book.Read(page).Chapters) Take(chapter.Page);
        }
    }

    /// <inheritdoc />
    public NotePage? Read(string page) => _pages.Contains(page) ? _notes.Read(page) : null;

    /// <summary>Names of the list's pages under a prefix, in the order of the list.</summary>
    public IReadOnlyList<string> List(string prefix) => [.. _order.Where(page => page.StartsWith(prefix, StringComparison.Ordinal))];

    private void Take(string page)
    {
        if (_notes.Read(page) is not null && _pages.Add(page)) _order.Add(page);
    }
}
