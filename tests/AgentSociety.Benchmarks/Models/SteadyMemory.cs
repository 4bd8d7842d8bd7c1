using AgentSociety.Cli.Measuring;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;
using ScottPlot;
using TorchSharp;

namespace AgentSociety.Benchmarks;

/// <summary>Memory of the process while it decodes and while it trains: the level at the end against the level after the first quarter.</summary>
internal static class SteadyMemory
{
    private const int Points = 40;

    private sealed record Point(double Done, double ResidentMiB, double ManagedMiB, long Tensors);

    /// <summary>Decodes and trains a model of 0.3 M parameters.</summary>
    /// <param name="figures">Where rows go.</param>
    /// <param name="alphabet">The model's characters.</param>
    /// <param name="whole">True for a million tokens and a thousand steps, false for a fifth.</param>
    /// <param name="plot">An SVG file to draw both into; null for none.</param>
    public static void Measure(Figures figures, string alphabet, bool whole, string? plot)
    {
        int tokens = whole ? 1_000_000 : 200_000, steps = whole ? 1_000 : 200;
        using LanguageModel model = LanguageModel.Create(new ArchitectureSettings(), new CharacterTokenizer(alphabet), 1);
        List<Point> decoding, training;
        using (DecodingLoad load = new(model, 64)) decoding = Watch(tokens, share => Repeat(share, () => load.Decode(8, 100)));
        using (TrainingLoad load = new(model, 64, 64)) training = Watch(steps, share => Repeat(share, () => load.Step() / (64 * 64)));
        Note(figures, $"memory, {tokens:n0} tokens decoded", decoding);
        Note(figures, $"memory, {steps:n0} steps trained", training);
        if (plot is not null) Draw(plot, decoding, training);
    }

    private static double Repeat(double share, Func<long> work)
    {
        double done = 0;
        while (done < share) done += work();
        return done;
    }

    private static List<Point> Watch(double whole, Func<double, double> work)
    {
        List<Point> points = [];
        double done = 0;
        for (int point = 1; point <= Points; point++)
        {
            done += work(Math.Max(0, whole * point / Points - done));
            // What nobody refers to any more is no growth.
            GC.Collect();
            GC.WaitForPendingFinalizers();
            points.Add(new Point(done, Environment.WorkingSet / 1048576.0, GC.GetTotalMemory(forceFullCollection: true) / 1048576.0, torch.Tensor.TotalCount));
        }

        return points;
    }

    private static void Note(Figures figures, string name, List<Point> points)
    {
        foreach ((string what, string unit, Func<Point, double> value) in ((string, string, Func<Point, double>)[])
            [("resident", "MiB", point => point.ResidentMiB), ("managed", "MiB", point => point.ManagedMiB), ("tensors", "tensors", point => point.Tensors)])
        {
            double before = Median(points[(Points / 4)..(Points / 2)], value), after = Median(points[(Points * 3 / 4)..], value);
            double[] all = [.. points.Select(value)];
            figures.Note(new Figure($"{name}, {what}: growth", unit, after - before, all.Min(), all.Max(), 1, Remark: $"level {after:n1}; second against last quarter, range over the whole"));
        }
    }

    private static double Median(IEnumerable<Point> points, Func<Point, double> value)
    {
        double[] sorted = [.. points.Select(value).Order()];
        return sorted[sorted.Length / 2];
    }

    private static void Draw(string file, List<Point> decoding, List<Point> training)
    {
        using Plot plot = new();
        foreach ((List<Point> points, string what) in ((List<Point>, string)[])[(decoding, "tokens decoded"), (training, "steps trained")])
        {
            double[] done = [.. points.Select(point => point.Done / points[^1].Done)], resident = [.. points.Select(point => point.ResidentMiB)];
            plot.Add.Scatter(done, resident).LegendText = $"{points[^1].Done:n0} {what}";
        }

        plot.Axes.SetLimitsY(0, 1.2 * decoding.Concat(training).Max(point => point.ResidentMiB));
        plot.XLabel("share of the work done");
        plot.YLabel("resident memory, MiB");
        plot.ShowLegend();
        plot.SaveSvg(file, 640, 360);
    }
}
