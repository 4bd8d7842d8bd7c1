using AgentSociety.Core.Culture;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Bodies of revisions, put together from keyframes and deltas.</summary>
internal static class RevisionStore
{
    /// <summary>Deltas after which a whole body is stored again: it bounds what reading an old revision costs.</summary>
    internal const int KeyframeEvery = 64;

    /// <summary>Name of the page, id and body of a revision by its number.</summary>
    internal static NotePage Read(SqliteConnection connection, long number)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "SELECT p.name, r.id FROM revision r JOIN page p ON p.id = r.page WHERE r.number = @number";
        command.Parameters.AddWithValue("@number", number);
        using SqliteDataReader reader = command.ExecuteReader();
        reader.Read();
        return new NotePage(reader.GetString(0), reader.GetString(1), Body(connection, number));
    }

    /// <summary>Body of a revision by its number; its page may wait in the same transaction to be written.</summary>
    internal static string Body(SqliteConnection connection, long number)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            WITH RECURSIVE chain (number, parent, depth, prefix, suffix, text) AS (
              SELECT number, parent, depth, prefix, suffix, text FROM revision WHERE number = @number
              UNION ALL
              SELECT r.number, r.parent, r.depth, r.prefix, r.suffix, r.text FROM chain c JOIN revision r ON r.number = c.parent WHERE c.depth > 0)
            SELECT prefix, suffix, text FROM chain ORDER BY depth
            """;
        command.Parameters.AddWithValue("@number", number);
        string body = "";
        using SqliteDataReader reader = command.ExecuteReader();
        while (reader.Read()) body = Apply(body, reader.GetInt32(0), reader.GetInt32(1), reader.GetString(2));
        return body;
    }

    /// <summary>The body that a delta makes of its parent's.</summary>
    internal static string Apply(string parent, int prefix, int suffix, string text) =>
        string.Concat(parent.AsSpan(0, prefix), text, parent.AsSpan(parent.Length - suffix));
}
