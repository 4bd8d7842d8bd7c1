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
}

/// <summary>A curve of a run.</summary>
/// <param name="Name">The metric's name, or <c>held-out</c>, <c>held-out/3</c> (a difficulty), <c>held-out/without-reading</c>, <c>solve-rate/3</c>.</param>
/// <param name="Points">Oldest first.</param>
public sealed record Series(string Name, IReadOnlyList<SeriesPoint> Points);

/// <summary>Curves of a run, thinned in the database to as many points as a screen has room for.</summary>
public static class SeriesArchive
{
    /// <summary>Names of the curves that the run has.</summary>
    public static IReadOnlyList<string> SeriesNames(this SocietyDatabase database) => database.Read(connection => connection.Query<string>("""
        SELECT DISTINCT name FROM metric
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
        const string best = "reading = (SELECT max(reading) FROM held_out)";
        string? difficulty = name.LastIndexOf('/') is var slash and > 0 && int.TryParse(name[(slash + 1)..], out int _) ? name[(slash + 1)..] : null;
        (string source, string value, string where) = name switch
        {
            "held-out" => ("held_out", "1.0 * sum(correct) / nullif(sum(count), 0)", best),
            "held-out/without-reading" => ("held_out", "1.0 * sum(correct) / nullif(sum(count), 0)", "reading = 0"),
            _ when difficulty is not null && name.StartsWith("held-out/", StringComparison.Ordinal) => ("held_out", "1.0 * sum(correct) / nullif(sum(count), 0)", $"{best} AND difficulty = @difficulty"),
            _ when difficulty is not null && name.StartsWith("solve-rate/", StringComparison.Ordinal) => ("problem", "avg(solve_rate)", "difficulty = @difficulty"),
            _ => ("metric", "avg(value)", "name = @name"),
        };
        return connection.Query<SeriesPoint>($"""
            WITH span AS (SELECT min(round) AS low, max(1, (max(round) - min(round) + @points) / @points) AS step FROM {source} WHERE {where})
            SELECT min(t.round) AS Round, {value} AS Value FROM {source} t, span WHERE {where}
            GROUP BY (t.round - span.low) / span.step HAVING Value IS NOT NULL ORDER BY 1
            """, new { name, difficulty = difficulty is null ? 0 : int.Parse(difficulty), points }).AsList();
    }
}
