using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Who wrote each line of a page, and when.</summary>
/// <remarks>
/// Walks the main line once from its first revision, keeping an owner for each line. A revision's stored delta says which lines
/// it can have touched, so that only those are compared. A line that was taken away and came back belongs to who brought it back.
/// </remarks>
public static class PageBlame
{
    /// <summary>The lines of a page as it is now, each with the revision that brought it; empty where there is no such page.</summary>
    public static IReadOnlyList<BlamedLine> Blame(this SocietyDatabase database, string page) => database.Read(connection =>
    {
        List<string> lines = [];
        List<long> owners = [];
        string body = "";
        using (SqliteCommand command = connection.CreateCommand())
        {
            command.CommandText = "SELECT number, depth, prefix, suffix, text FROM revision WHERE page = (SELECT id FROM page WHERE name = @page) AND kind <> 'side' ORDER BY number";
            command.Parameters.AddWithValue("@page", page);
            using SqliteDataReader reader = command.ExecuteReader();
            while (reader.Read())
            {
                int prefix = reader.GetInt32(2), suffix = reader.GetInt32(3);
                string text = reader.GetString(4);
                if (reader.GetInt32(1) == 0) (prefix, suffix) = PageBody.Shared(body, text);
                else text = RevisionStore.Apply(body, prefix, suffix, text);
                Take(reader.GetInt64(0), lines, owners, body, text, prefix, suffix);
                body = text;
            }
        }

        Dictionary<long, RevisionInfo> revisions = owners.Distinct().Chunk(500).SelectMany(numbers => connection.Query<RevisionInfo>(
            $"SELECT {PageArchive.RevisionColumns} FROM {PageArchive.RevisionTables} WHERE r.number IN @numbers", new { numbers })).ToDictionary(revision => revision.Number);
        return (IReadOnlyList<BlamedLine>)[.. lines.Select((line, index) => new BlamedLine(line.TrimEnd('\n'), revisions[owners[index]]))];
    });

    private static void Take(long number, List<string> lines, List<long> owners, string before, string after, int prefix, int suffix)
    {
        string[] gone = LineDiff.Lines(before[prefix..^suffix]), come = LineDiff.Lines(after[prefix..^suffix]);
        int last = lines.Count - before.AsSpan(before.Length - suffix).Count('\n'), first = last - gone.Length;
        foreach (Hunk hunk in LineDiff.Between(gone, come).Reverse())
        {
            lines.RemoveRange(first + hunk.OldStart, hunk.OldCount);
            owners.RemoveRange(first + hunk.OldStart, hunk.OldCount);
            lines.InsertRange(first + hunk.OldStart, come[hunk.NewStart..hunk.NewEnd]);
            owners.InsertRange(first + hunk.OldStart, Enumerable.Repeat(number, hunk.NewCount));
        }
    }
}
