using System.Diagnostics;
using AgentSociety.Society;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AgentSociety.Cli.Progress;

/// <summary>How the societies of an experiment stand, as one table or as lines. Safe on any thread.</summary>
internal sealed class ExperimentBoard
{
    private readonly Lock _gate = new();
    private readonly ExperimentPlan _plan;
    private readonly IReadOnlyList<PlannedRun> _runs;
    private readonly Dictionary<(string Arm, long Seed), SocietyNews> _news = [];
    private readonly Func<TimeSpan> _clock;
    private int _skipped;

    /// <summary>A board of these societies.</summary>
    public ExperimentBoard(ExperimentPlan plan, IReadOnlyList<PlannedRun> runs, Func<TimeSpan>? clock = null)
    {
        (_plan, _runs) = (plan, runs);
        Stopwatch watch = Stopwatch.StartNew();
        _clock = clock ?? (() => watch.Elapsed);
        foreach (PlannedRun run in runs) _news[(run.Arm.Name, run.Seed)] = new SocietyNews(run, SocietyStage.Waiting, 0, null);
    }

    /// <summary>Takes up news.</summary>
    /// <returns>The line that it is worth; null for none.</returns>
    public string? Take(SocietyNews news)
    {
        lock (_gate)
        {
            SocietyStage before = _news[(news.Run.Arm.Name, news.Run.Seed)].Stage;
            _news[(news.Run.Arm.Name, news.Run.Seed)] = news;
            if (before == news.Stage) return null;
            if (news.Stage == SocietyStage.Done && before == SocietyStage.Waiting) _skipped++;
            string who = $"{Figures.Clock(_clock()),8}  {news.Run.Arm.Name}, seed {news.Run.Seed}";
            return news.Stage switch
            {
                SocietyStage.Running => $"{who}: begins",
                SocietyStage.Done => $"{who}: {(before == SocietyStage.Waiting ? "was done" : "done")}, {Score(news.Score!.Value)} ({Count(SocietyStage.Done)} of {_runs.Count} societies{Left()})",
                _ => $"{who}: failed: {news.Note}",
            };
        }
    }

    /// <summary>The table.</summary>
    public IRenderable Render()
    {
        lock (_gate)
        {
            Table table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey);
            foreach (string column in (ReadOnlySpan<string>)["arm", "societies", "mean", "now"]) table.AddColumn(column);
            foreach (ExperimentArm arm in _plan.Arms)
            {
                SocietyNews[] of = [.. _news.Values.Where(news => news.Run.Arm.Name == arm.Name).OrderBy(news => news.Run.Seed)];
                double[] scores = [.. of.Select(news => news.Score).OfType<double>()];
                string now = string.Join("  ", of.Where(news => news.Stage is SocietyStage.Running or SocietyStage.Failed)
                    .Select(news => news.Stage == SocietyStage.Failed ? $"[red]seed {news.Run.Seed} failed[/]" : $"[aqua]seed {news.Run.Seed}[/] {Figures.Bar((double)news.Round / news.Run.Scenario.Scenario.SelfPlay.Rounds, 8)}"));
                table.AddRow(Markup.Escape(arm.Name), $"{scores.Length}/{of.Length} {Figures.Bar((double)scores.Length / of.Length, 8)}", scores.Length == 0 ? "-" : $"[bold]{Score(scores.Average())}[/]", now);
            }

            string left = Left();
            return new Rows(table, new Markup($"[grey]{Figures.Clock(_clock())} elapsed, {Count(SocietyStage.Done)} of {_runs.Count} societies{left}[/]"));
        }
    }

    private int Count(SocietyStage stage) => _news.Values.Count(news => news.Stage == stage);

    private string Left()
    {
        int done = Count(SocietyStage.Done), lived = done - _skipped;
        return lived < 2 || done == _runs.Count ? "" : $", about {Figures.Clock(_clock() / lived * (_runs.Count - done))} left";
    }

    private string Score(double score) => ExperimentFigures.Score(_plan.Settings.Metric, score);
}

/// <summary>Numbers of experiments as people read them.</summary>
internal static class ExperimentFigures
{
    /// <summary>A score or a difference of scores in the metric's unit.</summary>
    public static string Score(MetricSettings metric, double score) => new PrimaryMetric(metric).IsShare ? FormattableString.Invariant($"{100 * score:0.0} %") : FormattableString.Invariant($"{score:0.00}");

    /// <summary>A probability, such as <c>p = 0.013</c> or <c>p &lt; 0.001</c>.</summary>
    public static string Probability(double p) => p < 0.001 ? "p < 0.001" : FormattableString.Invariant($"p = {p:0.000}");

    /// <summary>An effect size.</summary>
    public static string Size(double size) => double.IsInfinity(size) ? "no spread" : FormattableString.Invariant($"{size:0.0}");
}
