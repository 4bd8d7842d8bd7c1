using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using AgentSociety.Core;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>The one file that holds a run: its scratchpad and its records. Opens it, brings its schema up to date, and hands out connections.</summary>
/// <remarks>
/// Write-ahead logging with <c>synchronous = FULL</c>: what was committed survives a crash and a loss of power. One
/// connection writes, one thread at a time; any number read beside it, each from a consistent snapshot. Another process may
/// write to the same file between two transactions.
/// </remarks>
public sealed class SocietyDatabase : IDisposable
{
    private static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(10);

    private const long MappedBytes = 4L << 30;
    private readonly string _readers;
    private readonly SqliteConnection? _writer;
    private readonly Lock _gate = new();
    private readonly ConditionalWeakTable<SQLitePCL.sqlite3, string> _mapped = new();
    private readonly ConcurrentDictionary<string, ConcurrentBag<SqliteCommand>> _prepared = new(StringComparer.Ordinal);

    private SocietyDatabase(string path, SqliteConnection? writer, string readers)
    {
        Path = path;
        _writer = writer;
        _readers = readers;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>True where nothing can be written.</summary>
    public bool IsReadOnly => _writer is null;

    /// <summary>Opens a database for reading and writing, creates it where there is none, and applies the migrations that it lacks.</summary>
    /// <param name="path">The file; its directory must exist.</param>
    /// <exception cref="SocietyException">The file is no database, comes from a newer version, cannot be written, or is locked.</exception>
    public static SocietyDatabase Open(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(full)))
            throw new SocietyException($"{path}: the directory does not exist; create it or name another place.");
        SqliteConnection writer = new(Settings(full, SqliteOpenMode.ReadWriteCreate, pooling: false));
        try
        {
            SqliteFailure.Explain(path, () =>
            {
                writer.Open();
                // The first statement to touch the file comes before WAL is asked for, so that a file that is no database is told as such.
                Execute(writer, $"PRAGMA busy_timeout = {(int)BusyTimeout.TotalMilliseconds}; PRAGMA user_version;");
                Migrations.RefuseNewer(writer, path);
                Execute(writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -65536;");
                Migrations.Apply(writer);
            });
        }
        catch
        {
            writer.Dispose();
            throw;
        }

        return new SocietyDatabase(full, writer, Settings(full, SqliteOpenMode.ReadOnly, pooling: true));
    }

    /// <summary>Opens an existing database for reading only, and brings one that an older version wrote up to date first. Another process may be writing to it.</summary>
    /// <exception cref="SocietyException">There is no such file, it is no database of this program or one of a newer version, or it is an older one that cannot be written.</exception>
    public static SocietyDatabase OpenReadOnly(string path)
    {
        string full = System.IO.Path.GetFullPath(path);
        if (!File.Exists(full)) throw new SocietyException($"{path}: there is no such database; name a run's society.db.");
        SocietyDatabase database = new(full, null, Settings(full, SqliteOpenMode.ReadOnly, pooling: true));
        bool old;
        try
        {
            old = Lacks(database);
        }
        catch (SocietyException failure) when (failure.InnerException is SqliteException { SqliteErrorCode: SqliteFailure.ReadOnly or SqliteFailure.CannotOpen } && !(File.Exists($"{full}-wal") && new FileInfo($"{full}-wal").Length > 0))
        {
            // A reader shares its place in the log through a file beside the database, which cannot be made in a place that cannot be written. Where there is no log nobody writes either.
            database = new SocietyDatabase(full, null, Settings($"file:{Uri.EscapeDataString(full).Replace("%2F", "/", StringComparison.Ordinal)}?immutable=1", SqliteOpenMode.ReadOnly, pooling: true));
            old = Lacks(database);
        }

        if (old) Open(path).Dispose();
        return database;

        bool Lacks(SocietyDatabase opened) => opened.Read(connection =>
        {
            Migrations.RefuseNewer(connection, path);
            return Migrations.Lacks(connection, path);
        });
    }

    /// <summary>Runs reads on one consistent snapshot.</summary>
    internal T Read<T>(Func<SqliteConnection, T> read) => SqliteFailure.Explain(Path, () =>
    {
        using SqliteConnection connection = Reader();
        // A deferred transaction pins the snapshot; it is never upgraded to a write.
        return Within(connection, "BEGIN", read);
    });

