using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>What a run leaves behind: every problem, episode, reward, metric and checkpoint, round by round.</summary>
/// <remarks>Rounds are written whole, one transaction each. Reads are safe on any thread; one thread writes at a time.</remarks>
public sealed class RunRecords(SocietyDatabase database)
{
    /// <summary>Writes down what the run is, before its first round.</summary>
    /// <exception cref="SocietyException">The database holds a run already.</exception>
    public void Begin(RunInfo run) => database.Write(connection =>
    {
        if (connection.ExecuteScalar<long>("SELECT count(*) FROM run") > 0)
            throw new SocietyException($"{database.Path} holds a run already; resume it or name another directory.");
        return connection.Execute("INSERT INTO run (only, name, scenario, hash, seed, versions, begun) VALUES (1, @Name, @Scenario, @ScenarioHash, @Seed, @versions, @now)", new
        {
            run.Name,
            run.Scenario,
            run.ScenarioHash,
            run.Seed,
            versions = JsonSerializer.Serialize(run.Versions),
            now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds(),
        });
    });

    /// <summary>What the run is, for who cannot do without.</summary>
    /// <exception cref="SocietyException">The database holds no run.</exception>
    public RunInfo Run() => Info() ?? throw new SocietyException($"{database.Path}: holds no run; name a run's directory or its society.db");

    /// <summary>What the run is; null before <see cref="Begin"/>.</summary>
    public RunInfo? Info() => database.Read(connection => connection.Query<(string Name, string Scenario, string Hash, long Seed, string Versions, long Begun)>(
            "SELECT name, scenario, hash, seed, versions, begun FROM run")
        .Select(row => new RunInfo
        {
            Name = row.Name,
            Scenario = row.Scenario,
            ScenarioHash = row.Hash,
            Seed = row.Seed,
            Versions = JsonSerializer.Deserialize<Dictionary<string, string>>(row.Versions)!,
            Begun = row.Begun,
        }).FirstOrDefault());

    /// <summary>Stores a round, whole and durable on return.</summary>
    /// <exception cref="SocietyException">The round is stored already, or a later one; nothing was changed.</exception>
    public void Append(RoundRecord round) => database.Write(connection =>
    {
        int? last = connection.ExecuteScalar<int?>("SELECT max(number) FROM round");
        if (last >= round.Round)
            throw new SocietyException($"{database.Path}: round {round.Round} is stored already (the last is {last}); go on from round {last + 1}.", badInput: false);
        using RoundWriter writer = new(connection);
        writer.Write(round);
        return true;
    });

    /// <summary>The last stored round; null where none is.</summary>
    public StoredRound? LastRound() => Round("ORDER BY number DESC");

    /// <summary>What the society remembered after each round whose weights were kept, oldest first.</summary>
    public IReadOnlyList<(int Round, string State)> CheckpointStates() => database.Read(connection =>
        connection.Query<(int, string)>("SELECT number, state FROM round WHERE checkpoint IS NOT NULL AND state IS NOT NULL ORDER BY number").AsList());

    /// <summary>Canonical forms of the problems that were played: a problem with one of these is a duplicate.</summary>
    /// <param name="fromRound">Only those of this round and later.</param>
    public IReadOnlyCollection<string> PlayedForms(int fromRound = 0) => database.Read(connection =>
        connection.Query<string>("SELECT DISTINCT canonical FROM problem WHERE round >= @fromRound", new { fromRound }).ToHashSet(StringComparer.Ordinal));

    /// <summary>The problems that were played, in the order in which they were.</summary>
    /// <param name="fromRound">Only those of this round and later.</param>
    public IReadOnlyList<ProblemRecord> Played(int fromRound = 0) => database.Read(connection => connection.Query<ProblemRecord>("""
        SELECT id AS Id, round AS Round, text AS Text, difficulty AS Difficulty, canonical AS CanonicalForm, proposer AS Proposer, solve_rate AS SolveRate
        FROM problem WHERE round >= @fromRound ORDER BY rowid
        """, new { fromRound }).AsList());

    /// <summary>Texts of the problems that were played with their canonical forms, each once.</summary>
    public IReadOnlyList<(string Text, string CanonicalForm)> PlayedProblems() => database.Read(connection =>
        connection.Query<(string, string)>("SELECT text, canonical FROM problem GROUP BY text, canonical ORDER BY min(rowid)").AsList());

    /// <summary>Difficulty of each problem that was played, by its id.</summary>
    public Dictionary<string, int> Difficulties() => database.Read(connection =>
        connection.Query<(string Id, int Difficulty)>("SELECT id, difficulty FROM problem").ToDictionary(row => row.Id, row => row.Difficulty, StringComparer.Ordinal));

