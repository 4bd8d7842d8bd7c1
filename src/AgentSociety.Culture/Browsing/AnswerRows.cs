using AgentSociety.Core.Environments;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>An answer of a test without its transcript: a row of a list.</summary>
public sealed record AnswerRow
{
    /// <summary>Place in the order of storage; a cursor.</summary>
    public required long Number { get; init; }

    /// <summary>Such as <c>220/held-out/17</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The round that the test belongs to.</summary>
    public required int Round { get; init; }

    /// <summary>The test's name.</summary>
    public required string Test { get; init; }

    /// <summary>The question.</summary>
    public required string Problem { get; init; }

    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>Whether the newborn could read the scratchpad.</summary>
    public required bool Reading { get; init; }

    /// <summary>The verdict.</summary>
    public required Outcome Outcome { get; init; }

    /// <summary>Why.</summary>
    public required string Reason { get; init; }

    /// <summary>Whether every step was valid.</summary>
    public required bool Sound { get; init; }
}

/// <summary>Which answers are meant; what is null does not restrict.</summary>
public sealed record AnswerFilter
{
    /// <summary>The round.</summary>
    public int? Round { get; init; }

    /// <summary>The test's name.</summary>
    public string? Test { get; init; }

    /// <summary>The environment's measure.</summary>
    public int? Difficulty { get; init; }

    /// <summary>Whether the newborn could read.</summary>
    public bool? Reading { get; init; }

    /// <summary>The verdict.</summary>
    public Outcome? Outcome { get; init; }

    /// <summary>Whether every step was valid.</summary>
    public bool? Sound { get; init; }
}

/// <summary>What newborns answered in tests, page by page.</summary>
public static class AnswerRows
{
    /// <summary>Answers that pass a filter, newest first.</summary>
    /// <param name="database">The database.</param>
    /// <param name="filter">Which.</param>
    /// <param name="limit">Most rows.</param>
    /// <param name="before">Only answers with a smaller number: the last row's of the page before.</param>
    public static IReadOnlyList<AnswerRow> AnswerList(this SocietyDatabase database, AnswerFilter filter, int limit = 50, long before = long.MaxValue) => database.Read(connection =>
        connection.Query<AnswerRow>($"""
            SELECT number AS Number, id AS Id, round AS Round, test AS Test, problem AS Problem, difficulty AS Difficulty, reading AS Reading, outcome AS Outcome, reason AS Reason, sound AS Sound
            FROM answer WHERE number < @before{Where(filter)} ORDER BY number DESC LIMIT @limit
            """, Parameters(filter, limit, before)).AsList());

    /// <summary>How many answers pass a filter.</summary>
    public static int CountAnswers(this SocietyDatabase database, AnswerFilter filter) =>
        database.Read(connection => connection.ExecuteScalar<int>($"SELECT count(*) FROM answer WHERE true{Where(filter)}", Parameters(filter, 0, 0)));

    // Only what is asked for stands in the condition, so that an index can serve it.
    private static string Where(AnswerFilter filter) => string.Concat(
        filter.Round is null ? "" : " AND round = @Round",
        filter.Test is null ? "" : " AND test = @Test",
        filter.Difficulty is null ? "" : " AND difficulty = @Difficulty",
        filter.Reading is null ? "" : " AND reading = @Reading",
        filter.Outcome is null ? "" : " AND outcome = @outcome",
        filter.Sound is null ? "" : " AND sound = @Sound");

    private static object Parameters(AnswerFilter filter, int limit, long before) => new
    {
        filter.Round,
        filter.Test,
        filter.Difficulty,
        filter.Reading,
        outcome = filter.Outcome is { } outcome ? TranscriptFormat.Name(outcome) : null,
        filter.Sound,
        limit,
        before,
    };
}
