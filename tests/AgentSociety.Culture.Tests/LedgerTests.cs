using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Records;

namespace AgentSociety.Culture.Tests;

public sealed class LedgerTests : IDisposable
{
    private readonly SocietyFile _society = new();

    public void Dispose() => _society.Dispose();

    [Fact]
    public void A_note_is_followed_to_the_weights_that_learned_from_it_and_back()
    {
        string revision = _society.Save("notes/c", "c4=2", author: "solver-1");
        RunRecords records = new(_society.Database);
        records.Append(Round(1, revision, null));
        records.Append(Round(2, revision, "round-2"));
        records.Append(Round(3, null, "round-3"));
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

    private static RoundRecord Round(int number, string? revision, string? checkpoint) => new()
    {
        Round = number,
        State = "{}",
        Checkpoint = checkpoint is null ? null : new CheckpointRecord(checkpoint, number),
        Episodes = [Episode(number, 0, revision), Episode(number, 1, null)],
    };

    private static EpisodeRecord Episode(int round, int attempt, string? revision) => new()
    {
        Id = $"{round}/solve/0/{attempt}",
        Round = round,
        Agent = "solver-2",
        Role = Role.Solver,
        Attempt = attempt,
        Checkpoint = "base",
        Segments = [],
        Tokens = [],
        LogProbabilities = [],
        LossMask = [],
        ToolCalls = [new ToolCall { Kind = ToolKind.Read, Request = "c4=", Reply = "2", Page = "notes/c", Revision = revision }],
        Outcome = attempt == 0 ? Outcome.Correct : Outcome.Wrong,
        Reason = "",
        Sound = attempt == 0,
        Reward = 1 - attempt,
    };
}
