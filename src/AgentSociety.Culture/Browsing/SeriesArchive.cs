using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>One point of a curve.</summary>
public sealed record SeriesPoint
{
    /// <summary>The round, or the first of the rounds that were averaged.</summary>
    public int Round { get; init; }

    /// <summary>The value.</summary>
    public double Value { get; init; }

    /// <summary>Lower end of its 95 % interval, where one is known.</summary>
    public double? Low { get; init; }

    /// <summary>Upper end of it.</summary>
    public double? High { get; init; }
}

/// <summary>A curve of a run.</summary>
/// <param name="Name">The metric's name, or <c>held-out</c>, <c>held-out/3</c> (a difficulty), <c>held-out/without-reading</c>, <c>solve-rate/3</c>.</param>
/// <param name="Points">Oldest first.</param>
public sealed record Series(string Name, IReadOnlyList<SeriesPoint> Points);

/// <summary>Curves of a run, thinned in the database to as many points as a screen has room for.</summary>
public static class SeriesArchive
{
    /// <summary>Names of the curves that the run has; the ends of intervals belong to their curve.</summary>
    public static IReadOnlyList<string> SeriesNames(this SocietyDatabase database) => database.Read(connection => connection.Query<string>("""
        SELECT DISTINCT name FROM metric WHERE name NOT LIKE '%/low' AND name NOT LIKE '%/high'
        UNION SELECT 'held-out' FROM held_out UNION SELECT 'held-out/' || difficulty FROM held_out
        UNION SELECT 'held-out/without-reading' FROM held_out WHERE reading = 0 AND EXISTS (SELECT 1 FROM held_out WHERE reading = 1)
        UNION SELECT 'solve-rate/' || difficulty FROM problem ORDER BY 1
        """).AsList());

    /// <summary>Curves by name; a name that the run does not have gives a curve without points.</summary>
    /// <param name="database">The database.</param>
    /// <param name="names">Which.</param>
    /// <param name="points">Most points of each; rounds are averaged in equal spans where there are more.</param>
    public static IReadOnlyList<Series> Curves(this SocietyDatabase database, IReadOnlyList<string> names, int points = 600) => database.Read(connection =>
        (IReadOnlyList<Series>)[.. names.Select(name => new Series(name, Points(connection, name, points)))]);

    private static List<SeriesPoint> Points(SqliteConnection connection, string name, int points)
    {
        string? difficulty = name.LastIndexOf('/') is var slash and > 0 && int.TryParse(name[(slash + 1)..], out int _) ? name[(slash + 1)..] : null;
        object parameters = new { name, low = name + "/low", high = name + "/high", difficulty = difficulty is null ? 0 : int.Parse(difficulty), points };
        if (name.StartsWith("held-out", StringComparison.Ordinal)) return Tests(connection, name, difficulty, parameters);
        (string source, string where) = difficulty is not null && name.StartsWith("solve-rate/", StringComparison.Ordinal) ? ("problem", "difficulty = @difficulty") : ("metric", "name = @name");
        string values = source == "problem" ? "avg(solve_rate) AS Value"
            : "avg(CASE WHEN name = @name THEN value END) AS Value, avg(CASE WHEN name = @low THEN value END) AS Low, avg(CASE WHEN name = @high THEN value END) AS High";
        return connection.Query<SeriesPoint>($"""
            WITH span AS ({Span(source, where)})
            SELECT min(t.round) AS Round, {values} FROM {source} t, span WHERE {(source == "problem" ? where : "name IN (@name, @low, @high)")}
            GROUP BY (t.round - span.low) / span.step HAVING Value IS NOT NULL ORDER BY 1
            """, parameters).AsList();
    }

    /// <summary>Tests of a span count together; the interval is Wilson's.</summary>
    private static List<SeriesPoint> Tests(SqliteConnection connection, string name, string? difficulty, object parameters)
    {
        const string best = "reading = (SELECT max(reading) FROM held_out)";
        string where = difficulty is not null ? $"{best} AND difficulty = @difficulty" : name == "held-out/without-reading" ? "reading = 0" : best;
        return [.. connection.Query<(int Round, long Correct, long Count)>($"""
            WITH span AS ({Span("held_out", where)})
            SELECT min(t.round), sum(correct), sum(count) FROM held_out t, span WHERE {where} GROUP BY (t.round - span.low) / span.step HAVING sum(count) > 0 ORDER BY 1
            """, parameters).Select(test => (test.Round, Share: Estimate.Share(test.Correct, test.Count)!))
            .Select(test => new SeriesPoint { Round = test.Round, Value = test.Share.Value, Low = test.Share.Low, High = test.Share.High })];
    }

    private static string Span(string source, string where) => $"SELECT min(round) AS low, max(1, (max(round) - min(round) + @points) / @points) AS step FROM {source} WHERE {where}";
}
