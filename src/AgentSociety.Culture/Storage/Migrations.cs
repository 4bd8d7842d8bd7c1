using System.Reflection;
using AgentSociety.Core;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Applies the numbered scripts of <c>db/</c>, each in a transaction of its own; <c>PRAGMA user_version</c> says how many a file has.</summary>
internal static class Migrations
{
    private static readonly string[] Scripts = [.. Assembly.GetExecutingAssembly().GetManifestResourceNames()
        .Where(name => name.EndsWith(".sql", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The schema that this program writes.</summary>
    internal static int Latest => Scripts.Length;

    internal static void Apply(SqliteConnection connection)
    {
        for (int version = Version(connection); version < Latest; version = Version(connection))
        {
            using SqliteTransaction transaction = connection.BeginTransaction();
            // Another process may have applied it while this one waited for the lock.
            if (Version(connection) != version) continue;
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = $"{Script(Scripts[version])}\nPRAGMA user_version = {version + 1};";
            command.ExecuteNonQuery();
            transaction.Commit();
        }
    }

    internal static void RefuseNewer(SqliteConnection connection, string path)
    {
        if (Version(connection) is int version && version > Latest)
            throw new SocietyException($"{path}: the database has schema {version}, this program knows schemas up to {Latest}; use a newer program.");
    }

    /// <summary>True for a database that an older version of this program wrote.</summary>
    internal static bool Lacks(SqliteConnection connection, string path) => Version(connection) switch
    {
        0 => throw new SocietyException($"{path}: not a society database; name a run's society.db."),
        int version => version < Latest,
    };

    private static int Version(SqliteConnection connection)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA user_version";
        return (int)(long)command.ExecuteScalar()!;
    }

    private static string Script(string name)
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
