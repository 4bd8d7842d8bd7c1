using AgentSociety.Core;
using AgentSociety.Core.Records;
using Dapper;

namespace AgentSociety.Culture;

/// <summary>Which problems are meant; what is null does not restrict.</summary>
public sealed record ProblemFilter
{
    /// <summary>First round.</summary>
    public int? FromRound { get; init; }

    /// <summary>Last round.</summary>
    public int? ToRound { get; init; }

    /// <summary>The environment's measure.</summary>
    public int? Difficulty { get; init; }

    /// <summary>Who posed it.</summary>
    public string? Proposer { get; init; }

    /// <summary>Part of its text.</summary>
    public string? Text { get; init; }
}

/// <summary>In which order problems are listed.</summary>
public enum ProblemOrder
{
    /// <summary>Newest first.</summary>
    Newest,

    /// <summary>Most difficult first.</summary>
    Hardest,

    /// <summary>Least solved first.</summary>
    LeastSolved,

    /// <summary>Most solved first.</summary>
    MostSolved,
}

/// <summary>Problems of some rounds at one difficulty.</summary>
public sealed record SolveRateCell
{
    /// <summary>First round of the span.</summary>
    public required int FromRound { get; init; }

    /// <summary>Last round of the span.</summary>
    public required int ToRound { get; init; }

    /// <summary>The environment's measure.</summary>
    public required int Difficulty { get; init; }

    /// <summary>How many problems.</summary>
    public required int Problems { get; init; }

    /// <summary>Their mean solve rate, 0 to 1.</summary>
    public required double SolveRate { get; init; }
}

/// <summary>The problems of a run, page by page and in sums.</summary>
public static class ProblemArchive
{
    private const string Columns = "id AS Id, round AS Round, text AS Text, difficulty AS Difficulty, canonical AS CanonicalForm, proposer AS Proposer, solve_rate AS SolveRate";

    private const string Where = """
        (@FromRound IS NULL OR round >= @FromRound) AND (@ToRound IS NULL OR round <= @ToRound) AND (@Difficulty IS NULL OR difficulty = @Difficulty)
        AND (@Proposer IS NULL OR proposer = @Proposer) AND (@Text IS NULL OR instr(text, @Text) > 0)
        """;

    /// <summary>One page of the problems that pass a filter.</summary>
    public static IReadOnlyList<ProblemRecord> Problems(this SocietyDatabase database, ProblemFilter filter, ProblemOrder order = ProblemOrder.Newest, int limit = 50, int offset = 0)
    {
        string by = order switch
        {
            ProblemOrder.Hardest => "difficulty DESC, solve_rate, rowid DESC",
            ProblemOrder.LeastSolved => "solve_rate, rowid DESC",
            ProblemOrder.MostSolved => "solve_rate DESC, rowid DESC",
            _ => "round DESC, rowid DESC",
        };
        return database.Read(connection => connection.Query<ProblemRecord>($"SELECT {Columns} FROM problem WHERE {Where} ORDER BY {by} LIMIT @limit OFFSET @offset",
            new { filter.FromRound, filter.ToRound, filter.Difficulty, filter.Proposer, filter.Text, limit, offset }).AsList());
    }

    /// <summary>How many problems pass a filter.</summary>
    public static int CountProblems(this SocietyDatabase database, ProblemFilter filter) =>
        database.Read(connection => connection.ExecuteScalar<int>($"SELECT count(*) FROM problem WHERE {Where}", filter));

    /// <summary>One problem by its id.</summary>
    /// <exception cref="SocietyException">There is none.</exception>
    public static ProblemRecord Problem(this SocietyDatabase database, string id) =>
        database.Read(connection => connection.QueryFirstOrDefault<ProblemRecord>($"SELECT {Columns} FROM problem WHERE id = @id", new { id }))
        ?? throw new SocietyException($"{database.Path}: there is no problem {id}; ids look like 12/3 (round, problem).") { Missing = true };

    /// <summary>Mean solve rates by span of rounds and difficulty.</summary>
    /// <param name="database">The database.</param>
    /// <param name="spans">Most spans that the rounds are cut into, all of one length.</param>
    public static IReadOnlyList<SolveRateCell> SolveRateCells(this SocietyDatabase database, int spans = 48) => database.Read(connection => connection.Query<SolveRateCell>("""
        WITH span AS (SELECT min(round) AS low, max(1, (max(round) - min(round) + @spans) / @spans) AS step FROM problem)
        SELECT span.low + (p.round - span.low) / span.step * span.step AS FromRound, span.low + (p.round - span.low) / span.step * span.step + span.step - 1 AS ToRound,
               p.difficulty AS Difficulty, count(*) AS Problems, avg(p.solve_rate) AS SolveRate
        FROM problem p, span GROUP BY (p.round - span.low) / span.step, p.difficulty ORDER BY 3, 1
        """, new { spans }).AsList());

    /// <summary>Problems that two runs both played, by canonical form, each with its mean solve rate in either.</summary>
    /// <returns>In order of the canonical forms.</returns>
    public static IReadOnlyList<PairedProblem> PairWith(this SocietyDatabase first, SocietyDatabase second)
    {
        Dictionary<string, Pairable> known = Pairables(first).ToDictionary(row => row.Form, StringComparer.Ordinal);
        return [.. Pairables(second).Where(row => known.ContainsKey(row.Form)).Select(row => new PairedProblem(row.Form, row.Difficulty, known[row.Form].SolveRate, row.SolveRate))];
    }

    private static List<Pairable> Pairables(SocietyDatabase database) => database.Read(connection => connection.Query<Pairable>(
        "SELECT canonical AS Form, max(difficulty) AS Difficulty, avg(solve_rate) AS SolveRate FROM problem GROUP BY canonical ORDER BY canonical").AsList());

    private sealed record Pairable
    {
        public string Form { get; init; } = "";

        public int Difficulty { get; init; }

        public double SolveRate { get; init; }
    }
}

/// <summary>A problem that two runs both played.</summary>
/// <param name="CanonicalForm">What makes it the same problem.</param>
/// <param name="Difficulty">The environment's measure.</param>
/// <param name="First">Mean solve rate in the first run.</param>
/// <param name="Second">Mean solve rate in the second.</param>
public sealed record PairedProblem(string CanonicalForm, int Difficulty, double First, double Second);
