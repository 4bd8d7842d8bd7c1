using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>What one page was good for.</summary>
public sealed record UseOfPage
{
    /// <summary>Attempts that read it.</summary>
    public required long Attempts { get; init; }

    /// <summary>Agents who read what another had written on it.</summary>
    public required long Readers { get; init; }

    /// <summary>Mean reward of the solvers' attempts that read it; null where none did.</summary>
    public double? RewardWith { get; init; }

    /// <summary>Mean reward of the solvers' attempts of the same rounds that did not; null where all did.</summary>
    public double? RewardWithout { get; init; }

    /// <summary>Links to it that revisions brought and models wrote.</summary>
    public required long Citations { get; init; }

    /// <summary>Agents who cited it.</summary>
    public required long CitingAgents { get; init; }

    /// <summary>Looks at it from outside the run.</summary>
    public required long OutsideReads { get; init; }

    /// <summary>Agents and programs outside the run that looked at it.</summary>
    public required long OutsideReaders { get; init; }

    /// <summary>The round it was first read in; null before.</summary>
    public int? FirstRead { get; init; }

    /// <summary>The round it was last read in.</summary>
    public int? LastRead { get; init; }

    /// <summary>How many rounds its lines last; null where the page has more than <see cref="UseOfPages.RevisionsFollowed"/> revisions.</summary>
    public Survival? LineLife { get; init; }
}

/// <summary>Who took a revision up.</summary>
public sealed record Adoption
{
    /// <summary>Number of the revision.</summary>
    public required long Revision { get; init; }

    /// <summary>Attempts that read it.</summary>
    public required long Attempts { get; init; }

    /// <summary>Agents other than its author among the readers.</summary>
    public required long Readers { get; init; }

    /// <summary>Mean reward of these attempts.</summary>
    public required double Reward { get; init; }
}

/// <summary>What became of a page and of each of its revisions.</summary>
/// <remarks>Built on the read log of the episodes. An association, not a cause: readers choose what they read. What a note causes is its <see cref="Uplift"/>.</remarks>
public static class UseOfPages
{
    /// <summary>Revisions of one page whose lines are followed.</summary>
    public const int RevisionsFollowed = 1_000;

    /// <summary>What a page was good for.</summary>
    public static UseOfPage UseOf(this SocietyDatabase database, string page) => database.Read(connection =>
    {
        UseOfPage use = connection.QuerySingle<UseOfPage>("""
            WITH seen AS MATERIALIZED (
                   SELECT d.episode, max(e.agent <> r.author) AS foreign_reader, e.agent, e.role, e.round, e.reward
                   FROM revision r JOIN read d ON d.revision = r.number JOIN episode e ON e.number = d.episode
                   WHERE r.page = (SELECT id FROM page WHERE name = @page) GROUP BY d.episode),
                 span AS MATERIALIZED (SELECT min(round) AS low, max(round) AS high, count(CASE WHEN role = 'solver' THEN 1 END) AS attempts, sum(CASE WHEN role = 'solver' THEN reward END) AS reward FROM seen),
                 played AS MATERIALIZED (SELECT count(*) AS attempts, sum(e.reward) AS reward FROM span CROSS JOIN episode e ON e.round BETWEEN span.low AND span.high AND e.role = 'solver')
            SELECT (SELECT count(*) FROM seen) AS Attempts, (SELECT count(DISTINCT agent) FROM seen WHERE foreign_reader) AS Readers, span.reward / nullif(span.attempts, 0) AS RewardWith,
                   (played.reward - coalesce(span.reward, 0)) / nullif(played.attempts - span.attempts, 0) AS RewardWithout,
                   (SELECT count(*) FROM citation WHERE target = @page) AS Citations, (SELECT count(DISTINCT agent) FROM citation WHERE target = @page) AS CitingAgents,
                   (SELECT count(*) FROM outside_read WHERE page = @page AND revision IS NOT NULL) AS OutsideReads,
                   (SELECT count(DISTINCT agent) FROM outside_read WHERE page = @page AND revision IS NOT NULL) AS OutsideReaders,
                   span.low AS FirstRead, span.high AS LastRead
            FROM span, played
            """, new { page });
        return use with { LineLife = LineLife(connection, page) };
    });

    /// <summary>Who took up which revisions of a page, by the revision's number; those that nobody read are left out.</summary>
    /// <param name="database">The database.</param>
    /// <param name="page">Full name.</param>
    /// <param name="from">Number of the oldest revision that is asked for.</param>
    /// <param name="to">Number of the newest.</param>
    public static IReadOnlyDictionary<long, Adoption> AdoptionOf(this SocietyDatabase database, string page, long from = 0, long to = long.MaxValue) => database.Read(connection => connection.Query<Adoption>("""
        SELECT s.revision AS Revision, count(*) AS Attempts, count(DISTINCT CASE WHEN e.agent <> s.author THEN e.agent END) AS Readers, avg(e.reward) AS Reward
        FROM (SELECT DISTINCT d.revision, d.episode, r.author FROM revision r JOIN read d ON d.revision = r.number
              WHERE r.page = (SELECT id FROM page WHERE name = @page) AND r.number BETWEEN @from AND @to) s JOIN episode e ON e.number = s.episode GROUP BY s.revision
        """, new { page, from, to }).ToDictionary(row => row.Revision));

    private static Survival? LineLife(SqliteConnection connection, string page)
    {
        (long revisions, int now) = connection.QuerySingle<(long, int)>("""
            SELECT (SELECT count(*) FROM revision WHERE page = (SELECT id FROM page WHERE name = @page)), max(coalesce((SELECT max(number) FROM round), 0), coalesce((SELECT max(round) FROM revision), 0))
            """, new { page });
        if (revisions > RevisionsFollowed) return null;
        (List<LineHistory.Life> standing, List<LineHistory.Life> gone) = LineHistory.Of(connection, page);
        return Survival.Of(gone.Select(life => ((double)(life.Died!.Round - life.Born.Round), true)).Concat(standing.Select(life => ((double)(now - life.Born.Round), false))));
    }
}
