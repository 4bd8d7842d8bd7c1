using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>One SQL statement that is prepared once and run many times on the writing connection.</summary>
internal sealed class PreparedStatement : IDisposable
{
    private readonly SqliteCommand _command;

    /// <param name="connection">The connection.</param>
    /// <param name="sql">The statement, with parameters <c>@1</c>, <c>@2</c>, ... in order.</param>
    internal PreparedStatement(SqliteConnection connection, string sql)
    {
        _command = connection.CreateCommand();
        _command.CommandText = sql;
        for (int parameter = 1; sql.Contains($"@{parameter}", StringComparison.Ordinal); parameter++)
            _command.Parameters.Add(new SqliteParameter($"@{parameter}", DBNull.Value));
    }

    /// <summary>Runs it; returns the row id of the row that it inserted last.</summary>
    internal void Execute(params ReadOnlySpan<object?> values)
    {
        Bind(values);
        _command.ExecuteNonQuery();
    }

    /// <summary>The first row, read; the default where there is none.</summary>
    internal T? First<T>(Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        Bind(values);
        using SqliteDataReader reader = _command.ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    /// <summary>All rows, read.</summary>
    internal List<T> All<T>(Func<SqliteDataReader, T> read, params ReadOnlySpan<object?> values)
    {
        Bind(values);
        using SqliteDataReader reader = _command.ExecuteReader();
        List<T> rows = [];
        while (reader.Read()) rows.Add(read(reader));
        return rows;
    }

    public void Dispose() => _command.Dispose();

    private void Bind(ReadOnlySpan<object?> values)
    {
        for (int parameter = 0; parameter < values.Length; parameter++) _command.Parameters[parameter].Value = values[parameter] ?? DBNull.Value;
    }
}

/// <summary>Reads columns that may be null.</summary>
internal static class NullableColumns
{
    internal static string? TextOrNull(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    internal static long? NumberOrNull(this SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);
}
