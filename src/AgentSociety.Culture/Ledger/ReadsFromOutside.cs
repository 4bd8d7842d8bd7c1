using AgentSociety.Core.Play;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>A look at a page by an agent or a program that is no part of the run.</summary>
public sealed record OutsideRead
{
    /// <summary>Full name of the page.</summary>
    public required string Page { get; init; }

    /// <summary>Id of the revision that was read; null where there was no such page.</summary>
    public string? Revision { get; init; }

    /// <summary>Who read.</summary>
    public required string Agent { get; init; }

    /// <summary>The part that it plays; null where it names none.</summary>
    public Role? Role { get; init; }

    /// <summary>The round in play.</summary>
    public required int Round { get; init; }

    /// <summary>The attempt that it was for; null where the reader names none.</summary>
    public string? Episode { get; init; }

    /// <summary>When it was recorded, Unix milliseconds.</summary>
    public long Time { get; init; }
}

/// <summary>The log of what was read through the interfaces of a scratchpad: MCP, the Semantic Kernel plugin, HTTP.</summary>
/// <remarks>
/// Episodes of the run have their own log, stored with their rounds. Readers from outside are paid no reward by the run, so that their reads
/// have no outcome: they count among a page's readers, and not in its worth, its half-life or the metrics of the culture. What people read is not recorded.
/// </remarks>
public static class ReadsFromOutside
{
    private const string Rows = """
        SELECT d.page AS Page, r.id AS Revision, d.agent AS Agent, d.role AS Role, d.round AS Round, d.episode AS Episode, d.time AS Time
        FROM outside_read d LEFT JOIN revision r ON r.number = d.revision
        """;

    /// <summary>Records a read, durable on return.</summary>
    /// <param name="database">The database, open for writing.</param>
    /// <param name="read">What was read; its time is the clock's.</param>
    /// <param name="clock">Stamps it; the system's where null.</param>
    public static void Record(this SocietyDatabase database, OutsideRead read, TimeProvider? clock = null) => database.Write(connection => connection.Execute("""
        INSERT INTO outside_read (page, revision, agent, role, round, episode, time) VALUES (@Page, (SELECT number FROM revision WHERE id = @Revision), @Agent, @role, @Round, @Episode, @time)
        """, new { read.Page, read.Revision, read.Agent, role = read.Role is { } role ? TranscriptFormat.Name(role) : null, read.Round, read.Episode, time = (clock ?? TimeProvider.System).GetUtcNow().ToUnixTimeMilliseconds() }));

    /// <summary>The last reads of a page from outside, newest first.</summary>
    public static IReadOnlyList<OutsideRead> OutsideReadsOf(this SocietyDatabase database, string page, int limit = 100) => database.Read(connection =>
        connection.Query<OutsideRead>($"{Rows} WHERE d.page = @page ORDER BY d.number DESC LIMIT @limit", new { page, limit }).AsList());

    /// <summary>The last reads of one reader from outside, newest first.</summary>
    public static IReadOnlyList<OutsideRead> OutsideReadsBy(this SocietyDatabase database, string agent, int limit = 100) => database.Read(connection =>
        connection.Query<OutsideRead>($"{Rows} WHERE d.agent = @agent ORDER BY d.number DESC LIMIT @limit", new { agent, limit }).AsList());
}
