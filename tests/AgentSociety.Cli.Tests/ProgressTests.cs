using AgentSociety.Cli.Progress;
using AgentSociety.Core;
using AgentSociety.Core.Records;
using AgentSociety.Society;
using Spectre.Console.Testing;

namespace AgentSociety.Cli.Tests;

public sealed class ProgressTests
{
    private static readonly RunProgress Start = new() { Phase = RunPhase.Start, Round = 0, Rounds = 12, Elapsed = TimeSpan.Zero };

    private static readonly RunProgress Middle = new()
    {
        Phase = RunPhase.Solve,
        Round = 9,
        Rounds = 12,
        PhaseShare = 0.4,
        HeldOut = [Test(0, 0.1), Test(4, 0.5), Test(8, 0.9)],
        SolveRate = 0.63,
        Frontier = 3,
        ProposedDifficulty = 4.25,
        Pages = 8,
        Revisions = 120,
        DecodeTokensPerSecond = 41_234,
        TrainTokensPerSecond = 31_900,
        Elapsed = TimeSpan.FromSeconds(62),
        Remaining = TimeSpan.FromSeconds(95),
    };

    [Fact]
    public void The_live_view_before_anything_is_known() => GoldenFile.Matches("live-start.txt", Draw(Start));

    [Fact]
    public void The_live_view_while_the_base_model_is_trained() =>
        GoldenFile.Matches("live-pretrain.txt", Draw(Start with { Phase = RunPhase.Pretrain, PhaseShare = 0.25, TrainTokensPerSecond = 24_000, Elapsed = TimeSpan.FromSeconds(7), Remaining = TimeSpan.FromSeconds(21) }));

    [Fact]
    public void The_live_view_in_the_middle_of_a_run() => GoldenFile.Matches("live-middle.txt", Draw(Middle));

    [Fact]
    public void The_live_view_while_a_society_sleeps() => GoldenFile.Matches("live-sleep.txt", Draw(Asleep(9, 0.6)[0]));

    [Fact]
    public void A_name_with_markup_in_it_is_shown_as_it_is() => Assert.Contains("[red]x[/]", Draw(Start, "[red]x[/]"));

    /// <summary>Sleep as it is told, and told again while nothing new came.</summary>
    private static RunProgress[] Asleep(int round, double share)
    {
        RunProgress told = Middle with { Phase = RunPhase.Sleep, Round = round, PhaseShare = share, Loss = 4.8 - 4.7 * share, TrainTokensPerSecond = 52_000, Elapsed = TimeSpan.FromSeconds(64 + 10 * share), Remaining = TimeSpan.FromSeconds(10 - 10 * share) };
        return [told, told];
    }

    [Fact]
    public void Plain_lines_tell_each_thing_once()
    {
        PlainLines lines = new();
        RunProgress[] news =
        [
            Start,
            .. Enumerable.Range(0, 101).Select(step => Start with { Phase = RunPhase.Pretrain, PhaseShare = step / 100.0, TrainTokensPerSecond = 24_000, Elapsed = TimeSpan.FromSeconds(step / 4.0), Remaining = TimeSpan.FromSeconds(25 - step / 4.0) }),
            Start with { Phase = RunPhase.Evaluate, HeldOut = [Test(0, 0.1)], Frontier = 0, Elapsed = TimeSpan.FromSeconds(26) },
            Start with { Phase = RunPhase.Solve, Round = 1, HeldOut = [Test(0, 0.1)], Frontier = 0, Elapsed = TimeSpan.FromSeconds(27) },
            Start with { Phase = RunPhase.Solve, Round = 1, HeldOut = [Test(0, 0.1)], Frontier = 0, Elapsed = TimeSpan.FromSeconds(28) },
            Middle,
            Middle with { Phase = RunPhase.Learn, Message = "checkpoint round-9 saved" },
            .. Enumerable.Range(0, 21).SelectMany(step => Asleep(9, step / 20.0)),
            .. Asleep(11, 0.02),
            .. Asleep(11, 1),
            Middle with { Phase = RunPhase.Done, Round = 12, Remaining = TimeSpan.Zero, Elapsed = TimeSpan.FromSeconds(90) },
            Middle with { Phase = RunPhase.Done, Round = 12, Remaining = TimeSpan.Zero, Elapsed = TimeSpan.FromSeconds(91) },
        ];
        GoldenFile.Matches("plain-lines.txt", string.Join('\n', news.SelectMany(lines.On)) + "\n");
    }

