using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>The worth of notes by randomised exposure: from the records, per page or revision; and what follows from it.</summary>
public static class NoteWorth
{
    // One row for each note that an episode asked for, however often it did: shown or withheld, with the inverse of that probability.
    private static string Asked(string revision, string join, string group) => $"""
        WITH asked AS (
          SELECT d.revision, d.episode, 1 AS shown FROM read d WHERE d.revision IS NOT NULL GROUP BY d.revision, d.episode
          UNION ALL SELECT w.revision, w.episode, 0 FROM withheld w WHERE w.revision IS NOT NULL GROUP BY w.revision, w.episode),
        unit AS (SELECT a.revision, r.page, a.shown, e.reward, 1.0 / CASE WHEN a.shown THEN 1 - e.withholding ELSE e.withholding END AS weight
                 FROM asked a JOIN episode e ON e.number = a.episode JOIN revision r ON r.number = a.revision
                 WHERE e.withholding > 0 AND e.round BETWEEN @from AND @to)
        SELECT p.name AS Page, {revision} AS Revision, u.shown AS Shown, count(*) AS Count, sum(u.weight) AS Weight, sum(u.weight * u.weight) AS SquaredWeight,
               sum(u.weight * u.reward) AS Reward, sum(u.weight * u.reward * u.reward) AS SquaredReward
        FROM unit u JOIN page p ON p.id = u.page {join} GROUP BY {group}, u.shown
        """;

    /// <summary>Uplift of every page that was asked for in episodes that withheld notes, all revisions together, the best first; none where nothing was ever withheld.</summary>
    /// <param name="database">The database.</param>
    /// <param name="fromRound">First round that counts.</param>
    /// <param name="toRound">Last.</param>
    public static IReadOnlyList<Uplift> UpliftOfPages(this SocietyDatabase database, int fromRound = int.MinValue, int toRound = int.MaxValue) => database.Read(connection => Pages(connection, fromRound, toRound));

    /// <summary>Uplift of every revision that was asked for in episodes that withheld notes, the best first.</summary>
    /// <param name="database">The database.</param>
    /// <param name="page">Only this page's; null for all.</param>
    public static IReadOnlyList<Uplift> UpliftOfRevisions(this SocietyDatabase database, string? page = null) => database.Read(connection =>
    {
        // All notes are estimated together, because how much they differ is part of each estimate.
        List<Uplift> all = Estimate(connection, Asked("v.id", "JOIN revision v ON v.number = u.revision", "u.revision"), int.MinValue, int.MaxValue);
        return (IReadOnlyList<Uplift>)[.. all.Where(uplift => page is null || uplift.Page == page)];
    });

    /// <summary>Writes each page's uplift into its worth, which breaks ties of search and orders <see cref="RankedNotes"/>.</summary>
    /// <returns>Pages whose worth is measured.</returns>
    public static int RefreshWorth(this SocietyDatabase database)
    {
        IReadOnlyList<Uplift> pages = database.UpliftOfPages();
        if (pages.Count == 0) return 0;
        return database.Write(connection =>
        {
            using PreparedStatement update = new(connection, "UPDATE page SET worth = @2 WHERE name = @1 AND worth <> @2");
            foreach (Uplift page in pages) update.Execute(page.Page, page.Value);
            return pages.Count;
        });
    }

    /// <summary>The worth of each page that has one, by name.</summary>
    public static IReadOnlyDictionary<string, double> Worth(this SocietyDatabase database) => database.Read(connection =>
        connection.Query<(string Name, double Worth)>("SELECT name, worth FROM page WHERE worth <> 0").ToDictionary(row => row.Name, row => row.Worth, StringComparer.Ordinal));

    /// <summary>Takes away the pages that harm: those whose interval lies below a bound as a whole. Each can be restored.</summary>
    /// <param name="scratchpad">The scratchpad.</param>
    /// <param name="uplifts">What was measured, by <see cref="UpliftOfPages"/>.</param>
    /// <param name="bound">Pages whose interval's upper end is below this go; 0 takes those that harm.</param>
    /// <param name="author">Who decides it.</param>
    /// <param name="round">The round in play.</param>
    /// <returns>Names of the pages that went.</returns>
    public static IReadOnlyList<string> Retire(this Scratchpad scratchpad, IEnumerable<Uplift> uplifts, double bound, string author, int round)
    {
        List<string> gone = [];
        foreach (Uplift uplift in uplifts.Where(uplift => uplift.Revision is null && uplift.High < bound))
            if (scratchpad.Delete(uplift.Page, author, round, FormattableString.Invariant(
                $"retired: uplift {uplift.Value:0.000} [{uplift.Low:0.000}, {uplift.High:0.000}] of {uplift.Shown} shown and {uplift.Withheld} withheld")) is EditResult.Saved)
                gone.Add(uplift.Page);
        return gone;
    }

    private static List<Uplift> Pages(SqliteConnection connection, int fromRound, int toRound) => Estimate(connection, Asked("NULL", "", "u.page"), fromRound, toRound);

    private static List<Uplift> Estimate(SqliteConnection connection, string sql, int fromRound, int toRound)
    {
        // Without a note that was withheld there is nothing to compare with, and no need to walk through all that was read.
        if (connection.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM withheld)") == 0) return [];
        List<ExposureSums> notes = [.. connection.Query<Row>(sql, new { from = fromRound, to = toRound }).GroupBy(row => (row.Page, row.Revision)).Select(arms =>
            new ExposureSums(arms.Key.Page, arms.Key.Revision, Arm(arms.FirstOrDefault(arm => arm.Shown)), Arm(arms.FirstOrDefault(arm => !arm.Shown))))];
        return [.. UpliftEstimate.Of(notes).OrderByDescending(uplift => uplift.Value).ThenBy(uplift => uplift.Page, StringComparer.Ordinal)];
    }

    private static ArmSums Arm(Row? row) => row is null ? default : new ArmSums(row.Count, row.Weight, row.SquaredWeight, row.Reward, row.SquaredReward);

    private sealed record Row
    {
        public required string Page { get; init; }

        public string? Revision { get; init; }

        public bool Shown { get; init; }

        public long Count { get; init; }

        public double Weight { get; init; }

        public double SquaredWeight { get; init; }

        public double Reward { get; init; }

        public double SquaredReward { get; init; }
    }
}
