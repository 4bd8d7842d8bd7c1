using System.Globalization;

namespace AgentSociety.Benchmarks;

/// <summary>The rows of the models' benchmark as one Markdown table: a line a load and peer, with the share of the peak that belongs to it.</summary>
internal static class ModelsTable
{
    private const string Share = ", share of peak";

    /// <summary>Writes the table to a file, with what is asked of each ratio beside it.</summary>
    public static void Write(string file, IReadOnlyList<Figure> rows) => File.WriteAllText(file, Text(rows));

    private static string Text(IReadOnlyList<Figure> rows)
    {
        Dictionary<string, double> shares = rows.Where(row => row.Name.EndsWith(Share, StringComparison.Ordinal)).ToDictionary(row => row.Name[..^Share.Length], row => row.Own);
        List<string> lines = ["| load | ours | share of peak | beside | theirs | ratio | asked |", "| --- | --- | --- | --- | --- | --- | --- |"];
        foreach (Figure row in rows.Where(row => !row.Name.EndsWith(Share, StringComparison.Ordinal)))
        {
            string share = shares.TryGetValue(row.Name, out double found) ? Invariant($"{found:n0} %") : "";
            string theirs = row.PeerFigure is { } peer ? Number(peer) : row.Peer is null ? "" : "not measured";
            string ratio = row.Ratio is { } over ? Invariant($"{over:n2}") : "";
            lines.Add($"| {row.Name} | {Number(row.Own)} {row.Unit} | {share} | {row.Peer} | {theirs} | {ratio} | {Asked(row)} |");
        }

        return string.Join('\n', lines) + "\n";
    }

    /// <summary>What of the ratio is asked; of decoding beside llama.cpp at batch 64 and 256 alone.</summary>
    private static string Asked(Figure row) => row.Peer switch
    {
        null => "",
        "one adapter" => "0.8",
        _ when row.Name.Contains(", train,", StringComparison.Ordinal) => "1.0",
        _ when !row.Name.Contains(", decode,", StringComparison.Ordinal) => "",
        { } name when name.StartsWith("PyTorch", StringComparison.Ordinal) => "1.5",
        _ => row.Name.Contains(", batch 1,", StringComparison.Ordinal) ? "" : "1.0",
    };

    private static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "n0" : "n1", CultureInfo.InvariantCulture);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