    [Fact]
    public void A_run_that_goes_on_tells_where_it_stands_and_nothing_that_was_told_before()
    {
        PlainLines lines = new();
        RunProgress resumed = Start with { Round = 9, HeldOut = [Test(0, 0.1), Test(5, 0.4)], Frontier = 3, Pages = 4, Revisions = 17 };
        string[] said = [.. lines.On(resumed), .. lines.On(resumed with { Phase = RunPhase.Propose, Round = 10 }), .. lines.On(resumed with { Phase = RunPhase.Propose, Round = 11, SolveRate = 0.5 })];
        Assert.Equal(2, said.Length);
        Assert.Contains("goes on after round 9/", said[0], StringComparison.Ordinal);
        Assert.Contains("frontier 3, 4 pages, 17 edits", said[0], StringComparison.Ordinal);
        Assert.Contains("round 10/", said[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watched_run_is_drawn_to_its_end_and_its_results_are_written()
    {
        using SampleRun run = new();
        KeptTerminal kept = new();
        kept.Out.Interactive();
        using Interruption interruption = WatchedRun.Interruption(kept.Terminal);
        int code = await WatchedRun.Watch(run.Directory, "sample", kept.Terminal with { IsInteractive = true }, plain: false, interruption, async (watch, stop) =>
        {
            watch(Middle with { Message = "checkpoint round-9 saved" });
            await Task.Delay(500, stop);
            watch(Middle with { Phase = RunPhase.Done, Round = 12 });
            return RunEnd.Done;
        });
        Assert.Equal(0, code);
        Assert.Contains("round 9 of 12", kept.Out.Output);
        Assert.Contains("checkpoint round-9 saved", kept.Out.Output);
        Assert.Contains("round 12 of 12", kept.Out.Output);
        Assert.True(File.Exists(run.Directory.SummaryFile) && File.Exists(run.Directory.ReportFile));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_run_that_was_stopped_says_how_to_go_on(bool interactive)
    {
        using SampleRun run = new();
        KeptTerminal kept = new();
        using Interruption interruption = WatchedRun.Interruption(kept.Terminal);
        int code = await WatchedRun.Watch(run.Directory, "sample", kept.Terminal with { IsInteractive = interactive }, plain: false, interruption, (_, _) => Task.FromResult(RunEnd.Interrupted));
        Assert.Equal(130, code);
        Assert.Contains($"agentsociety resume {run.Directory.Path}", kept.Error.Output);
    }

    [Fact]
    public async Task A_run_that_failed_says_that_what_was_recorded_is_kept()
    {
        using SampleRun run = new();
        KeptTerminal kept = new();
        using Interruption interruption = WatchedRun.Interruption(kept.Terminal);
        SocietyException failure = await Assert.ThrowsAsync<SocietyException>(() => WatchedRun.Watch(run.Directory, "sample", kept.Terminal, plain: true, interruption,
            (_, _) => Task.FromException<RunEnd>(new SocietyException("the loss is not finite", badInput: false))));
        Assert.Equal("the loss is not finite", failure.Message);
        Assert.Contains($"agentsociety resume {run.Directory.Path}", kept.Error.Output);
    }

    [Fact]
    public async Task A_run_that_would_fail_again_is_not_offered_to_go_on()
    {
        using SampleRun run = new();
        KeptTerminal kept = new();
        using Interruption interruption = WatchedRun.Interruption(kept.Terminal);
        await Assert.ThrowsAsync<SocietyException>(() => WatchedRun.Watch(run.Directory, "sample", kept.Terminal, plain: true, interruption,
            (_, _) => Task.FromException<RunEnd>(new SocietyException("the loss is not finite", badInput: false) { Repeats = true })));
        Assert.Contains("agentsociety show", kept.Error.Output);
        Assert.DoesNotContain("resume", kept.Error.Output);
    }

    [Theory]
    [InlineData(0, "▁")]
    [InlineData(0.5, "▅")]
    [InlineData(1, "█")]
    public void A_sparkline_spans_the_shares(double share, string block) => Assert.Equal(block, Figures.Sparkline([share], 10));

    [Fact]
    public void A_long_sparkline_is_thinned_and_keeps_its_ends()
    {
        double?[] shares = [0, .. Enumerable.Repeat((double?)0.5, 100), 1];
        string line = Figures.Sparkline(shares, 10);
        Assert.Equal(10, line.Length);
        Assert.Equal('▁', line[0]);
        Assert.Equal('█', line[^1]);
    }

    private static HeldOutPoint Test(int round, double share) => new(round, [.. from reading in (bool[])[true, false]
                                                                               from difficulty in (int[])[1, 2, 3]
                                                                               select new HeldOutRecord
                                                                               {
                                                                                   Difficulty = difficulty,
                                                                                   Reading = reading,
                                                                                   Correct = reading ? (int)(50 * share / difficulty) : 5,
                                                                                   Sound = 0,
                                                                                   Count = 50,
                                                                               }]);

    private static string Draw(RunProgress progress, string name = "first-society")
    {
        TestConsole console = new TestConsole().Width(100);
        console.Write(LiveView.Render(name, progress));
        return console.Output;
    }
}
