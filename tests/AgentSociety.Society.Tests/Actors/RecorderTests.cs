using AgentSociety.Core.Records;
using AgentSociety.Culture;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace AgentSociety.Society.Tests;

public sealed class RecorderTests : TestKit
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recorder-").FullName;

    public RecorderTests()
        : base(Dispatchers.Configuration)
    {
    }

    [Fact]
    public void A_round_that_cannot_be_stored_is_told_as_such_and_leaves_nothing_and_the_recorder_lives()
    {
        using SocietyDatabase database = SocietyDatabase.Open(Path.Combine(_folder, "society.db"));
        RunRecords records = new(database);
        IActorRef recorder = Sys.ActorOf(Recorder.Props(database, records));
        recorder.Tell(new Recorder.Store(Round(1) with { Metrics = [new("twice", 1), new("twice", 2)] }), TestActor);
        Assert.NotEqual("", ExpectMsg<Failed>().Cause.Message);
        Assert.Null(records.LastRound());
        recorder.Tell(new Recorder.Store(Round(1)), TestActor);
        Assert.Equal(1, ExpectMsg<Recorder.Stored>().Round);
        Assert.Equal(1, records.LastRound()!.Round);
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Directory.Delete(_folder, recursive: true);
    }

    private static RoundRecord Round(int round) => new() { Round = round, State = "{}" };
}
