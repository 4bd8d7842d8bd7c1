using System.Text.Json;
using AgentSociety.Core;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>A run in the list of runs.</summary>
public sealed record CataloguedRun
{
    /// <summary>Path below the directory of runs, its parts joined by <c>~</c>: what addresses hold.</summary>
    public required string Key { get; init; }

    /// <summary>What people call it: the label that they gave, else its own name.</summary>
    public required string Name { get; init; }

    /// <summary>Name of its scenario.</summary>
    public required string Scenario { get; init; }

    /// <summary><c>running</c>, <c>done</c>, <c>stopped</c> or <c>unreadable</c>.</summary>
    public required string State { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The last stored round.</summary>
    public int? Round { get; init; }

    /// <summary>Rounds that the scenario plans; 0 where it does not say.</summary>
    public required int Planned { get; init; }

    /// <summary>When it began, Unix milliseconds.</summary>
    public required long Begun { get; init; }

    /// <summary>When its last round was stored, Unix milliseconds; 0 before the first.</summary>
    public required long LastRoundAt { get; init; }

    /// <summary>When its files last changed, Unix milliseconds.</summary>
    public required long Changed { get; init; }

    /// <summary>Last held-out accuracy.</summary>
    public double? Accuracy { get; init; }

    /// <summary>Held-out accuracy over time as a JSON array of numbers, at most 60.</summary>
    public required string Curve { get; init; }

    /// <summary>Pages of its scratchpad.</summary>
    public required long Pages { get; init; }

    /// <summary>Revisions of it.</summary>
    public required long Revisions { get; init; }

    /// <summary>Episodes.</summary>
    public required long Episodes { get; init; }

    /// <summary>Tags, separated by spaces.</summary>
    public required string Tags { get; init; }

    /// <summary>Why it cannot be read; empty where it can.</summary>
    public required string Fault { get; init; }
}

/// <summary>What is on disk of a run, and what its database said when it was last read.</summary>
/// <param name="Key">Its key.</param>
/// <param name="Stamp">Changes when its files do.</param>
/// <param name="Changed">When its files last changed, Unix milliseconds.</param>
/// <param name="Finished">True where it wrote its summary.</param>
/// <param name="Playing">True while a process plays it, false where none does; null where it keeps no lock, so that only its changes tell.</param>
public sealed record RunOnDisk(string Key, string Stamp, long Changed, bool Finished, bool? Playing);

/// <summary>Which runs are listed, and how.</summary>
public sealed record RunQuery
{
    /// <summary>Words that name, scenario or tags hold.</summary>
    public string Text { get; init; } = "";

    /// <summary>Only this state; empty for all.</summary>
    public string State { get; init; } = "";

    /// <summary>Only runs with this tag; empty for all.</summary>
    public string Tag { get; init; } = "";

    /// <summary><c>changed</c>, <c>name</c>, <c>scenario</c>, <c>accuracy</c>, <c>duration</c>, <c>round</c> or <c>pages</c>.</summary>
    public string Sort { get; init; } = "changed";

    /// <summary>Smallest first.</summary>
    public bool Ascending { get; init; }

