using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>The narrow half of an episode: a row of a list.</summary>
public sealed record EpisodeRow
{
    /// <summary>Place in the order of storage; a cursor.</summary>
    public required long Number { get; init; }

    /// <summary>Such as <c>12/solve/3/5</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The round.</summary>
    public required int Round { get; init; }

    /// <summary>Who played it.</summary>
    public required string Agent { get; init; }

    /// <summary>The part it played.</summary>
    public required Role Role { get; init; }

    /// <summary>The problem; null for a proposal that became none.</summary>
    public string? Problem { get; init; }

    /// <summary>The problem's text. Untrusted.</summary>
    public string? ProblemText { get; init; }

    /// <summary>The problem's difficulty.</summary>
    public int? Difficulty { get; init; }

    /// <summary>Index among the attempts of its group.</summary>
    public required int Attempt { get; init; }

    /// <summary>The weights that wrote it.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>The verdict.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether every step was valid.</summary>
    public required bool Sound { get; init; }

    /// <summary>The reward.</summary>
    public required double Reward { get; init; }

    /// <summary>The reward relative to its group.</summary>
    public required double Advantage { get; init; }

    /// <summary>Looks at pages.</summary>
    public required int Reads { get; init; }
}

/// <summary>Lists of episodes without their transcripts, page by page.</summary>
public static class EpisodeRows
{
    private const string Where = """
        (@FromRound IS NULL OR e.round >= @FromRound) AND (@ToRound IS NULL OR e.round <= @ToRound) AND (@Agent IS NULL OR e.agent = @Agent)
        AND (@role IS NULL OR e.role = @role) AND (@outcome IS NULL OR e.outcome = @outcome) AND (@Sound IS NULL OR e.sound = @Sound) AND (@Problem IS NULL OR e.problem = @Problem)
        """;

    private const string Columns = """
        e.number AS Number, e.id AS Id, e.round AS Round, e.agent AS Agent, e.role AS Role, e.problem AS Problem, p.text AS ProblemText, p.difficulty AS Difficulty,
        e.attempt AS Attempt, e.checkpoint AS Checkpoint, e.outcome AS Outcome, e.reason AS Reason, e.sound AS Sound, e.reward AS Reward, e.advantage AS Advantage,
        (SELECT count(*) FROM read d WHERE d.episode = e.number) AS Reads
        """;

    /// <summary>Episodes that pass a filter, newest first.</summary>
    /// <param name="database">The database.</param>
    /// <param name="filter">Which.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="before">Only episodes with a smaller number: the last row's of the page before.</param>
    public static IReadOnlyList<EpisodeRow> EpisodeList(this SocietyDatabase database, EpisodeFilter filter, int limit = 50, long before = long.MaxValue) => database.Read(connection =>
        connection.Query<EpisodeRow>($"SELECT {Columns} FROM episode e LEFT JOIN problem p ON p.id = e.problem WHERE e.number < @before AND {Where} ORDER BY e.number DESC LIMIT @limit",
            Parameters(filter, limit, before)).AsList());

    /// <summary>How many episodes pass a filter.</summary>
    public static int CountEpisodes(this SocietyDatabase database, EpisodeFilter filter) =>
        database.Read(connection => connection.ExecuteScalar<int>($"SELECT count(*) FROM episode e WHERE {Where}", Parameters(filter, 0, 0)));

    /// <summary>Ids of the episodes stored just before and just after one; null at the ends.</summary>
    public static (string? Before, string? After) Neighbours(this SocietyDatabase database, string id) => database.Read(connection => (
        connection.QueryFirstOrDefault<string?>("SELECT id FROM episode WHERE number < (SELECT number FROM episode WHERE id = @id) ORDER BY number DESC LIMIT 1", new { id }),
        connection.QueryFirstOrDefault<string?>("SELECT id FROM episode WHERE number > (SELECT number FROM episode WHERE id = @id) ORDER BY number LIMIT 1", new { id })));

    /// <summary>What an episode wrote on the scratchpad, in order.</summary>
    public static IReadOnlyList<RevisionInfo> WhatWasWritten(this SocietyDatabase database, string episode) => database.Read(connection => connection.Query<RevisionInfo>(
        $"SELECT {PageArchive.RevisionColumns} FROM {PageArchive.RevisionTables} WHERE r.episode = @episode AND r.kind <> 'side' ORDER BY r.number", new { episode }).AsList());

    private static object Parameters(EpisodeFilter filter, int limit, long before) => new
    {
        filter.FromRound,
        filter.ToRound,
        filter.Agent,
        role = filter.Role is { } role ? TranscriptFormat.Name(role) : null,
        outcome = filter.Outcome is { } outcome ? TranscriptFormat.Name(outcome) : null,
        filter.Sound,
        filter.Problem,
        limit,
        before,
    };
}
