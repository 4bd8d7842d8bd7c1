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
