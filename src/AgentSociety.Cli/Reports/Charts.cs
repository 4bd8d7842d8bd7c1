using System.Text.RegularExpressions;
using AgentSociety.Core.Records;
using AgentSociety.Culture;
using ScottPlot;

namespace AgentSociety.Cli.Reports;

/// <summary>A line of a chart.</summary>
/// <param name="Name">Its name in the legend.</param>
/// <param name="Points">Its points, in order of the horizontal axis.</param>
internal sealed record ChartLine(string Name, IReadOnlyList<(double X, double Y)> Points);

/// <summary>The charts of a report, as SVG that takes its ink from the page, so that it reads on light and on dark.</summary>
internal static partial class Charts
{
    private const int Width = 560;
    private const int Height = 300;

    /// <summary>A stand-in for the page's own ink, which no chart draws with otherwise.</summary>
    private const string Ink = "#010203";

    private const string Grid = "#808080";

    // Okabe and Ito's colours, told apart with every kind of colour vision; black and yellow, which vanish on dark and light, left out.
    private static readonly string[] Colours = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#7A5195", "#8C8C3A"];

    /// <summary>The colour of a line by its place.</summary>
    public static string Colour(int index) => Colours[index % Colours.Length];

    /// <summary>Held-out accuracy by round, a line a difficulty.</summary>
    public static string HeldOut(IReadOnlyList<HeldOutPoint> tests, bool reading)
    {
        IEnumerable<ChartLine> lines = tests.SelectMany(test => test.Results.Where(result => result.Reading == reading && result.Count > 0), (test, result) => (test.Round, result))
            .GroupBy(pair => pair.result.Difficulty).OrderBy(group => group.Key)
            .Select(group => new ChartLine($"{group.Key}", [.. group.Select(pair => ((double)pair.Round, (double)pair.result.Correct / pair.result.Count))]));
        return Draw([.. lines], share: true);
    }

    /// <summary>Solve rate of the problems that were played, a line a difficulty; rounds are pooled so that lines can be followed.</summary>
    public static string SolveRates(IReadOnlyList<DifficultyPoint> points)
    {
        if (points.Count == 0) return Draw([], share: true);
        int pool = Math.Max(1, (points.Max(point => point.Round) + 29) / 30);
        IEnumerable<ChartLine> lines = points.GroupBy(point => point.Difficulty).OrderBy(group => group.Key).Select(group => new ChartLine($"{group.Key}",
            [.. group.GroupBy(point => (point.Round - 1) / pool).OrderBy(bin => bin.Key).Select(bin => (bin.Average(point => (double)point.Round), bin.Sum(point => point.SolveRate * point.Problems) / bin.Sum(point => point.Problems)))]));
        return Draw([.. lines], share: true);
    }

    /// <summary>Metrics by round.</summary>
    public static string Metrics(RunRecords records, params (string Name, string Metric)[] metrics) => Draw(Lines(records, metrics), share: false);

    /// <summary>Metrics by round that are shares.</summary>
    public static string Shares(RunRecords records, params (string Name, string Metric)[] metrics) => Draw(Lines(records, metrics), share: true);

    private static ChartLine[] Lines(RunRecords records, (string Name, string Metric)[] metrics) =>
        [.. metrics.Select(metric => new ChartLine(metric.Name, [.. records.Metric(metric.Metric).Select(point => ((double)point.Round, point.Value))]))];

    /// <summary>Quotients of two metrics by round, where both were measured.</summary>
    public static string Rates(RunRecords records, params (string Name, string Amount, string Time)[] rates) => Draw([.. rates.Select(rate =>
    {
        Dictionary<int, double> times = records.Metric(rate.Time).Where(point => point.Value > 0).ToDictionary(point => point.Round, point => point.Value);
        return new ChartLine(rate.Name, [.. records.Metric(rate.Amount).Where(point => times.ContainsKey(point.Round)).Select(point => ((double)point.Round, point.Value / times[point.Round]))]);
    })], share: false);

    /// <summary>Lines over rounds; nothing where no line has a point.</summary>
    /// <param name="lines">The lines.</param>
    /// <param name="share">True for values from 0 to 1, shown as percentages.</param>
    public static string Draw(IReadOnlyList<ChartLine> lines, bool share)
    {
        ChartLine[] drawn = [.. lines.Where(line => line.Points.Count > 0)];
        if (drawn.Length == 0) return "";
        using Plot plot = new();
        Color ink = Color.FromHex(Ink);
        plot.FigureBackground.Color = Colors.Transparent;
        plot.DataBackground.Color = Colors.Transparent;
        plot.Axes.Color(ink);
        plot.Axes.FrameColor(Color.FromHex(Grid));
        plot.Axes.Right.IsVisible = false;
        plot.Axes.Top.IsVisible = false;
        plot.Axes.Top.MinimumSize = 14;
        plot.Grid.MajorLineColor = Color.FromHex(Grid).WithAlpha(0.25);
        for (int index = 0; index < drawn.Length; index++)
        {
            ChartLine line = drawn[index];
            ScottPlot.Plottables.Scatter scatter = plot.Add.Scatter(line.Points.Select(point => point.X).ToArray(), line.Points.Select(point => point.Y).ToArray(), Color.FromHex(Colours[index % Colours.Length]));
            scatter.LegendText = line.Name;
            // Lines beyond the palette's length repeat its colours in a thinner stroke: the SVG canvas draws no dashes.
            scatter.LineWidth = index < Colours.Length ? 2 : 1;
            scatter.MarkerSize = line.Points.Count > 40 ? 0 : 5;
        }

        plot.Axes.AutoScale();
        if (share) plot.Axes.SetLimitsY(-0.02, 1.02);
        else plot.Axes.SetLimitsY(Math.Min(0, plot.Axes.GetLimits().Bottom), plot.Axes.GetLimits().Top);
        if (share) plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"]);
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericAutomatic { IntegerTicksOnly = true };
        plot.XLabel("round");
        plot.Axes.Bottom.Label.Bold = false;
        plot.Font.Set(Fonts.Sans);
        Legend legend = plot.ShowLegend(Edge.Right).Legend;
        legend.BackgroundColor = Colors.Transparent;
        legend.OutlineColor = Colors.Transparent;
        legend.ShadowColor = Colors.Transparent;
        legend.FontColor = ink;
        return ForPage(plot.GetSvgXml(Width, Height));
    }

    /// <summary>SVG that stands in a page: sized by it, without a prologue, with the page's ink.</summary>
    private static string ForPage(string svg)
    {
        string body = svg[svg.IndexOf("<svg", StringComparison.Ordinal)..];
        body = Size().Replace(body, $"<svg$1 viewBox=\"0 0 {Width} {Height}\" role=\"img\"", 1);
        // Text is set in the page's face: places of single letters were measured in another.
        body = Letters().Replace(body, "$1 x=\"$2\"");
        return InkColour().Replace(body, "currentColor");
    }

    [GeneratedRegex("<svg([^>]*?) width=\"[^\"]*\" height=\"[^\"]*\"")]
    private static partial Regex Size();

    [GeneratedRegex("(<text[^>]*?) font-family=\"[^\"]*\" x=\"([^,\"]*)[^\"]*\"")]
    private static partial Regex Letters();

    [GeneratedRegex(@"#010203|rgb\(1, ?2, ?3\)", RegexOptions.IgnoreCase)]
    private static partial Regex InkColour();
}
