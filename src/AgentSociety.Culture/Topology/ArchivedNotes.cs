using AgentSociety.Core.Culture;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>The notes of a database that may be open for reading only, such as another society's, as they were at the end of a round; all in memory.</summary>
public sealed class ArchivedNotes : INotes
{
    private readonly Dictionary<string, NotePage> _pages;
    private readonly string[] _names;

    private ArchivedNotes(Dictionary<string, NotePage> pages)
    {
        _pages = pages;
        _names = [.. pages.Keys.Order(StringComparer.Ordinal)];
    }

    /// <summary>Takes them.</summary>
    /// <param name="database">The database.</param>
    /// <param name="asOfRound">Leaves out what was written in later rounds; null for the newest.</param>
    public static ArchivedNotes Of(SocietyDatabase database, int? asOfRound = null) => new(database.Read(connection =>
    {
        if (asOfRound is null)
            return connection.Query<(string Name, string Id, string Body)>("SELECT p.name, r.id, p.body FROM page p JOIN revision r ON r.number = p.head WHERE p.deleted = 0")
                .ToDictionary(row => row.Name, row => new NotePage(row.Name, row.Id, row.Body), StringComparer.Ordinal);
        // With a bare max(), SQLite takes the other columns from the row that holds it.
        return connection.Query<(long Number, string Kind)>("SELECT max(number), kind FROM revision WHERE round <= @asOfRound AND kind <> 'side' GROUP BY page", new { asOfRound })
            .Where(row => row.Kind != "delete").Select(row => RevisionStore.Read(connection, row.Number)).ToDictionary(note => note.Name, StringComparer.Ordinal);
    }));

    /// <inheritdoc />
    public NotePage? Read(string page) => _pages.GetValueOrDefault(page);

    /// <inheritdoc />
    public IReadOnlyList<string> List(string prefix) => [.. _names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
}

/// <summary>How the authors of notes fared themselves.</summary>
public static class AuthorRecords
{
    /// <summary>How each solver's attempts went up to and with a round.</summary>
    public static IReadOnlyDictionary<string, AuthorRecord> RecordsOfAuthors(this SocietyDatabase database, int upToRound = int.MaxValue) => database.Read(connection =>
        connection.Query<(string Agent, long Attempts, long Successes)>("SELECT agent, count(*), sum(outcome = 'correct') FROM episode WHERE role = 'solver' AND round <= @upToRound GROUP BY agent", new { upToRound })
            .ToDictionary(row => row.Agent, row => new AuthorRecord(row.Attempts, row.Successes), StringComparer.Ordinal));

    /// <summary>Who wrote a revision; null where it is not known here.</summary>
    public static string? AuthorOf(this SocietyDatabase database, string revision) => database.Read(connection =>
        connection.QueryFirstOrDefault<string?>("SELECT author FROM revision WHERE id = @revision", new { revision }));
}
