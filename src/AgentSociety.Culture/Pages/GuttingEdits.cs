using Dapper;
using Microsoft.Data.Sqlite;

namespace AgentSociety.Culture;

/// <summary>Edits that took away more than half of the lines of their page, whatever they put in their places: repeated rewriting is what destroys notes.</summary>
/// <remarks>The lines are those of the revision that the page was at. An edit that a scenario's gate holds is measured by what its editor had read (<see cref="EditRules.LargestShrink"/>); a sign of collapse is a page that lost half of its length (<see cref="CollapseSigns"/>), so that a plan whose lines all change is none.</remarks>
public static class GuttingEdits
{
    /// <summary>Share of a page's lines that an edit may take away before it is an alarm.</summary>
    public const double Alarm = 0.5;

    /// <summary>Lines of the smallest page that can be gutted: where two lines are put right, nothing is destroyed.</summary>
    public const int SmallestPage = 3;

    // An append keeps all of its parent: what is asked of it is two numbers.
    private const string Removing = """
        SELECT r.number AS Number, r.parent AS Parent, r.prefix AS Prefix, r.suffix AS Suffix, r.text AS Text
        FROM revision r JOIN revision s ON s.number = r.parent WHERE r.kind IN ('edit', 'merge') AND s.size > r.prefix + r.suffix
        """;

    /// <summary>Which of these revisions gutted their page, each with the share of its lines that it took away.</summary>
    public static IReadOnlyDictionary<long, double> Gutting(this SocietyDatabase database, IEnumerable<RevisionInfo> revisions)
    {
        long[] numbers = [.. revisions.Where(revision => revision.Kind is RevisionKind.Edit or RevisionKind.Merge && revision.Parent is not null).Select(revision => revision.Number)];
        return database.Read(connection => Alarming(connection, connection.Query<Row>($"{Removing} AND r.number IN @numbers", new { numbers }).AsList()).ToDictionary(row => row.Number, row => row.Share));
    }

    /// <summary>Lines of a text that another one lacks, wherever they stood, and how many it has.</summary>
    internal static (int Gone, int Lines) Removed(string before, string after)
    {
        string[] lines = LineDiff.Lines(before);
        return (Missing(lines, LineDiff.Lines(after)), lines.Length);
    }

    private static int Missing(string[] lines, string[] others)
    {
        Dictionary<string, int> left = others.CountBy(line => line).ToDictionary();
        return lines.Count(line => (left[line] = left.GetValueOrDefault(line) - 1) < 0);
    }

    private static IEnumerable<(long Number, double Share)> Alarming(SqliteConnection connection, List<Row> rows)
    {
        foreach (Row row in rows)
        {
            string before = RevisionStore.Body(connection, row.Parent);
            // What stands before and behind is kept: only lines between can have gone.
            int gone = Missing(LineDiff.Lines(before[row.Prefix..^row.Suffix]), LineDiff.Lines(row.Text));
            int lines = LineDiff.Lines(before).Length;
            if (lines >= SmallestPage && gone > Alarm * lines) yield return (row.Number, (double)gone / lines);
        }
    }

    private sealed record Row
    {
        public required long Number { get; init; }

        public required long Parent { get; init; }

        public required int Prefix { get; init; }

        public required int Suffix { get; init; }

        public required string Text { get; init; }
    }
}
