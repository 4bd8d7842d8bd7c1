using AgentSociety.Core;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture.Tests;

public sealed class LedgerTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Theory]
    [InlineData("see [[b]] and [[skills/c|the third]]", "notes/b skills/c")]
    [InlineData("[[b@0123abcd]], [[c#a heading]], [[d@0123#h|shown]]", "notes/b notes/c notes/d")]
    [InlineData("| [[b\\|the second]] |", "notes/b")]
    [InlineData("an open [[b and [[c\n]]", "")]
    [InlineData("`[[b]]` and ``a ` [[c]]`` but [[d]]", "notes/d")]
    [InlineData("an open ` and [[b]]", "notes/b")]
    [InlineData("```\n[[b]]\n```\n[[c]]\n~~~~ text\n```\n[[d]]\n~~~\n~~~~\n[[e]]", "notes/c notes/e")]
    public void Links_are_what_is_closed_and_stands_outside_code(string body, string links) =>
        Assert.Equal(links, string.Join(' ', PageBody.Links("notes/a", body)));

    [Fact]
    public void A_note_is_followed_to_the_weights_that_learned_from_it_and_back()
    {
        string revision = _society.Save("notes/c", "c4=2", author: "solver-1");
        RunRecords records = new(_society.Database);
        records.Append(Round(1, revision, null));
        records.Append(Round(2, revision, "round-2"));
        records.Append(Round(3, null, "round-3"));
        Assert.Equal([1L, 2L], _society.Database.WhatBecameOf("notes/c").Select(entry => entry.Batch!.Value));
        IReadOnlyList<LedgerEntry> became = _society.Database.WhatBecameOf("notes/c");
        Assert.Equal(["1/solve/0/0", "2/solve/0/0"], became.Select(entry => entry.Episode));
        Assert.All(became, entry => Assert.Equal(("round-2", "solver-1", revision, 1d), (entry.Checkpoint, entry.Author, entry.Revision, entry.Reward)));
        Assert.Equal(became.Select(entry => entry.Episode), _society.Database.WhatTaught("round-2").Select(entry => entry.Episode));
        Assert.Empty(_society.Database.WhatTaught("round-3"));
        Assert.Equal("notes/c", Assert.Single(_society.Database.WhatWasRead("2/solve/0/0")).Page);
        PageUse use = Assert.Single(_society.Database.Uses());
        Assert.Equal((2, 2, 1, 1d, 0d), (use.Reads, use.Episodes, use.Readers, use.RewardWith, use.RewardWithout));
        Assert.Equal(["2/solve/0/0", "1/solve/0/0"], _society.Database.LatestReadings("notes/c").Select(entry => entry.Episode));
        UseOfPage page = _society.Database.UseOf("notes/c");
        Assert.Equal((2, 1, 1d, 0d, 1, 2), (page.Attempts, page.Readers, page.RewardWith, page.RewardWithout, page.FirstRead, page.LastRead));
        Assert.Equal((0L, 1L), (page.LineLife!.Ended, page.LineLife.Lasting));
        Adoption adoption = Assert.Single(_society.Database.AdoptionOf("notes/c")).Value;
        Assert.Equal((2, 1, 1d), (adoption.Attempts, adoption.Readers, adoption.Reward));
        Assert.Equal((0L, (double?)null, (int?)null), (_society.Database.UseOf("notes/none") is { } none ? (none.Attempts, none.RewardWith, none.FirstRead) : default));
    }

    [Fact]
    public void Training_batches_are_found_from_the_episode_and_from_the_checkpoint_and_what_is_remembered_teaches_later_weights_too()
    {
        string revision = _society.Save("notes/c", "c4=2", author: "solver-1");
        RunRecords records = new(_society.Database);
        records.Append(Round(1, revision, "round-1"));
        records.Append(Round(2, revision, "round-2", "1/solve/0/0"));
        records.Append(Round(3, revision, null) with { Batches = [new TrainingBatchRecord { Phase = TrainingPhase.Sleep, Weights = "base", Episodes = [new("3/solve/0/0", null, null)] }] });
        Assert.Equal(
            [(1L, 1, "round-1", 0.25, (double?)0.5), (3L, 2, "round-2", 0.125, null), (3L, 2, "round-2", 0.125, null)],
            _society.Database.BatchesOf("1/solve/0/0").Select(text => (text.Batch, text.Round, text.Checkpoint!, text.Weight!.Value, text.Advantage)));
        TrainedText slept = Assert.Single(_society.Database.BatchesOf("3/solve/0/0"));
        Assert.Equal((TrainingPhase.Sleep, (string?)null, (double?)null), (slept.Phase, slept.Checkpoint, slept.Weight));
        Assert.Empty(_society.Database.BatchesOf("1/solve/1/0"));
        Assert.Equal([(2L, 2, 1L), (3L, 2, 2L)], _society.Database.BatchesOfCheckpoint("round-2"));
        Assert.Equal(["1/solve/0/0", "1/solve/0/0"], _society.Database.EpisodesOf(3).Select(text => text.Episode));
        Assert.Equal(["1/solve/0/0", "2/solve/0/0"], _society.Database.WhatTaught("round-2").Select(entry => entry.Episode));
        Assert.Equal(["round-1", "round-2", null], _society.Database.WhatBecameOf("notes/c").Select(entry => entry.Checkpoint));
        Assert.Empty(_society.Database.CheckIntegrity());
    }

    [Fact]
    public void An_attempt_that_nothing_learned_from_taught_no_weights()
    {
        string revision = _society.Save("notes/c", "c4=2");
        new RunRecords(_society.Database).Append(Round(1, revision, "round-1") with { Batches = [] });
        Assert.Empty(_society.Database.WhatTaught("round-1"));
        Assert.Equal((null, null), (_society.Database.WhatBecameOf("notes/c")[0].Batch, _society.Database.WhatBecameOf("notes/c")[0].Checkpoint));
    }

    [Fact]
    public void A_culture_goes_to_another_society_with_its_provenance_and_overwrites_nothing()
    {
        _society.Save("notes/a", "one\ntwo", author: "solver-7", round: 4);
        _society.Save("agents/solver-1/notes/b", "mine");
        string folder = Path.Combine(Path.GetDirectoryName(_society.Path)!, "out");
        Assert.Equal(2, CultureTransfer.Export(_society.Database, folder));
        Assert.Equal("one\ntwo\n", File.ReadAllText(Path.Combine(folder, "notes", "a.md")));
        Assert.Contains("not empty", Assert.Throws<SocietyException>(() => CultureTransfer.Export(_society.Database, folder)).Message);
        using SocietyFile other = new();
        other.Save("notes/a", "two\nthree");
        CultureTransfer.Import(other.Scratchpad, folder, "first", 1);
        Assert.Equal("two\nthree\none\n", other.Archive.Read("notes/a")!.Body);
        Assert.Equal("mine\n", other.Archive.Read("agents/solver-1/notes/b")!.Body);
        Assert.Contains("solver-7, round 4", other.Archive.History("notes/a")[0].Comment);
        Assert.Empty(CultureTransfer.Import(other.Scratchpad, folder, "first", 1));
    }

    /// <summary>A round with an attempt that read a page and was rewarded, and one that found nothing; training learned from the first.</summary>
    private static RoundRecord Round(int number, string? revision, string? checkpoint, params string[] remembered) => new()
    {
        Round = number,
        State = "{}",
        Checkpoint = checkpoint is null ? null : new CheckpointRecord(checkpoint, number),
        Episodes = [TestEpisode.Reading(number, 0, 1, "notes/c", revision, "solver-2") with { Advantage = 0.5 }, TestEpisode.Reading(number, 1, 0, "notes/c", null, "solver-2")],
        Batches =
        [
            new TrainingBatchRecord { Weights = "base", Step = 0, Demonstrations = 3, Episodes = [new($"{number}/solve/0/0", 0.25, 0.5)] },
            .. remembered.Select((episode, step) => new TrainingBatchRecord { Weights = "base", Step = step + 1, Episodes = [new(episode, 0.125, null), new(episode, 0.125, null)] }),
        ],
    };
}