    // A reader's own cache is empty after every commit; what the system has in memory anyway is mapped, so that a page costs no call and no copy. Read-only, so that no stray pointer can write it.
    private SqliteConnection Reader()
    {
        SqliteConnection connection = new(_readers);
        connection.Open();
        // One that comes back from the pool is mapped already.
        if (_mapped.TryAdd(connection.Handle!, connection.DataSource)) Execute(connection, $"PRAGMA mmap_size = {MappedBytes}");
        return connection;
    }

    /// <summary>Reads by one statement and one parameter, @1. It is prepared once, on a connection that waits for the next call, and is a snapshot by itself: for what is read very often.</summary>
    internal T ReadOne<T>(string sql, object parameter, Func<SqliteDataReader, T> read) => SqliteFailure.Explain(Path, () =>
    {
        ConcurrentBag<SqliteCommand> idle = _prepared.GetOrAdd(sql, static _ => []);
        if (!idle.TryTake(out SqliteCommand? command)) command = Prepare(sql);
        try
        {
            command.Parameters[0].Value = parameter;
            using SqliteDataReader row = command.ExecuteReader();
            return read(row);
        }
        finally
        {
            idle.Add(command);
        }
    });

    private SqliteCommand Prepare(string sql)
    {
        SqliteCommand command = Reader().CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("@1", "");
        command.Prepare();
        return command;
    }

    /// <summary>Runs writes in one transaction: all of them, durable on return, or none.</summary>
    internal T Write<T>(Func<SqliteConnection, T> write)
    {
        if (_writer is null) throw new SocietyException($"{Path}: opened for reading only; nothing can be written.");
        lock (_gate) return SqliteFailure.Explain(Path, () => Within(_writer, "BEGIN IMMEDIATE", write));
    }

    // Plain statements, not SqliteTransaction: prepared commands need not be told of the transaction each time.
    private static T Within<T>(SqliteConnection connection, string begin, Func<SqliteConnection, T> work)
    {
        Execute(connection, begin);
        bool done = false;
        try
        {
            T result = work(connection);
            Execute(connection, "COMMIT");
            done = true;
            return result;
        }
        finally
        {
            // SQLite has rolled back by itself where the disk is full.
            if (!done && SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) Execute(connection, "ROLLBACK");
        }
    }

    /// <summary>Checks the whole file; empty when it is sound.</summary>
    /// <returns>One line for each fault.</returns>
    public IReadOnlyList<string> CheckIntegrity() => Read(connection =>
    {
        List<string> faults = [];
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = "PRAGMA integrity_check";
        using (SqliteDataReader reader = command.ExecuteReader())
            while (reader.Read())
                if (reader.GetString(0) is not "ok" and string fault) faults.Add(fault);
        command.CommandText = "PRAGMA foreign_key_check";
        using (SqliteDataReader reader = command.ExecuteReader())
            while (reader.Read()) faults.Add($"{reader.GetString(0)}: row {reader.GetValue(1)} refers to a missing {reader.GetString(2)}");
        return faults;
    });

    /// <summary>Copies the database as it is now into a new file, while others go on reading and writing.</summary>
    public void BackUp(string destination)
    {
        if (File.Exists(destination)) throw new SocietyException($"{destination}: the file exists already; name another.");
        SqliteFailure.Explain(destination, () =>
        {
            using SqliteConnection source = new(_readers);
            source.Open();
            using SqliteCommand command = source.CreateCommand();
            command.CommandText = "VACUUM INTO @destination";
            command.Parameters.AddWithValue("@destination", destination);
            command.ExecuteNonQuery();
        });
    }

    /// <summary>Closes the connections. What was committed is in the file.</summary>
    public void Dispose()
    {
        foreach (SqliteCommand command in _prepared.Values.SelectMany(idle => idle))
        {
            using SqliteConnection connection = command.Connection!;
            command.Dispose();
        }

        _prepared.Clear();
        using (SqliteConnection pooled = new(_readers)) SqliteConnection.ClearPool(pooled);
        _writer?.Dispose();
    }

    /// <summary>Caps the file at a number of pages of 4 KiB, so that a full disk can be met on purpose.</summary>
    internal void LimitPages(long pages) => Execute(_writer!, $"PRAGMA max_page_count = {pages}");

    private static void Execute(SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static string Settings(string path, SqliteOpenMode mode, bool pooling) => new SqliteConnectionStringBuilder
    {
        DataSource = path,
        Mode = mode,
        Pooling = pooling,
        DefaultTimeout = (int)BusyTimeout.TotalSeconds,
    }.ConnectionString;
}