    /// <summary>Most rows.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>Rows to leave out at the start.</summary>
    public int Offset { get; init; }
}

/// <summary>The list of the runs in a directory, with the names and tags that people gave them.</summary>
/// <remarks>A file of its own beside the runs. What it remembers of a run is read again when the run's files change, so that a list of a thousand runs opens none of them; labels and tags live here only.</remarks>
public sealed class RunCatalogue : IDisposable
{
    private const int SchemaVersion = 2;
    private const long RunningFor = 180_000;

    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    private RunCatalogue(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens or makes the catalogue in a file; in memory where the file is null.</summary>
    /// <exception cref="SocietyException">The file is no catalogue or cannot be written.</exception>
    public static RunCatalogue Open(string? path)
    {
        SqliteConnection connection = new(new SqliteConnectionStringBuilder { DataSource = path ?? ":memory:", Pooling = false }.ConnectionString);
        try
        {
            SqliteFailure.Explain(path ?? "memory", () =>
            {
                connection.Open();
                // What can be read again is thrown away when its form changes; what people gave is not.
                if (connection.ExecuteScalar<long>("PRAGMA user_version") != SchemaVersion) connection.Execute("DROP TABLE IF EXISTS run");
                connection.Execute($"""
                    PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;
                    CREATE TABLE IF NOT EXISTS run (
                      key TEXT NOT NULL PRIMARY KEY, stamp TEXT NOT NULL, changed INTEGER NOT NULL, finished INTEGER NOT NULL, playing INTEGER, name TEXT NOT NULL DEFAULT '', scenario TEXT NOT NULL DEFAULT '',
                      seed INTEGER NOT NULL DEFAULT 0, round INTEGER, planned INTEGER NOT NULL DEFAULT 0, begun INTEGER NOT NULL DEFAULT 0, last_round_at INTEGER NOT NULL DEFAULT 0, accuracy REAL, curve TEXT NOT NULL DEFAULT '[]',
                      pages INTEGER NOT NULL DEFAULT 0, revisions INTEGER NOT NULL DEFAULT 0, episodes INTEGER NOT NULL DEFAULT 0, fault TEXT NOT NULL DEFAULT ''
                    ) STRICT, WITHOUT ROWID;
                    CREATE TABLE IF NOT EXISTS label (key TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;
                    PRAGMA user_version = {SchemaVersion};
                    """);
            });
        }
        catch
        {
            connection.Dispose();
            throw;
        }

        return new RunCatalogue(connection);
    }

    /// <summary>Takes in what lies on disk now: forgets runs that are gone and returns those whose database must be read again.</summary>
    public IReadOnlyList<RunOnDisk> Compare(IReadOnlyList<RunOnDisk> found) => Within(() =>
    {
        Dictionary<string, string> known = _connection.Query<(string Key, string Stamp)>("SELECT key, stamp FROM run").ToDictionary(row => row.Key, row => row.Stamp);
        foreach (string gone in known.Keys.Except(found.Select(run => run.Key))) _connection.Execute("DELETE FROM run WHERE key = @gone", new { gone });
        return (IReadOnlyList<RunOnDisk>)[.. found.Where(run => known.GetValueOrDefault(run.Key) != run.Stamp)];
    });

    /// <summary>Remembers what the databases of runs say now.</summary>
    public void Remember(IReadOnlyList<(RunOnDisk Run, RunGlance? Glance, string ScenarioName, int Planned, string Fault)> runs) => Within(() =>
    {
        foreach ((RunOnDisk run, RunGlance? glance, string scenario, int planned, string fault) in runs)
        {
            _connection.Execute("""
                INSERT OR REPLACE INTO run (key, stamp, changed, finished, playing, name, scenario, seed, round, planned, begun, last_round_at, accuracy, curve, pages, revisions, episodes, fault)
                VALUES (@Key, @Stamp, @Changed, @Finished, @Playing, @name, @scenario, @seed, @round, @planned, @begun, @lastRoundAt, @accuracy, @curve, @pages, @revisions, @episodes, @fault)
                """, new
            {
                run.Key,
                run.Stamp,
                run.Changed,
                run.Finished,
                run.Playing,
                name = glance?.Name ?? "",
                scenario,
                seed = glance?.Seed ?? 0,
                round = glance?.Round,
                planned,
                begun = glance?.Begun ?? 0,
                lastRoundAt = glance?.LastRoundAt ?? 0,
                accuracy = glance?.Accuracy is [.., SeriesPoint last] ? last.Value : (double?)null,
                curve = JsonSerializer.Serialize(Thin(glance?.Accuracy ?? [])),
                pages = glance?.Pages ?? 0,
                revisions = glance?.Revisions ?? 0,
                episodes = glance?.Episodes ?? 0,
                fault,
            });
        }

        return true;
    });

    /// <summary>One page of the list, and how many runs pass the query in all.</summary>
    public (IReadOnlyList<CataloguedRun> Runs, int Count) List(RunQuery query) => Within(() =>
    {
        string order = query.Sort switch
        {
            "name" => "Name",
            "scenario" => "Scenario",
            "accuracy" => "Accuracy",
            "duration" => "CASE WHEN LastRoundAt > 0 THEN LastRoundAt - Begun END",
            "round" => "Round",
            "pages" => "Pages",
            _ => "Changed",
        };
        string[] words = query.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        DynamicParameters parameters = new(new { now = Now, running = RunningFor, state = query.State, tag = query.Tag, query.Limit, query.Offset });
        for (int word = 0; word < words.Length; word++) parameters.Add($"w{word}", words[word]);
        string where = $"(@state = '' OR State = @state) AND (@tag = '' OR instr(' ' || Tags || ' ', ' ' || @tag || ' ') > 0)"
            + string.Concat(words.Select((_, word) => $" AND instr(lower(Name || ' ' || Scenario || ' ' || Tags || ' ' || Key), lower(@w{word})) > 0"));
        return ((IReadOnlyList<CataloguedRun>)_connection.Query<CataloguedRun>($"SELECT * FROM ({Rows}) WHERE {where} ORDER BY {order} {(query.Ascending ? "ASC" : "DESC")} NULLS LAST, Key LIMIT @Limit OFFSET @Offset", parameters).AsList(),
            _connection.ExecuteScalar<int>($"SELECT count(*) FROM ({Rows}) WHERE {where}", parameters));
    });

    /// <summary>One run; null where it is not in the list.</summary>
    public CataloguedRun? Find(string key) => Within(() => _connection.QueryFirstOrDefault<CataloguedRun>($"SELECT * FROM ({Rows}) WHERE Key = @key", new { key, now = Now, running = RunningFor }));

    /// <summary>Tags in use, the commonest first.</summary>
    public IReadOnlyList<string> Tags() => Within(() => (IReadOnlyList<string>)[.. _connection.Query<string>("SELECT l.tags FROM label l JOIN run r ON r.key = l.key WHERE l.tags <> ''")
        .SelectMany(tags => tags.Split(' ')).GroupBy(tag => tag).OrderByDescending(uses => uses.Count()).ThenBy(uses => uses.Key, StringComparer.Ordinal).Select(uses => uses.Key)]);

    /// <summary>Gives a run a name and tags; an empty name gives it its own back.</summary>
    public void Label(string key, string name, IEnumerable<string> tags) => Within(() => _connection.Execute(
        "INSERT INTO label (key, name, tags) VALUES (@key, @name, @tags) ON CONFLICT (key) DO UPDATE SET name = excluded.name, tags = excluded.tags",
        new { key, name, tags = string.Join(' ', tags.Distinct().Order(StringComparer.Ordinal)) }));

    /// <summary>Closes the file.</summary>
    public void Dispose() => _connection.Dispose();

    private const string Rows = """
        SELECT r.key AS Key, coalesce(nullif(l.name, ''), nullif(r.name, ''), r.key) AS Name, r.scenario AS Scenario, r.seed AS Seed, r.round AS Round, r.planned AS Planned,
               r.begun AS Begun, r.last_round_at AS LastRoundAt, r.changed AS Changed, r.accuracy AS Accuracy, r.curve AS Curve, r.pages AS Pages, r.revisions AS Revisions, r.episodes AS Episodes,
               coalesce(l.tags, '') AS Tags, r.fault AS Fault,
               CASE WHEN r.fault <> '' THEN 'unreadable' WHEN r.playing THEN 'running' WHEN r.finished THEN 'done' WHEN r.playing IS NULL AND r.changed > @now - @running THEN 'running' ELSE 'stopped' END AS State
        FROM run r LEFT JOIN label l ON l.key = r.key
        """;

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static IEnumerable<double> Thin(IReadOnlyList<SeriesPoint> points)
    {
        int step = Math.Max(1, (points.Count + 59) / 60);
        return points.Where((_, index) => index % step == 0 || index == points.Count - 1).Select(point => Math.Round(point.Value, 4));
    }

    private T Within<T>(Func<T> work)
    {
        lock (_gate) return SqliteFailure.Explain(_connection.DataSource, () =>
        {
            using SqliteTransaction transaction = _connection.BeginTransaction();
            T result = work();
            transaction.Commit();
            return result;
        });
    }
}
