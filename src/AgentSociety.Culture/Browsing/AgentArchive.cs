using AgentSociety.Core.Play;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>An agent in sums.</summary>
public sealed record AgentRow
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it does.</summary>
    public required Role Role { get; init; }

    /// <summary>Episodes that it played.</summary>
    public required int Episodes { get; init; }

    /// <summary>Share of them that were right.</summary>
    public required double Success { get; init; }

    /// <summary>Mean reward.</summary>
    public required double Reward { get; init; }

    /// <summary>Weight versions that it played with.</summary>
    public required int Versions { get; init; }

    /// <summary>The round it was last seen in.</summary>
    public required int LastRound { get; init; }

    /// <summary>Revisions that it wrote.</summary>
    public required int Written { get; init; }

    /// <summary>Times that another agent read one of them.</summary>
    public required int ReadByOthers { get; init; }
}

/// <summary>Success of an agent in one span: a round, a difficulty, a weight version.</summary>
public sealed record AgentSpan
{
    /// <summary>The round or the difficulty; the first round of a weight version.</summary>
    public required int At { get; init; }

    /// <summary>Name of the weights, where the span is that of a version.</summary>
    public string Checkpoint { get; init; } = "";

    /// <summary>Episodes.</summary>
    public required int Episodes { get; init; }

    /// <summary>How many were right.</summary>
    public required int Correct { get; init; }

    /// <summary>Mean reward.</summary>
    public required double Reward { get; init; }
}

/// <summary>A page that an agent wrote on and others read.</summary>
public sealed record UsedPage
{
    /// <summary>Full name.</summary>
    public required string Page { get; init; }

    /// <summary>Revisions that the agent wrote on it.</summary>
    public required int Written { get; init; }

    /// <summary>Episodes of others that read one of these.</summary>
    public required int Episodes { get; init; }

    /// <summary>Different agents among the readers.</summary>
    public required int Readers { get; init; }

    /// <summary>Mean reward of these episodes; null where none read it.</summary>
    public double? Reward { get; init; }
}

/// <summary>What became of the members of the population.</summary>
public static class AgentArchive
{
    /// <summary>All agents that played, in order of role and name.</summary>
    public static IReadOnlyList<AgentRow> Agents(this SocietyDatabase database) => database.Read(connection => connection.Query<AgentRow>("""
        WITH played AS (SELECT agent, max(role) AS role, count(*) AS episodes, avg(outcome = 'correct') AS success, avg(reward) AS reward,
                               count(DISTINCT checkpoint) AS versions, max(round) AS last FROM episode GROUP BY agent),
             wrote AS (SELECT author, count(*) AS written FROM revision WHERE kind <> 'side' GROUP BY author),
             used AS (SELECT r.author, count(*) AS uses FROM read d JOIN revision r ON r.number = d.revision JOIN episode e ON e.number = d.episode WHERE e.agent <> r.author GROUP BY r.author)
        SELECT p.agent AS Name, p.role AS Role, p.episodes AS Episodes, p.success AS Success, p.reward AS Reward, p.versions AS Versions, p.last AS LastRound,
               coalesce(w.written, 0) AS Written, coalesce(u.uses, 0) AS ReadByOthers
        FROM played p LEFT JOIN wrote w ON w.author = p.agent LEFT JOIN used u ON u.author = p.agent ORDER BY p.role, length(p.agent), p.agent
        """).AsList());

    /// <summary>True for whoever played, read, wrote, or asked for an edit that was not saved.</summary>
    public static bool KnowsAgent(this SocietyDatabase database, string agent) => database.Read(connection => connection.ExecuteScalar<bool>("""
        SELECT EXISTS (SELECT 1 FROM episode WHERE agent = @agent) OR EXISTS (SELECT 1 FROM revision WHERE author = @agent) OR EXISTS (SELECT 1 FROM edit WHERE author = @agent)
            OR EXISTS (SELECT 1 FROM outside_read WHERE agent = @agent)
        """, new { agent }));

    /// <summary>Names of the agents that played.</summary>
    /// <remarks>Steps from name to name along the index, so that it does not grow with the episodes.</remarks>
    public static IReadOnlyList<string> AgentNames(this SocietyDatabase database, int limit = 1_000) => database.Read(connection => connection.Query<string>("""
        WITH RECURSIVE names (name) AS (SELECT min(agent) FROM episode UNION ALL SELECT (SELECT min(agent) FROM episode WHERE agent > name) FROM names WHERE name IS NOT NULL)
        SELECT name FROM names WHERE name IS NOT NULL LIMIT @limit
        """, new { limit }).AsList());

    /// <summary>One agent's success by round, at most so many spans.</summary>
    public static IReadOnlyList<AgentSpan> ByRound(this SocietyDatabase database, string agent, int spans = 200) => database.Read(connection => connection.Query<AgentSpan>("""
        WITH span AS (SELECT min(round) AS low, max(1, (max(round) - min(round) + @spans) / @spans) AS step FROM episode WHERE agent = @agent)
        SELECT min(e.round) AS At, count(*) AS Episodes, sum(e.outcome = 'correct') AS Correct, avg(e.reward) AS Reward
        FROM episode e, span WHERE e.agent = @agent GROUP BY (e.round - span.low) / span.step ORDER BY 1
        """, new { agent, spans }).AsList());

    /// <summary>One agent's success by difficulty.</summary>
    public static IReadOnlyList<AgentSpan> ByDifficulty(this SocietyDatabase database, string agent) => database.Read(connection => connection.Query<AgentSpan>("""
        SELECT p.difficulty AS At, count(*) AS Episodes, sum(e.outcome = 'correct') AS Correct, avg(e.reward) AS Reward
        FROM episode e JOIN problem p ON p.id = e.problem WHERE e.agent = @agent GROUP BY p.difficulty ORDER BY 1
        """, new { agent }).AsList());

    /// <summary>The weight versions that an agent played with, newest first.</summary>
    public static IReadOnlyList<AgentSpan> ByVersion(this SocietyDatabase database, string agent, int limit = 100) => database.Read(connection => connection.Query<AgentSpan>("""
        SELECT min(round) AS At, checkpoint AS Checkpoint, count(*) AS Episodes, sum(outcome = 'correct') AS Correct, avg(reward) AS Reward
        FROM episode WHERE agent = @agent GROUP BY checkpoint ORDER BY 1 DESC LIMIT @limit
        """, new { agent, limit }).AsList());

    /// <summary>Pages that an agent wrote on, those that others read most first.</summary>
    public static IReadOnlyList<UsedPage> UsedPages(this SocietyDatabase database, string agent, int limit = 50) => database.Read(connection => connection.Query<UsedPage>("""
        SELECT p.name AS Page, count(DISTINCT r.number) AS Written, count(DISTINCT e.number) AS Episodes, count(DISTINCT e.agent) AS Readers, avg(e.reward) AS Reward
        FROM revision r JOIN page p ON p.id = r.page LEFT JOIN read d ON d.revision = r.number LEFT JOIN episode e ON e.number = d.episode AND e.agent <> r.author
        WHERE r.author = @agent AND r.kind <> 'side' GROUP BY r.page ORDER BY Episodes DESC, p.name LIMIT @limit
        """, new { agent, limit }).AsList());
}
