using AgentSociety.Core.Culture;
using AgentSociety.Culture;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace AgentSociety.Society.Tests;

public sealed class ScratchpadActorTests : TestKit
{
    private readonly string _folder = Directory.CreateTempSubdirectory("scratchpad-actor-").FullName;

    public ScratchpadActorTests()
        : base(Dispatchers.Configuration)
    {
    }

    [Fact]
    public void Edits_of_many_are_all_made_and_each_is_told_of_its_own()
    {
        using SocietyDatabase database = SocietyDatabase.Open(Path.Combine(_folder, "society.db"));
        using Scratchpad scratchpad = new(database);
        IActorRef writer = Sys.ActorOf(ScratchpadActor.Props(scratchpad));
        for (int agent = 0; agent < 100; agent++) writer.Tell(new ScratchpadActor.Edit([Line(agent, 0), Line(agent, 1)]), TestActor);
        for (int agent = 0; agent < 100; agent++) Assert.Equal(2, ExpectMsg<ScratchpadActor.Edited>().Results.OfType<EditResult.Saved>().Count());
        Assert.Equal(200, scratchpad.Snapshot().Read("notes/all")!.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Distinct().Count());
        Sys.Stop(writer);
    }

    [Fact]
    public void An_edit_that_breaks_a_rule_is_refused_and_the_others_of_its_batch_are_made()
    {
        using SocietyDatabase database = SocietyDatabase.Open(Path.Combine(_folder, "society.db"));
        using Scratchpad scratchpad = new(database);
        IActorRef writer = Sys.ActorOf(ScratchpadActor.Props(scratchpad));
        EditRequest misplaced = Line(1, 1) with { Edit = Line(1, 1).Edit with { Page = "nowhere" } };
        writer.Tell(new ScratchpadActor.Edit([misplaced, Line(1, 2)]), TestActor);
        IReadOnlyList<EditResult> results = ExpectMsg<ScratchpadActor.Edited>().Results;
        Assert.IsType<EditResult.Rejected>(results[0]);
        Assert.IsType<EditResult.Saved>(results[1]);
        Sys.Stop(writer);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public void Whoever_waits_when_the_writer_is_restarted_is_answered_once(int failures)
    {
        using SocietyDatabase database = SocietyDatabase.Open(Path.Combine(_folder, $"restarted-{failures}.db"));
        FaultyClock clock = new();
        using Scratchpad scratchpad = new(database, clock);
        clock.Failures = failures;
        IActorRef writer = Sys.ActorOf(ScratchpadActor.Props(scratchpad));
        for (int agent = 0; agent < 5; agent++) writer.Tell(new ScratchpadActor.Edit([Line(agent, 0)]), TestActor);
        for (int agent = 0; agent < 5; agent++)
        {
            if (failures == 1) Assert.IsType<EditResult.Saved>(Assert.Single(ExpectMsg<ScratchpadActor.Edited>(TimeSpan.FromSeconds(30)).Results));
            else Assert.Contains("the clock", ExpectMsg<Failed>(TimeSpan.FromSeconds(30)).Cause.Message, StringComparison.Ordinal);
        }

        ExpectNoMsg(TimeSpan.FromMilliseconds(100));
        Assert.Equal(failures == 1 ? 5 : 0, new PageArchive(database).History("notes/all").Count);
        // What stopped it is over: the writer goes on.
        clock.Failures = 0;
        writer.Tell(new ScratchpadActor.Edit([Line(9, 9)]), TestActor);
        Assert.IsType<EditResult.Saved>(Assert.Single(ExpectMsg<ScratchpadActor.Edited>(TimeSpan.FromSeconds(30)).Results));
        Sys.Stop(writer);
    }

    /// <summary>A clock that stops the writer in the middle of a transaction, so many times.</summary>
    private sealed class FaultyClock : TimeProvider
    {
        public int Failures { get; set; }

        public override DateTimeOffset GetUtcNow() => Failures-- > 0 ? throw new InvalidOperationException("the clock stands still") : base.GetUtcNow();
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }

    private static EditRequest Line(int agent, int line) => new()
    {
        Key = $"{agent}/{line}",
        Edit = new NoteEdit { Page = "notes/all", Kind = EditKind.Append, Text = $"{agent} says {line}", Comment = "said" },
        Author = $"solver-{agent}",
        Round = 1,
    };
}
