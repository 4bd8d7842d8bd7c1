using System.Globalization;
using System.Net;
using System.Text;
using AgentSociety.Society;

namespace AgentSociety.Cli.Reports;

/// <summary>The charts of an experiment's report, as SVG with the page's ink.</summary>
internal static class ExperimentCharts
{
    private const int Width = 560;
    private const int RowHeight = 46;
    private const int Left = 150;
    private const int Right = 24;
    private const int Top = 14;

    /// <summary>Every society as a point, a row an arm, with the arm's mean and the 95 % interval of it.</summary>
    public static string Points(ExperimentResult result)
    {
        bool share = new PrimaryMetric(result.Declared.Metric).IsShare;
        double most = share ? 1 : Math.Max(1, result.Arms.Max(arm => arm.Societies.Max(society => society.Score)));
        int bottom = Top + RowHeight * result.Arms.Count, height = bottom + 34;
        double X(double score) => Left + (Width - Left - Right) * Math.Clamp(score / most, 0, 1);
        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {height}\" role=\"img\" font-size=\"12\" fill=\"currentColor\">");
        for (int tick = 0; tick <= 4; tick++)
        {
            double value = most * tick / 4;
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(value):0.0}\" x2=\"{X(value):0.0}\" y1=\"{Top}\" y2=\"{bottom}\" stroke=\"#808080\" stroke-opacity=\"0.3\"/><text x=\"{X(value):0.0}\" y=\"{bottom + 18}\" text-anchor=\"middle\">{(share ? $"{100 * value:0} %" : value.ToString("0.#", CultureInfo.InvariantCulture))}</text>");
        }

        for (int index = 0; index < result.Arms.Count; index++)
        {
            ArmResult arm = result.Arms[index];
            ArmStatistics statistics = result.Analysis.Arms[index];
            double middle = Top + RowHeight * (index + 0.5);
            string colour = Charts.Colour(index);
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 10}\" y=\"{middle + 4:0.0}\" text-anchor=\"end\">{WebUtility.HtmlEncode(arm.Name)}</text>");
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(statistics.Interval.Low):0.0}\" x2=\"{X(statistics.Interval.High):0.0}\" y1=\"{middle:0.0}\" y2=\"{middle:0.0}\" stroke=\"{colour}\" stroke-width=\"7\" stroke-opacity=\"0.35\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(statistics.Mean):0.0}\" x2=\"{X(statistics.Mean):0.0}\" y1=\"{middle - 13:0.0}\" y2=\"{middle + 13:0.0}\" stroke=\"{colour}\" stroke-width=\"3\"/>");
            for (int society = 0; society < arm.Societies.Count; society++)
            {
                // Side by side in the order of their seeds, so that equal scores do not hide each other.
                double y = middle + 18 * ((society + 0.5) / arm.Societies.Count - 0.5);
                svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(arm.Societies[society].Score):0.0}\" cy=\"{y:0.0}\" r=\"3.5\" fill=\"{colour}\"><title>{WebUtility.HtmlEncode(arm.Name)}, seed {arm.Societies[society].Seed}</title></circle>");
            }
        }

        return svg.Append("</svg>").ToString();
    }

    /// <summary>The primary metric by round, mean over the societies of each arm.</summary>
    public static string Curves(ExperimentResult result) => Charts.Draw(Means(result, society => society.Curve), share: new PrimaryMetric(result.Declared.Metric).IsShare);

    /// <summary>Saved edits by round, mean over the societies of each arm.</summary>
    public static string Growth(ExperimentResult result) => Charts.Draw(Means(result, society => society.Growth), share: false);

    private static ChartLine[] Means(ExperimentResult result, Func<SocietyResult, IReadOnlyList<RoundValue>> of) =>
    [
        .. result.Arms.Select(arm => new ChartLine(arm.Name, [.. arm.Societies.SelectMany(of).GroupBy(point => point.Round).OrderBy(round => round.Key).Select(round => ((double)round.Key, round.Average(point => point.Value)))])),
    ];
}
