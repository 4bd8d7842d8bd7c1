using AgentSociety.Core.Records;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AgentSociety.Cli.Progress;

/// <summary>A run's state as one picture of a terminal.</summary>
internal static class LiveView
{
    private const int BarWidth = 24;
    private const int SparkWidth = 24;

    /// <summary>Draws the state.</summary>
    public static IRenderable Render(string name, RunProgress progress)
    {
        List<IRenderable> rows = [Head(progress), Text.Empty, HeldOut(progress), Text.Empty, Facts(progress)];
        return new Panel(new Rows(rows)) { Header = new PanelHeader($" {Markup.Escape(name)} "), Border = BoxBorder.Rounded, BorderStyle = new Style(Color.Grey), Padding = new Padding(2, 1, 2, 1) };
    }

    private static Markup Head(RunProgress progress)
    {
        string what = progress.Phase switch
        {
            RunPhase.Start => "starting",
            RunPhase.Pretrain => "training the base model",
            RunPhase.Propose => "proposers write problems",
            RunPhase.Solve => "solvers make their attempts",
            RunPhase.Edit => "agents edit the scratchpad",
            RunPhase.Learn => "transcripts become weights",
            RunPhase.Sleep => "what notes taught becomes weights",
            RunPhase.Evaluate => "newborns sit the held-out test",
            _ => "done",
        };
        string round = progress.Round > 0 ? $"round {progress.Round} of {progress.Rounds}" : $"before the first of {progress.Rounds} rounds";
        string share = progress.PhaseShare is { } done ? $" [green]{Figures.Bar(done, 10)}[/] {Figures.Percent(done)}{Figures.Loss(progress.Loss)}" : "";
        string left = progress.Remaining is { } remaining ? $", about {Figures.Clock(remaining)} left" : "";
        return new Markup($"[bold]{round}[/]  {what}{share}\n[grey]{Figures.Clock(progress.Elapsed)} elapsed{left}[/]");
    }

    private static IRenderable HeldOut(RunProgress progress)
    {
        if (progress.HeldOut is not [.., { } last]) return new Markup("[grey]no held-out test yet[/]");
        Grid grid = new();
        for (int column = 0; column < 5; column++) grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        grid.AddRow("[bold]held out[/]", "", "[grey]reading notes[/]", "[grey]over time[/]", "[grey]not reading[/]");
        foreach (int difficulty in last.Results.Select(result => result.Difficulty).Distinct().Order())
        {
            double? reading = Accuracy(last, difficulty, true), blind = Accuracy(last, difficulty, false);
            double?[] series = [.. progress.HeldOut.Select(point => Accuracy(point, difficulty, true) ?? Accuracy(point, difficulty, false))];
            grid.AddRow(
                $"[grey]difficulty[/] {difficulty}",
                reading is { } share ? $"[green]{Figures.Bar(share, BarWidth)}[/]" : "",
                reading is { } known ? Figures.Percent(known) : "[grey]-[/]",
                $"[aqua]{Figures.Sparkline(series, SparkWidth)}[/]",
                blind is { } without ? $"[grey]{Figures.Percent(without)}[/]" : "[grey]-[/]");
        }

        return grid;
    }

    private static Grid Facts(RunProgress progress)
    {
        Grid grid = new();
        for (int column = 0; column < 4; column++) grid.AddColumn(new GridColumn { NoWrap = true, Padding = new Padding(0, 0, 3, 0) });
        grid.AddRow("[grey]solve rate[/]", progress.SolveRate is { } rate ? Figures.Percent(rate) : "-", "[grey]scratchpad[/]", $"{progress.Pages} pages, {progress.Revisions} edits");
        grid.AddRow("[grey]frontier[/]", $"{(progress.Frontier is { } frontier ? $"difficulty {frontier}" : "-")}", "[grey]decoding[/]", Rate(progress.DecodeTokensPerSecond));
        grid.AddRow("[grey]posed[/]", progress.ProposedDifficulty is { } posed ? $"difficulty {posed:0.0}" : "-", "[grey]training[/]", Rate(progress.TrainTokensPerSecond));
        return grid;
    }

    private static double? Accuracy(HeldOutPoint point, int difficulty, bool reading) =>
        point.Results.FirstOrDefault(result => result.Difficulty == difficulty && result.Reading == reading) is { Count: > 0 } result ? (double)result.Correct / result.Count : null;

    private static string Rate(double? perSecond) => perSecond is { } rate ? $"{Figures.Short(rate)} tokens/s" : "-";
}
