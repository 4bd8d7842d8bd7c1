using Dapper;

namespace AgentSociety.Culture;

/// <summary>Who wrote each line of a page, and when.</summary>
/// <remarks>A line that was taken away and came back belongs to who brought it back, except where a restoration or a reversal did: then it is its author's again.</remarks>
public static class PageBlame
{
    /// <summary>The lines of a page as it is now, each with the revision that brought it; empty where there is no such page.</summary>
    public static IReadOnlyList<BlamedLine> Blame(this SocietyDatabase database, string page) => database.Read(connection =>
    {
        List<LineHistory.Life> standing = LineHistory.Of(connection, page).Standing;
        Dictionary<long, RevisionInfo> revisions = standing.Select(life => life.Born.Number).Distinct().Chunk(500).SelectMany(numbers => connection.Query<RevisionInfo>(
            $"SELECT {PageArchive.RevisionColumns} FROM {PageArchive.RevisionTables} WHERE r.number IN @numbers", new { numbers })).ToDictionary(revision => revision.Number);
        return (IReadOnlyList<BlamedLine>)[.. standing.Select(life => new BlamedLine(life.Line.TrimEnd('\n'), revisions[life.Born.Number]))];
    });
}
