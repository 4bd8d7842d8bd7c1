using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning.Tests;

public sealed class GuardTests
{
    private static readonly Dictionary<Role, double> Lively = new() { [Role.Solver] = 0.5, [Role.Proposer] = 1 };

    [Fact]
    public void Distinct_counts_the_different_among_all()
    {
        Assert.Equal(1, Diversity.Distinct(["abcd"], 2));
        Assert.Equal(2 / 5.0, Diversity.Distinct(["aaa", "aaab", "a"], 2), 12); // aa aa, aa aa ab, nothing
    }

    [Fact]
    public void Self_bleu_is_one_for_copies_and_small_for_strangers()
    {
        Assert.Equal(1, Diversity.SelfBleu(["abcde", "abcde", "abcde"]), 12);
        Assert.InRange(Diversity.SelfBleu(["abcde", "fghij", "klmno"]), 0, 0.2);
        // Both texts share 3 of 4 characters, 2 of 3 pairs, 1 of 2 triples and no quadruple (half a match of 1).
        double expected = Math.Pow(3 / 4.0 * (2 / 3.0) * (1 / 2.0) * 0.5, 0.25);
        Assert.Equal(expected, Diversity.SelfBleu(["abcd", "abce"]), 12);
    }

    [Fact]
    public void Duplicates_and_solve_rates_are_counted()
    {
        Assert.Equal(0.5, Diversity.DuplicateShare(["a", "b", "a", "a"]));
        Assert.Equal([1, 0, 2, 1], Diversity.SolveRateHistogram([0, 0.5, 0.7, 1], 4));
    }

    [Fact]
    public void A_sign_that_lasts_raises_an_alarm_and_one_that_passes_does_not()
    {
        CollapseGuard guard = new(new GuardSettings { Stop = true, Patience = 3, MaximumDuplicates = 0.5 });
        GuardReading Round(int duplicates) => guard.Read(["abc1=", "cab2=", "bca3=", "aab4="], duplicates, [0.5], Lively);
        Assert.Empty(Round(3).Alarms);
        Assert.Empty(Round(3).Alarms);
        Assert.Empty(Round(1).Alarms);
        Assert.Empty(Round(4).Alarms);
        Assert.Empty(Round(4).Alarms);
        GuardReading third = Round(4);
        Assert.Equal(["duplicates is 1, above 0.5 3 times in a row"], third.Alarms);
        Assert.True(third.Stop);
    }

    [Fact]
    public void A_guard_that_was_restarted_goes_on_counting()
    {
        GuardSettings settings = new() { Patience = 2, MinimumSolverEntropy = 0.6 };
        CollapseGuard first = new(settings);
        first.Read(["abc1="], 0, [0.5], Lively);
        GuardReading reading = new CollapseGuard(settings, first.Lasting).Read(["abc1="], 0, [0.5], Lively);
        Assert.Contains("solver-entropy is 0.5, below 0.6 2 times in a row", reading.Alarms);
        Assert.False(reading.Stop);
    }

    [Fact]
    public void The_measurements_are_kept_whether_or_not_they_are_bounded()
    {
        GuardReading reading = new CollapseGuard(new GuardSettings()).Read(["abcd", "abcd"], 1, [0, 1, 0.5, 1], Lively);
        Dictionary<string, double> metrics = reading.Metrics.ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal(0.75, metrics["guard/silent-groups"]);
        Assert.Equal(0.5, metrics["guard/duplicates"]);
        Assert.Equal(1, metrics["guard/self-bleu"], 12);
        Assert.Equal(0.5, metrics["guard/distinct-4"]);
        Assert.Empty(reading.Alarms);
    }

    [Fact]
    public void Memorisation_is_the_gap_between_seen_and_fresh_with_newcombes_interval()
    {
        // Newcombe 1998, table II, row (a), method 10: 56/70 - 48/80 = 0.2 with interval 0.0524 to 0.3339.
        Gap gap = Probes.Memorisation(56, 70, 48, 80);
        Assert.Equal(0.2, gap.Difference, 12);
        Assert.Equal(0.0524, gap.Interval.Low, 4);
        Assert.Equal(0.3339, gap.Interval.High, 4);
    }