    /// <summary>Held-out results, oldest first.</summary>
    public IReadOnlyList<HeldOutPoint> HeldOut() => database.Read(connection =>
        connection.Query<HeldOutRow>("SELECT round AS Round, difficulty AS Difficulty, reading AS Reading, correct AS Correct, sound AS Sound, count AS Count FROM held_out ORDER BY round, reading, difficulty")
            .GroupBy(row => row.Round).Select(rows => new HeldOutPoint(rows.Key, [.. rows.Select(row => new HeldOutRecord
            {
                Difficulty = row.Difficulty,
                Reading = row.Reading,
                Correct = row.Correct,
                Sound = row.Sound,
                Count = row.Count,
            })])).ToList());

    /// <summary>Names of the metrics, in order.</summary>
    public IReadOnlyList<string> MetricNames() => database.Read(connection => connection.Query<string>("SELECT DISTINCT name FROM metric ORDER BY name").AsList());

    /// <summary>One metric by round, oldest first.</summary>
    public IReadOnlyList<(int Round, double Value)> Metric(string name) => database.Read(connection =>
        connection.Query<(int, double)>("SELECT round, value FROM metric WHERE name = @name ORDER BY round", new { name }).AsList());

    /// <summary>Solve rates by round and difficulty.</summary>
    public IReadOnlyList<DifficultyPoint> SolveRates() => database.Read(connection => connection.Query<DifficultyPoint>("""
        SELECT round AS Round, difficulty AS Difficulty, count(*) AS Problems, avg(solve_rate) AS SolveRate
        FROM problem GROUP BY round, difficulty ORDER BY round, difficulty
        """).AsList());

    /// <summary>Problems of a round in order of their ids' numbers.</summary>
    public IReadOnlyList<ProblemRecord> Problems(int round) => database.Read(connection => connection.Query<ProblemRecord>("""
        SELECT id AS Id, round AS Round, text AS Text, difficulty AS Difficulty, canonical AS CanonicalForm, proposer AS Proposer, solve_rate AS SolveRate
        FROM problem WHERE round = @round ORDER BY rowid
        """, new { round }).AsList());

    /// <summary>Saved weights, oldest first.</summary>
    public IReadOnlyList<CheckpointRecord> Checkpoints() => database.Read(connection =>
        connection.Query<(string Name, int Round)>("SELECT name, round FROM checkpoint ORDER BY round, name").Select(row => new CheckpointRecord(row.Name, row.Round)).ToList());

    /// <summary>Numbers of the whole run.</summary>
    public RunCounts Counts() => database.Read(connection => connection.QuerySingle<RunCounts>("""
        SELECT (SELECT count(*) FROM problem) AS Problems,
               (SELECT count(*) FROM episode WHERE role = 'solver') AS Attempts,
               (SELECT count(*) FROM episode WHERE role = 'proposer') AS Proposals,
               (SELECT count(*) FROM episode WHERE outcome = 'malformed') AS Malformed,
               (SELECT count(*) FROM episode WHERE role = 'proposer' AND outcome = 'wrong' AND problem IS NULL) AS Duplicates,
               (SELECT count(*) FROM page WHERE deleted = 0) AS Pages,
               (SELECT count(*) FROM revision) AS Revisions,
               (SELECT count(*) FROM read) AS Reads,
               (SELECT count(*) FROM edit WHERE outcome = 'conflict' OR (outcome = 'proposed' AND theirs IS NOT NULL)) AS Conflicts
        """));

    /// <summary>Pages that are not deleted, and revisions: the two counts that are cheap enough to take after every round.</summary>
    public (long Pages, long Revisions) ScratchpadSize() => database.Read(connection =>
        connection.QuerySingle<(long, long)>("SELECT (SELECT count(*) FROM page WHERE deleted = 0), (SELECT coalesce(max(number), 0) FROM revision)"));

    private StoredRound? Round(string which) => database.Read(connection =>
        connection.Query<(int Round, string State, string? Checkpoint)>($"SELECT number, state, checkpoint FROM round {which} LIMIT 1")
            .Select(row => new StoredRound(row.Round, row.State, row.Checkpoint)).FirstOrDefault());

    private sealed record HeldOutRow
    {
        public int Round { get; init; }

        public int Difficulty { get; init; }

        public bool Reading { get; init; }

        public int Correct { get; init; }

        public int Sound { get; init; }

        public int Count { get; init; }
    }
}
