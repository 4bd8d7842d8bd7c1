using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Stored episodes, for replay and for training again.</summary>
public static class EpisodeArchive
{
    private const int Batch = 512;

    /// <summary>Episodes that pass a filter, in the order in which they were stored. Read in batches: no reader is held open in between, and memory stays small.</summary>
    public static IEnumerable<EpisodeRecord> Episodes(this SocietyDatabase database, EpisodeFilter filter)
    {
        for (long after = 0; ;)
        {
            long cursor = after;
            List<(long Number, EpisodeRecord Episode)> batch = database.Read(connection => Query(connection, """
                e.number > @after AND (@from IS NULL OR e.round >= @from) AND (@to IS NULL OR e.round <= @to) AND (@agent IS NULL OR e.agent = @agent)
                AND (@role IS NULL OR e.role = @role) AND (@outcome IS NULL OR e.outcome = @outcome) AND (@sound IS NULL OR e.sound = @sound)
                AND (@problem IS NULL OR e.problem = @problem)
                """, ("@after", cursor), ("@from", filter.FromRound), ("@to", filter.ToRound), ("@agent", filter.Agent),
                ("@role", filter.Role is { } role ? TranscriptFormat.Name(role) : null), ("@outcome", filter.Outcome is { } outcome ? TranscriptFormat.Name(outcome) : null),
                ("@sound", filter.Sound is { } sound ? (sound ? 1 : 0) : null), ("@problem", filter.Problem)));
            foreach ((long _, EpisodeRecord episode) in batch) yield return episode;
            if (batch.Count < Batch) yield break;
            after = batch[^1].Number;
        }
    }

    /// <summary>The newest right attempts of each difficulty that hold tokens, in the order in which they were stored; no others are read.</summary>
    /// <param name="database">The run.</param>
    /// <param name="each">How many of each difficulty.</param>
    /// <param name="fromRound">The first round that counts.</param>
    /// <param name="toRound">The last.</param>
    /// <param name="sound">False to take those too that reached a right answer by a wrong step.</param>
    public static IEnumerable<EpisodeRecord> NewestSolutions(this SocietyDatabase database, int each, int fromRound, int toRound = int.MaxValue, bool sound = true)
    {
        long[] numbers = database.Read(connection => connection.Query<long>("""
            SELECT number FROM (
              SELECT e.number, row_number() OVER (PARTITION BY p.difficulty ORDER BY e.number DESC) AS place
              FROM episode e JOIN problem p ON p.id = e.problem JOIN transcript t ON t.episode = e.number
              WHERE (e.sound = 1 OR NOT @sound AND e.outcome = 'correct') AND e.role = 'solver' AND e.round BETWEEN @fromRound AND @toRound AND length(t.tokens) > 0)
            WHERE place <= @each ORDER BY number
            """, new { each, fromRound, toRound, sound }).ToArray());
        foreach (long[] some in numbers.Chunk(Batch))
        {
            foreach ((long _, EpisodeRecord episode) in database.Read(connection => Query(connection, "e.number IN (SELECT value FROM json_each(@numbers))", ("@numbers", $"[{string.Join(',', some)}]")))) yield return episode;
        }
    }

    /// <summary>One episode by its id.</summary>
    /// <exception cref="SocietyException">There is none.</exception>
    public static EpisodeRecord Episode(this SocietyDatabase database, string id) =>
        database.Read(connection => Query(connection, "e.id = @id", ("@id", id))) is [var (_, episode), ..] ? episode
            : throw new SocietyException($"{database.Path}: there is no episode {id}; ids look like 12/solve/3/5 (round, part, problem, attempt).") { Missing = true };

