using Dapper;

namespace AgentSociety.Culture;

/// <summary>What a list of runs says of one of them.</summary>
public sealed record RunGlance
{
    /// <summary>Name of the run; empty before it has begun.</summary>
    public string Name { get; init; } = "";

    /// <summary>The resolved scenario, as YAML.</summary>
    public string Scenario { get; init; } = "";

    /// <summary>The seed.</summary>
    public long Seed { get; init; }

    /// <summary>When it began, Unix milliseconds; 0 before it has.</summary>
    public long Begun { get; init; }

    /// <summary>When its last round was stored, Unix milliseconds; 0 before the first.</summary>
    public long LastRoundAt { get; init; }

    /// <summary>The last stored round; null before the first.</summary>
    public int? Round { get; init; }

    /// <summary>Pages that are not deleted.</summary>
    public long Pages { get; init; }

    /// <summary>Revisions.</summary>
    public long Revisions { get; init; }

    /// <summary>Episodes of all roles.</summary>
    public long Episodes { get; init; }

    /// <summary>Held-out accuracy over all difficulties by round, 0 to 1, oldest first; with reading where newborns could read.</summary>
    public IReadOnlyList<SeriesPoint> Accuracy { get; init; } = [];
}

/// <summary>How far a database has come; compared with an earlier one it says what is new.</summary>
public sealed record LiveTip
{
    /// <summary>The last stored round; -1 before the first.</summary>
    public long Round { get; init; }

    /// <summary>Number of the newest revision.</summary>
    public long Revision { get; init; }

    /// <summary>Number of the newest proposal.</summary>
    public long Proposal { get; init; }

    /// <summary>Proposals that wait.</summary>
    public long Waiting { get; init; }
}

/// <summary>A run at one look.</summary>
public static class RunGlances
{
    /// <summary>What a list says of this run, from one snapshot.</summary>
    public static RunGlance Glance(this SocietyDatabase database) => database.Read(connection =>
    {
        RunGlance glance = connection.QuerySingle<RunGlance>("""
            SELECT coalesce((SELECT name FROM run), '') AS Name, coalesce((SELECT scenario FROM run), '') AS Scenario, coalesce((SELECT seed FROM run), 0) AS Seed,
                   coalesce((SELECT begun FROM run), 0) AS Begun, coalesce((SELECT max(time) FROM round), 0) AS LastRoundAt, (SELECT max(number) FROM round) AS Round,
                   (SELECT count(*) FROM page WHERE deleted = 0) AS Pages, (SELECT coalesce(max(number), 0) FROM revision) AS Revisions,
                   (SELECT coalesce(max(number), 0) FROM episode) AS Episodes
            """);
        return glance with
        {
            Accuracy = connection.Query<SeriesPoint>("""
                SELECT round AS Round, 1.0 * sum(correct) / nullif(sum(count), 0) AS Value FROM held_out
                WHERE reading = (SELECT max(reading) FROM held_out) GROUP BY round HAVING sum(count) > 0 ORDER BY round
                """).AsList(),
        };
    });

    /// <summary>How far the database has come. Costs microseconds, so that it can be asked for several times a second.</summary>
    public static LiveTip Tip(this SocietyDatabase database) => database.Read(connection => connection.QuerySingle<LiveTip>("""
        SELECT coalesce((SELECT max(number) FROM round), -1) AS Round, coalesce((SELECT max(number) FROM revision), 0) AS Revision,
               coalesce((SELECT max(number) FROM proposal), 0) AS Proposal, (SELECT count(*) FROM proposal WHERE state = 'open') AS Waiting
        """));
}
