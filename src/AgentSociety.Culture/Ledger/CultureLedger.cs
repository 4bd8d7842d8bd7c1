using Dapper;

namespace AgentSociety.Culture;

/// <summary>One attempt that had a revision before its eyes.</summary>
public sealed record LedgerEntry
{
    /// <summary>Id of the revision that was read.</summary>
    public required string Revision { get; init; }

    /// <summary>Full name of its page.</summary>
    public required string Page { get; init; }

    /// <summary>Who wrote the revision.</summary>
    public required string Author { get; init; }

    /// <summary>The round in which it was written.</summary>
    public required int WrittenIn { get; init; }

    /// <summary>Id of the episode that read it.</summary>
    public required string Episode { get; init; }

    /// <summary>Who read it.</summary>
    public required string Reader { get; init; }

    /// <summary>The round in which it was read.</summary>
    public required int ReadIn { get; init; }

    /// <summary>What the episode was rewarded with.</summary>
    public required double Reward { get; init; }

    /// <summary>The reward relative to its group, as it was trained on.</summary>
    public required double Advantage { get; init; }

    /// <summary>Number of the first training batch that the episode went into; null where nothing learned from it.</summary>
    public long? Batch { get; init; }

    /// <summary>The first saved weights that hold that batch; null where there is none yet.</summary>
    public string? Checkpoint { get; init; }
}

/// <summary>What a page was good for, so far.</summary>
public sealed record PageUse
{
    /// <summary>Full name.</summary>
    public required string Page { get; init; }

    /// <summary>Times it was read.</summary>
    public required long Reads { get; init; }

    /// <summary>Episodes that read it.</summary>
    public required long Episodes { get; init; }

    /// <summary>Agents other than the author of the revision that read it.</summary>
    public required long Readers { get; init; }

    /// <summary>Mean reward of the solver episodes that read it; null where none did.</summary>
    public double? RewardWith { get; init; }

    /// <summary>Mean reward of the solver episodes of the same rounds that did not; null where all did.</summary>
    public double? RewardWithout { get; init; }
}

/// <summary>From words to weights and back: which revision was read in which attempt, what that earned, which training batch learned from it, and which checkpoint holds that.</summary>
/// <remarks>Built on the read log of the episodes and on the batches that were trained. An association, not a cause: readers choose what they read.</remarks>
public static class CultureLedger
{
    private const string Entries = """
        SELECT r.id AS Revision, p.name AS Page, r.author AS Author, r.round AS WrittenIn, e.id AS Episode, e.agent AS Reader, e.round AS ReadIn,
               e.reward AS Reward, e.advantage AS Advantage, (SELECT min(t.batch) FROM trained t WHERE t.episode = e.number) AS Batch,
               (SELECT s.checkpoint FROM trained t JOIN saved_batch s ON s.batch = t.batch WHERE t.episode = e.number ORDER BY t.batch LIMIT 1) AS Checkpoint
        FROM read d JOIN episode e ON e.number = d.episode JOIN revision r ON r.number = d.revision JOIN page p ON p.id = r.page
        """;

    /// <summary>What became of a note: the episodes that read any of a page's revisions, oldest first.</summary>
    public static IReadOnlyList<LedgerEntry> WhatBecameOf(this SocietyDatabase database, string page, int limit = 1_000) => database.Read(connection =>
        connection.Query<LedgerEntry>($"{Entries} WHERE p.name = @page GROUP BY d.revision, d.episode ORDER BY e.number LIMIT @limit", new { page, limit }).AsList());

    /// <summary>The last episodes that read any of a page's revisions, newest first.</summary>
    public static IReadOnlyList<LedgerEntry> LatestReadings(this SocietyDatabase database, string page, int limit = 10) => database.Read(connection =>
        connection.Query<LedgerEntry>($"{Entries} WHERE p.name = @page GROUP BY d.revision, d.episode ORDER BY e.number DESC LIMIT @limit", new { page, limit }).AsList());

    /// <summary>What taught these weights: the revisions that were read in episodes that were trained on since the checkpoint before, the best rewarded first.</summary>
    /// <param name="database">The database.</param>
    /// <param name="checkpoint">Name of the weights.</param>
    /// <param name="limit">Most entries.</param>
    public static IReadOnlyList<LedgerEntry> WhatTaught(this SocietyDatabase database, string checkpoint, int limit = 1_000) => database.Read(connection =>
        connection.Query<LedgerEntry>($"""
            {Entries}
            WHERE e.number IN (SELECT t.episode FROM saved_batch s JOIN trained t ON t.batch = s.batch WHERE s.checkpoint = @checkpoint)
            GROUP BY d.revision, d.episode ORDER BY e.advantage DESC, e.number LIMIT @limit
            """, new { checkpoint, limit }).AsList());

    /// <summary>What an episode read, in order; a look at a page that was not there has no entry.</summary>
    public static IReadOnlyList<LedgerEntry> WhatWasRead(this SocietyDatabase database, string episode) => database.Read(connection =>
        connection.Query<LedgerEntry>($"{Entries} WHERE e.id = @episode ORDER BY d.position", new { episode }).AsList());

    /// <summary>Use of every page that was read, the most read first.</summary>
    public static IReadOnlyList<PageUse> Uses(this SocietyDatabase database, int limit = 100) => database.Read(connection => connection.Query<PageUse>("""
        WITH seen AS (SELECT r.page, d.episode, count(*) AS reads, max(e.agent <> r.author) AS foreign_reader, e.agent, e.role, e.reward
                      FROM read d JOIN revision r ON r.number = d.revision JOIN episode e ON e.number = d.episode GROUP BY r.page, d.episode),
             span AS (SELECT s.page, min(e.round) AS low, max(e.round) AS high FROM seen s JOIN episode e ON e.number = s.episode GROUP BY s.page),
             total AS (SELECT round, count(*) AS episodes, sum(reward) AS reward FROM episode WHERE role = 'solver' GROUP BY round)
        SELECT p.name AS Page, sum(s.reads) AS Reads, count(*) AS Episodes, count(DISTINCT CASE WHEN s.foreign_reader THEN s.agent END) AS Readers,
               avg(CASE WHEN s.role = 'solver' THEN s.reward END) AS RewardWith,
               (SELECT (sum(t.reward) - coalesce(sum(CASE WHEN s.role = 'solver' THEN s.reward END), 0)) / nullif(sum(t.episodes) - count(CASE WHEN s.role = 'solver' THEN 1 END), 0)
                FROM total t WHERE t.round BETWEEN n.low AND n.high) AS RewardWithout
        FROM seen s JOIN page p ON p.id = s.page JOIN span n ON n.page = s.page
        GROUP BY s.page ORDER BY Reads DESC, p.name LIMIT @limit
        """, new { limit }).AsList());
}
