using AgentSociety.Core.Culture;
using AgentSociety.Core.Records;
using AgentSociety.Core.Scenarios;
using AgentSociety.Culture;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class AdmissionTests : TestKit
{
    private static readonly string[] Gated =
    [
        .. TinySociety.Literate, "culture.admission=gate", "culture.admissionMinimumPairs=2", "culture.admissionMaximumPairs=3", "culture.admissionPairsPerRound=6",
        "selfPlay.enabled=false", "selfPlay.rounds=4",
    ];

    private readonly TinySociety _tiny = new();

    public AdmissionTests()
        : base(Dispatchers.Configuration)
    {
    }

    [Fact]
    public async Task Edits_wait_until_matched_rollouts_decide_them()
    {
        RunDirectory directory = _tiny.Create("run");
        Assert.Equal(RunEnd.Done, await TinySociety.Run(_tiny.Scenario(Gated), directory));
        using SocietyDatabase database = SocietyDatabase.Open(directory.Database);
        RunRecords records = new(database);
        Assert.NotEmpty(records.Metric("admission/pairs"));
        Assert.All(records.Metric("admission/pairs"), pairs => Assert.InRange(pairs.Value, 1, 6));
        Assert.True(records.Metric("admission/admitted").Sum(point => point.Value) + records.Metric("admission/rejected").Sum(point => point.Value) > 0);
        Assert.DoesNotContain(database.Episodes(new EpisodeFilter()), episode => episode.Id.Contains("admit"));
    }

    [Theory]
    [InlineData(RunPhase.Learn, 2)]
    [InlineData(RunPhase.Solve, 3)]
    public async Task A_run_that_was_interrupted_decides_what_it_would_have_decided(RunPhase phase, int round)
    {
        string[] settings = [.. Gated, "culture.withholdingProbability=0.2", "culture.retireHarmful=true", "culture.rankByWorth=true"];
        RunDirectory whole = _tiny.Create("whole"), broken = _tiny.Create("broken");
        await TinySociety.Run(_tiny.Scenario(settings), whole);
        await TinySociety.RunUntil(phase, round, _tiny.Scenario(settings), broken);
        Assert.Equal(RunEnd.Done, await TinySociety.Resume(broken));
        Assert.Equal(TinySociety.Transcripts(whole), TinySociety.Transcripts(broken));
    }

    [Fact]
    public void What_helps_is_there_from_the_next_round_on_and_being_told_twice_changes_nothing()
    {
        using SocietyDatabase database = SocietyDatabase.Open(_tiny.PathOf("admission.db"));
        using Scratchpad scratchpad = new(database, rules: new EditRules { Admission = AdmissionRule.Gate });
        IActorRef writer = Sys.ActorOf(ScratchpadActor.Props(scratchpad));
        long helps = Propose(scratchpad, "notes/helps"), harms = Propose(scratchpad, "notes/harms");
        AdmissionTest test = new() { MinimumPairs = 16, MaximumPairs = 32 };
        ScratchpadActor.Settle settle = new([Report(helps, 0, 1), Report(harms, 1, 0)], test, [], Round: 5, []);
        writer.Tell(settle, TestActor);
        ScratchpadActor.Settled settled = ExpectMsg<ScratchpadActor.Settled>();
        Assert.Equal((1, 1), (settled.Admitted, settled.Rejected));
        Assert.Null(scratchpad.Snapshot(4).Read("notes/helps"));
        Assert.NotNull(scratchpad.Snapshot(5).Read("notes/helps"));
        Assert.Null(scratchpad.Snapshot().Read("notes/harms"));
        writer.Tell(settle, TestActor);
        Assert.Equal((0, 0), (ExpectMsg<ScratchpadActor.Settled>() is { } again ? again.Admitted : -1, 0));
        Sys.Stop(writer);
    }

    [Fact]
    public void A_page_that_harms_goes_and_what_is_written_in_its_place_later_stays()
    {
        using SocietyDatabase database = SocietyDatabase.Open(_tiny.PathOf("retirement.db"));
        using Scratchpad scratchpad = new(database);
        IActorRef writer = Sys.ActorOf(ScratchpadActor.Props(scratchpad));
        Write(scratchpad, "notes/harms", round: 3);
        Write(scratchpad, "notes/unsure", round: 3);
        Uplift harmful = new() { Page = "notes/harms", Shown = 90, Withheld = 10, Value = -0.3, Low = -0.4, High = -0.1 };
        ScratchpadActor.Settle settle = new([], new AdmissionTest(), [harmful, harmful with { Page = "notes/unsure", High = 0.1 }], Round: 5, []);
        writer.Tell(settle, TestActor);
        Assert.Equal(["notes/harms"], ExpectMsg<ScratchpadActor.Settled>().Retired);
        Assert.NotNull(scratchpad.Snapshot(4).Read("notes/harms"));
        Assert.Equal(["notes/unsure"], scratchpad.Snapshot().List("notes/"));
        Write(scratchpad, "notes/harms", round: 6);
        writer.Tell(settle, TestActor);
        Assert.Empty(ExpectMsg<ScratchpadActor.Settled>().Retired);
        Assert.NotNull(scratchpad.Snapshot().Read("notes/harms"));
        Sys.Stop(writer);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _tiny.Dispose();
    }

    private static CandidateReport Report(long proposal, double without, double with) =>
        new(proposal, [.. Enumerable.Range(0, 32).Select(pair => new MatchedRollout($"{pair}", without, with))]);

    private static long Propose(Scratchpad scratchpad, string page) => Assert.IsType<EditResult.Proposed>(scratchpad.Commit([Request(page, 4)])[0]).Proposal;

    private static void Write(Scratchpad scratchpad, string page, int round) => Assert.IsType<EditResult.Saved>(scratchpad.Commit([Request(page, round)])[0]);

    private static EditRequest Request(string page, int round) => new()
    {
        Key = $"{page}/{round}",
        Edit = new NoteEdit { Page = page, Kind = EditKind.Append, Text = $"written in {round}", Comment = "" },
        Author = "solver-1",
        Round = round,
    };
}
