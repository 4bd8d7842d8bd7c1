using System.Diagnostics;
using System.Text.Json;

namespace AgentSociety.Benchmarks;

/// <summary>One row of a benchmark table.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Unit">Unit of the figures.</param>
/// <param name="Own">This project's figure: the median of the runs.</param>
/// <param name="Lowest">Least of the runs.</param>
/// <param name="Highest">Greatest of the runs.</param>
/// <param name="Runs">How often it was measured.</param>
/// <param name="Peer">What it is compared with; null for nothing.</param>
/// <param name="PeerFigure">The peer's median on the same machine in the same session.</param>
/// <param name="Remark">Why there is no peer's figure, or what else a reader must know.</param>
public sealed record Figure(string Name, string Unit, double Own, double Lowest, double Highest, int Runs, string? Peer = null, double? PeerFigure = null, string? Remark = null)
{
    /// <summary>Own over peer.</summary>
    public double? Ratio => Own / PeerFigure;
}

/// <summary>Prints rows as they come and keeps the files that were asked for up to date with them: a run that is stopped leaves what it measured.</summary>
public sealed class Figures(string[] arguments)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(0.2), WarmUp = TimeSpan.FromSeconds(2);
    private readonly List<Figure> _rows = [];

    /// <summary>Measures something several times and notes the median.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="unit">Unit of the figure.</param>
    /// <param name="amount">Does it once, and returns how much was done; divided by the seconds it took.</param>
    /// <param name="runs">How often.</param>
    public Figure Rate(string name, string unit, Func<double> amount, int runs = 5)
    {
        amount();
        double[] rates = new double[runs];
        for (int run = 0; run < runs; run++)
        {
            long started = Stopwatch.GetTimestamp();
            rates[run] = amount() / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        Array.Sort(rates);
        return Note(new Figure(name, unit, rates[runs / 2], rates[0], rates[^1], runs));
    }

    /// <summary>Measures something and the same of others by turns, and notes a row for each of these with both medians.</summary>
    /// <param name="name">What is measured.</param>
    /// <param name="unit">Unit of the figures.</param>
    /// <param name="amount">Does it once, and returns how much was done; divided by the seconds it took.</param>
    /// <param name="others">Who else does it; the rate is null for one that cannot, and the remark says why.</param>
    /// <param name="runs">How often.</param>
    /// <returns>The own median.</returns>
    public double Against(string name, string unit, Func<double> amount, IReadOnlyList<(Func<string> Name, Func<double?> Rate, Func<string?> Remark)> others, int runs = 5)
    {
        List<double> own = [];
        List<double>[] theirs = [.. others.Select(_ => new List<double>())];
        // Until what runs is compiled as it will be: of short work that takes more than once.
        long begun = Stopwatch.GetTimestamp();
        do
        {
            _ = PerSecond(amount);
            foreach ((_, Func<double?> rate, _) in others) _ = rate();
        }
        while (Stopwatch.GetElapsedTime(begun) < WarmUp);
        for (int run = 0; run < runs; run++)
        {
            own.Add(PerSecond(amount));
            double?[] rates = [.. others.Select(other => other.Rate())];
            for (int other = 0; other < rates.Length; other++)
            {
                if (rates[other] is { } figure) theirs[other].Add(figure);
            }
        }

        own.Sort();
        double median = own[runs / 2];
        if (others.Count == 0) Note(new Figure(name, unit, median, own[0], own[^1], runs));
        for (int other = 0; other < others.Count; other++)
        {
            theirs[other].Sort();
            double? figure = theirs[other].Count == runs ? theirs[other][runs / 2] : null;
            Note(new Figure(name, unit, median, own[0], own[^1], runs, others[other].Name(), figure, others[other].Remark()));
        }

        return median;
    }

    /// <summary>Does something, again while it is short, and returns how much was done in a second.</summary>
    public static double PerSecond(Func<double> amount)
    {
        double done = 0;
        long started = Stopwatch.GetTimestamp();
        do done += amount();
        while (Stopwatch.GetElapsedTime(started) < Least);
        return done / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>Notes a row, and writes all so far to the files after <c>--json</c> and, for benchmarks that have one, <c>--markdown</c>.</summary>
    public Figure Note(Figure figure)
    {
        _rows.Add(figure);
        if (Argument("--json") is { } json) File.WriteAllText(json, JsonSerializer.Serialize(_rows, Indented) + "\n");
        if (Argument("--markdown") is { } markdown) ModelsTable.Write(markdown, _rows);
        string peer = figure.PeerFigure is { } other ? $"  {figure.Peer} {other:n1}, ratio {figure.Ratio:n2}" : figure.Peer is null ? "" : $"  {figure.Peer}: no figure";
        string remark = figure.Remark is null ? "" : $" ({figure.Remark})";
        Console.WriteLine($"{figure.Name,-44} {figure.Own,12:n1} {figure.Unit} [{figure.Lowest:n1} .. {figure.Highest:n1}]{peer}{remark}");
        return figure;
    }

    /// <summary>The word that follows an option; null where it is not given.</summary>
    public string? Argument(string option) => Array.IndexOf(arguments, option) is var at and >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : null;
}