    [Fact]
    public void A_judge_that_rises_alone_is_noticed()
    {
        Assert.Equal(0.15, Probes.JudgeRise([0.5, 0.5, 0.6, 0.7], [0.5, 0.5, 0.5, 0.4]), 12);
        Assert.Equal(0, Probes.JudgeRise([0.5, 0.5, 0.6, 0.7], [0.5, 0.5, 0.6, 0.7]));
        Assert.Equal(0, Probes.JudgeRise([0.5, 0.6], [0.5, 0.4]));
        // Both rose first, and the judge alone went on.
        Assert.Equal(0.25, Probes.JudgeRise([0.2, 0.4, 0.6, 0.6, 0.8, 0.9], [0.2, 0.4, 0.6, 0.6, 0.5, 0.45]), 12);
        // A slow drift shows over more rounds than four: in the last two the judge fell.
        Assert.Equal(0.125, Probes.JudgeRise([0.3, 0.3, 0.4, 0.4, 0.5, 0.5, 0.5, 0.4], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]), 12);
        // What happened long ago is over.
        Assert.Equal(0, Probes.JudgeRise([0.1, 0.1, .. Enumerable.Repeat(0.9, 20)], [.. Enumerable.Repeat(0.5, 22)]), 12);
        CollapseGuard guard = new(new GuardSettings { Stop = true, Patience = 1, MaximumJudgeRise = 0.1 });
        Assert.Empty(guard.ReadCheckpoint(null, null, [0.5, 0.5, 0.55, 0.55], [0.5, 0.5, 0.5, 0.5]).Alarms);
        GuardReading gamed = guard.ReadCheckpoint(null, null, [0.5, 0.5, 0.6, 0.8], [0.5, 0.5, 0.4, 0.5]);
        Assert.Equal(["judge-alone-rises is 0.2, above 0.1 1 times in a row"], gamed.Alarms);
        Assert.True(gamed.Stop);
        Assert.Equal(0.3, gamed.Metrics.Single(metric => metric.Name == "guard/judge-gap").Value, 12);
    }

    [Fact]
    public void A_checkpoint_that_has_moved_far_or_remembers_what_it_was_asked_is_a_sign_of_its_own()
    {
        CollapseGuard guard = new(new GuardSettings { Stop = true, Patience = 2, MaximumDivergence = 1.5, MaximumMemorisation = 0.1, TemperatureFloor = 1.2 });
        Gap remembered = new(0.4, new Statistics.Interval(0.2, 0.6)), chance = new(0.4, new Statistics.Interval(-0.1, 0.8));
        Assert.Empty(guard.ReadCheckpoint(2, remembered, [], []).Alarms);
        Assert.Equal(0.8, guard.Temperature(0.8));
        Assert.Equal(["divergence-from-base is 2, above 1.5 2 times in a row", "memorisation is 0.2, above 0.1 2 times in a row"], guard.ReadCheckpoint(2, remembered, [], []).Alarms);
        Assert.Equal(1.2, guard.Temperature(0.8));
        Assert.Equal(2, guard.Temperature(2));
        GuardReading better = guard.ReadCheckpoint(1, chance, [], []);
        Assert.Empty(better.Alarms);
        Assert.False(better.Stop);
        Assert.Equal(0.4, better.Metrics.Single(metric => metric.Name == "guard/memorisation/gap").Value);
        Assert.Equal(0.8, guard.Temperature(0.8));
    }

    [Fact]
    public void The_histogram_of_solve_rates_is_recorded_as_shares()
    {
        GuardReading reading = new CollapseGuard(new GuardSettings()).Read([], 0, [0, 0, 0.45, 1], Lively);
        Dictionary<string, double> bins = reading.Metrics.Where(metric => metric.Name.StartsWith("guard/solve-rates/", StringComparison.Ordinal)).ToDictionary(metric => metric.Name, metric => metric.Value);
        Assert.Equal(10, bins.Count);
        Assert.Equal((0.5, 0.25, 0.25), (bins["guard/solve-rates/0.0"], bins["guard/solve-rates/0.4"], bins["guard/solve-rates/0.9"]));
    }

    [Fact]
    public void Right_answers_by_wrong_steps_are_lucky_guesses()
    {
        EpisodeRecord Attempt(Outcome outcome, bool sound) => new()
        {
            Id = "1",
            Round = 1,
            Agent = "ada",
            Role = Role.Solver,
            Attempt = 0,
            Checkpoint = "base",
            Segments = [],
            Tokens = [],
            LogProbabilities = [],
            LossMask = [],
            Outcome = outcome,
            Reason = "",
            Sound = sound,
            Reward = 0,
        };
        Assert.Null(Probes.LuckyGuesses([Attempt(Outcome.Wrong, false)]));
        Assert.Equal(0.25, Probes.LuckyGuesses([Attempt(Outcome.Correct, true), Attempt(Outcome.Correct, true), Attempt(Outcome.Correct, true), Attempt(Outcome.Correct, false), Attempt(Outcome.Wrong, false)])!.Value.Share);
    }
}