    /// <summary>An answer of a test by its id.</summary>
    /// <exception cref="SocietyException">There is none.</exception>
    public static AnswerRecord Answer(this SocietyDatabase database, string id) => database.Read(connection =>
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = """
            SELECT a.round, a.test, a.problem, a.difficulty, a.reading, a.checkpoint, a.outcome, a.reason, a.sound, t.segments, t.tool_calls, t.tokens, t.log_probabilities, t.loss_mask
            FROM answer a JOIN answer_transcript t ON t.answer = a.number WHERE a.id = @id
            """;
        command.Parameters.AddWithValue("@id", id);
        using SqliteDataReader row = command.ExecuteReader();
        if (!row.Read()) throw new SocietyException($"{database.Path}: there is no answer {id}; ids look like 220/held-out/17 (round, test, question).") { Missing = true };
        int[] tokens = TranscriptFormat.Unpack<int>(row.GetFieldValue<byte[]>(11));
        return new AnswerRecord
        {
            Test = row.GetString(1),
            Problem = row.GetString(2),
            Difficulty = row.GetInt32(3),
            Reading = row.GetInt64(4) != 0,
            Episode = new EpisodeRecord
            {
                Id = id,
                Round = row.GetInt32(0),
                Agent = AnswerRecord.Newborn,
                Role = Role.Solver,
                Attempt = 0,
                Checkpoint = row.GetString(5),
                Outcome = Enum.Parse<Outcome>(row.GetString(6), ignoreCase: true),
                Reason = row.GetString(7),
                Sound = row.GetInt64(8) != 0,
                Reward = 0,
                Segments = TranscriptFormat.Segments(row.GetString(9)),
                ToolCalls = TranscriptFormat.ToolCalls(row.TextOrNull(10)),
                Tokens = tokens,
                LogProbabilities = TranscriptFormat.Unpack<float>(row.GetFieldValue<byte[]>(12)),
                LossMask = TranscriptFormat.UnpackBits(row.GetFieldValue<byte[]>(13), tokens.Length),
            },
        };
    });

    private static List<(long Number, EpisodeRecord Episode)> Query(SqliteConnection connection, string where, params (string Name, object? Value)[] parameters)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = $"""
            SELECT e.number, e.id, e.round, e.agent, e.role, e.problem, e.attempt, e.checkpoint, e.outcome, e.reason, e.sound, e.reward, e.advantage,
                   t.segments, t.tool_calls, t.tokens, t.log_probabilities, t.loss_mask, t.token_advantages, e.withholding,
                   CASE WHEN e.withholding > 0 THEN (SELECT json_group_array(json_array(w.page, coalesce(r.id, '')) ORDER BY w.position)
                     FROM withheld w LEFT JOIN revision r ON r.number = w.revision WHERE w.episode = e.number) END
            FROM episode e JOIN transcript t ON t.episode = e.number WHERE {where} ORDER BY e.number LIMIT {Batch}
            """;
        foreach ((string name, object? value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        List<(long, EpisodeRecord)> episodes = [];
        using SqliteDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            int[] tokens = TranscriptFormat.Unpack<int>(row.GetFieldValue<byte[]>(15));
            episodes.Add((row.GetInt64(0), new EpisodeRecord
            {
                Id = row.GetString(1),
                Round = row.GetInt32(2),
                Agent = row.GetString(3),
                Role = Enum.Parse<Role>(row.GetString(4), ignoreCase: true),
                Problem = row.TextOrNull(5),
                Attempt = row.GetInt32(6),
                Checkpoint = row.GetString(7),
                Outcome = Enum.Parse<Outcome>(row.GetString(8), ignoreCase: true),
                Reason = row.GetString(9),
                Sound = row.GetInt64(10) != 0,
                Reward = row.GetDouble(11),
                Advantage = row.GetDouble(12),
                Segments = TranscriptFormat.Segments(row.GetString(13)),
                ToolCalls = TranscriptFormat.ToolCalls(row.TextOrNull(14)),
                Tokens = tokens,
                LogProbabilities = TranscriptFormat.Unpack<float>(row.GetFieldValue<byte[]>(16)),
                LossMask = TranscriptFormat.UnpackBits(row.GetFieldValue<byte[]>(17), tokens.Length),
                TokenAdvantages = row.IsDBNull(18) ? null : TranscriptFormat.Unpack<float>(row.GetFieldValue<byte[]>(18)),
                WithholdingProbability = row.GetDouble(19),
                Withheld = TranscriptFormat.Withheld(row.TextOrNull(20)),
            }));
        }

        return episodes;
    }
}
