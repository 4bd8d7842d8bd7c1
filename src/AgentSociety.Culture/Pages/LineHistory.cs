using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>The lives of a page's lines: which revision brought each, and which took it away.</summary>
/// <remarks>
/// Walks the main line once from its first revision. A revision's stored delta says which lines it can have touched, so that only
/// those are compared. A line that was taken away and came back is a new line of who brought it back.
/// </remarks>
internal static class LineHistory
{
    /// <summary>A line and its life.</summary>
    internal sealed class Life
    {
        internal required string Page { get; init; }

        /// <summary>The text with its line break.</summary>
        internal required string Line { get; init; }

        internal required Step Born { get; init; }

        internal Step? Died { get; set; }
    }

    /// <summary>A revision of the main line.</summary>
    internal sealed record Step(long Number, int Round, string Author, string? Episode);

    /// <summary>The lines that stand, in order, and those that went.</summary>
    internal static (List<Life> Standing, List<Life> Gone) Of(SqliteConnection connection, string page)
    {
        List<Life> standing = [], gone = [];
        string body = "";
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT number, depth, prefix, suffix, text, round, author, episode FROM revision
            WHERE page = (SELECT id FROM page WHERE name = @page) AND kind <> 'side' ORDER BY number
            """;
        command.Parameters.AddWithValue("@page", page);
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read())
        {
            int prefix = reader.GetInt32(2), suffix = reader.GetInt32(3);
            string text = reader.GetString(4);
            if (reader.GetInt32(1) == 0) (prefix, suffix) = PageBody.Shared(body, text);
            else text = RevisionStore.Apply(body, prefix, suffix, text);
            Take(page, new Step(reader.GetInt64(0), reader.GetInt32(5), reader.GetString(6), reader.TextOrNull(7)), standing, gone, body, text, prefix, suffix);
            body = text;
        }

        return (standing, gone);
    }

    private static void Take(string page, Step step, List<Life> standing, List<Life> gone, string before, string after, int prefix, int suffix)
    {
        string[] went = LineDiff.Lines(before[prefix..^suffix]), came = LineDiff.Lines(after[prefix..^suffix]);
        int last = standing.Count - before.AsSpan(before.Length - suffix).Count('\n'), first = last - went.Length;
        foreach (Hunk hunk in LineDiff.Between(went, came).Reverse())
        {
            foreach (Life life in standing.GetRange(first + hunk.OldStart, hunk.OldCount))
            {
                life.Died = step;
                gone.Add(life);
            }

            standing.RemoveRange(first + hunk.OldStart, hunk.OldCount);
            standing.InsertRange(first + hunk.OldStart, came[hunk.NewStart..hunk.NewEnd].Select(line => new Life { Page = page, Line = line, Born = step }));
        }
    }
}
