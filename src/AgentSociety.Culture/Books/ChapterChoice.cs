using AgentSociety.Core.Culture;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>What reading a page was worth to those who read it.</summary>
/// <param name="Page">Full name.</param>
/// <param name="Worth">Its uplift where notes were withheld by chance; else the lower end of the interval of its readers' mean reward.</param>
/// <param name="Readings">Attempts that it rests on.</param>
public sealed record PageWorth(string Page, double Worth, long Readings);

/// <summary>How an author makes a book: of the pages that served readers best, the best first.</summary>
/// <remarks>A book of pages is an act of choosing; what the chapters say stays with those who wrote them.</remarks>
public static class ChapterChoice
{
    private const string Preface = "The pages that served this society's readers best, the best first.";

    /// <summary>What each page that was read was worth in solvers' attempts, the best first.</summary>
    /// <remarks>
    /// The lower end (Wilson) and not the mean ranks, so that a page that one lucky attempt read does not come before one that served a hundred.
    /// Without withholding it is an association: good solvers may simply read more.
    /// </remarks>
    /// <param name="database">The database.</param>
    /// <param name="fromRound">First round that counts.</param>
    /// <param name="toRound">Last.</param>
    public static IReadOnlyList<PageWorth> WorthOfReading(this SocietyDatabase database, int fromRound = int.MinValue, int toRound = int.MaxValue)
    {
        Dictionary<string, PageWorth> worth = database.Read(connection => connection.Query<(string Page, long Readings, double Reward)>("""
            SELECT p.name, count(*), sum(max(0.0, min(1.0, e.reward))) FROM (SELECT DISTINCT d.episode, r.page FROM read d JOIN revision r ON r.number = d.revision) s
            JOIN episode e ON e.number = s.episode JOIN page p ON p.id = s.page
            WHERE e.role = 'solver' AND e.round BETWEEN @fromRound AND @toRound GROUP BY s.page
            """, new { fromRound, toRound }).ToDictionary(row => row.Page, row => new PageWorth(row.Page, Estimate.Share((long)Math.Round(row.Reward), row.Readings)!.Low, row.Readings), StringComparer.Ordinal));
        foreach (Uplift uplift in database.UpliftOfPages(fromRound, toRound)) worth[uplift.Page] = new PageWorth(uplift.Page, uplift.Value, uplift.Shown);
        return [.. worth.Values.OrderByDescending(page => page.Worth).ThenBy(page => page.Page, StringComparer.Ordinal)];
    }

    /// <summary>The edit that brings out an author's book, or its next edition.</summary>
    /// <param name="notes">What the author can read.</param>
    /// <param name="book">Full name of the book's page.</param>
    /// <param name="worth">What a page was worth, by the name under which the author reads it; null where nobody read it.</param>
    /// <param name="chapters">Chapters at most.</param>
    /// <returns>Null where no page has served anybody, or the book as it stands is still the best.</returns>
    public static NoteEdit? Edition(INotes notes, string book, Func<string, double?> worth, int chapters)
    {
        (string Page, double Worth)[] chosen = [.. notes.List("").Where(IsMaterial).Select(page => (Page: page, Worth: worth(page))).Where(page => page.Worth > 0)
            .Select(page => (page.Page, page.Worth!.Value)).OrderByDescending(page => page.Value).ThenBy(page => page.Page, StringComparer.Ordinal).Take(chapters)];
        if (chosen.Length == 0) return null;
        NotePage? standing = notes.Read(book);
        Book edition = standing is null
            ? new Book { Page = book, Title = $"The book of {book[(book.LastIndexOf('/') + 1)..]}", Preface = Preface, Chapters = [] }
            : Book.Read(standing);
        string body = (edition with { Chapters = [.. chosen.Select(page => new Chapter(page.Page, TitleOf(notes.Read(page.Page)!)))] }).Compile();
        return body == standing?.Body ? null : new NoteEdit
        {
            Page = book,
            Kind = EditKind.Replace,
            Text = body,
            Comment = FormattableString.Invariant($"{(standing is null ? "compiled" : "a new edition")}: {chosen.Length} chapters, the best worth {chosen[0].Worth:0.###} to its readers, the last {chosen[^1].Worth:0.###}"),
            BaseRevision = standing?.Revision,
        };
    }

    // Books of books, talk and other people's notebooks are no chapters.
    private static bool IsMaterial(string page) => PageName.Namespace(page) is not ("books" or "talk" or "agents");

    private static string TitleOf(NotePage page)
    {
        string? heading = LineDiff.Lines(FrontMatter.Parse(page.Body).Text).FirstOrDefault(line => line.StartsWith("# ", StringComparison.Ordinal));
        return heading is not null && heading[2..].Trim().Trim('[', ']', '|') is { Length: > 0 and <= 100 } title ? title : page.Name[(page.Name.LastIndexOf('/') + 1)..];
    }
}
