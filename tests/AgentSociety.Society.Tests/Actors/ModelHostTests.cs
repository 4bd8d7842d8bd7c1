using AgentSociety.Core.Culture;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using AgentSociety.Environments.Laws;
using AgentSociety.Environments.Operators;
using AgentSociety.Models;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace AgentSociety.Society.Tests;

[Collection("Torch")]
public sealed class ModelHostTests : TestKit
{
    private const string Alphabet = "0123456789abcdefgh=#?!;-@:";
    private readonly LanguageModel _model = LanguageModel.Create(new ArchitectureSettings { Width = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, FeedForward = 32, Context = 64 }, new CharacterTokenizer(Alphabet), seed: 7);

    public ModelHostTests()
        : base(Dispatchers.Configuration)
    {
    }

    [Fact]
    public void A_request_is_answered_the_same_alone_and_in_company()
    {
        IActorRef host = Sys.ActorOf(ModelHost.Props(_model));
        host.Tell(Request("alone", key: 5) with { Id = "alone" }, TestActor);
        string alone = Text(ExpectMsg<ModelHost.Generated>());
        for (int index = 0; index < 20; index++) host.Tell(Request($"many-{index}", key: (ulong)index), TestActor);
        Dictionary<string, string> many = Enumerable.Range(0, 20).Select(_ => ExpectMsg<ModelHost.Generated>()).ToDictionary(answer => answer.Generation.Id, Text);
        Assert.Equal(alone, many["many-5"]);
    }

    [Fact]
    public void A_host_that_throws_is_restarted_and_everybody_is_answered_as_if_it_had_not()
    {
        IActorRef calm = Sys.ActorOf(ModelHost.Props(_model)), troubled = Sys.ActorOf(ModelHost.Props(_model));
        int opened = 0;
        for (int index = 0; index < 8; index++)
        {
            calm.Tell(Request($"{index}", key: (ulong)index), TestActor);
            Assert.NotNull(ExpectMsg<ModelHost.Generated>());
        }

        string[] expected = Answers(calm, () => new CountingTools());
        string[] seen = Answers(troubled, () => Interlocked.Increment(ref opened) == 3 ? new ThrowingTools() : new CountingTools());
        Assert.Equal(expected, seen);
        Assert.True(opened > 8, "requests that waited are begun again with tools of their own");
    }

    [Fact]
    public void A_prompt_that_does_not_fit_is_refused_in_words_and_the_host_lives()
    {
        IActorRef host = Sys.ActorOf(ModelHost.Props(_model));
        host.Tell(Request("long", 1) with { Prompt = new string('a', 64) }, TestActor);
        Assert.Contains("context", ExpectMsg<ModelHost.Refused>().Reason);
        host.Tell(Request("foreign", 1) with { Prompt = "Z" }, TestActor);
        Assert.Contains("alphabet", ExpectMsg<ModelHost.Refused>().Reason);
        host.Tell(Request("good", 1), TestActor);
        ExpectMsg<ModelHost.Generated>();
    }

    [Fact]
    public void A_request_whose_tools_cannot_be_opened_is_refused_alone()
    {
        IActorRef host = Sys.ActorOf(ModelHost.Props(_model));
        host.Tell(Request("first", 1), TestActor);
        host.Tell(Request("bad", 2) with { OpenTools = () => throw new InvalidOperationException("no tools today") }, TestActor);
        host.Tell(Request("last", 3), TestActor);
        object[] answers = [.. Enumerable.Range(0, 3).Select(_ => ExpectMsg<object>())];
        Assert.Equal(new ModelHost.Refused("bad", "no tools today"), Assert.Single(answers.OfType<ModelHost.Refused>()));
        Assert.Equal(["first", "last"], answers.OfType<ModelHost.Generated>().Select(answer => answer.Generation.Id).Order());
    }

    [Fact]
    public void A_cancelled_request_gets_no_answer()
    {
        IActorRef host = Sys.ActorOf(ModelHost.Props(_model));
        host.Tell(Request("unwanted", 1), TestActor);
        host.Tell(new ModelHost.Cancel("unwanted"), TestActor);
        host.Tell(Request("wanted", 2), TestActor);
        Assert.Equal("wanted", ExpectMsg<ModelHost.Generated>().Generation.Id);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void What_the_queue_has_no_room_for_waits_with_its_tools_unopened_and_is_answered_like_the_rest()
    {
        IActorRef roomy = Sys.ActorOf(ModelHost.Props(_model)), narrow = Sys.ActorOf(ModelHost.Props(_model, slots: 1, queue: 1));
        string[] expected = Answers(roomy, () => new CountingTools());
        using ManualResetEventSlim asked = new();
        int opened = 0;
        for (int index = 0; index < 8; index++)
        {
            narrow.Tell(Request($"with-tools-{index}", (ulong)index) with
            {
                OpenTools = () =>
                {
                    if (Interlocked.Increment(ref opened) == 1) asked.Wait();
                    return new CountingTools();
                },
            }, TestActor);
        }

        narrow.Tell(Request("unwanted", 9) with { OpenTools = () => throw new InvalidOperationException("opened though it was cancelled") }, TestActor);
        narrow.Tell(new ModelHost.Cancel("unwanted"), TestActor);
        asked.Set();
        ModelHost.Generated[] answers = [.. Enumerable.Range(0, 8).Select(_ => ExpectMsg<ModelHost.Generated>(TimeSpan.FromSeconds(20)))];
        Assert.Equal(expected, answers.OrderBy(answer => answer.Generation.Id, StringComparer.Ordinal).Select(Text));
        Assert.Equal(8, opened);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void A_second_request_of_a_name_that_waits_is_refused_and_the_first_is_answered()
    {
        IActorRef host = Sys.ActorOf(ModelHost.Props(_model));
        host.Tell(Request("same", 1), TestActor);
        host.Tell(Request("same", 2), TestActor);
        Assert.Contains("not finished", ExpectMsg<ModelHost.Refused>().Reason);
        ExpectMsg<ModelHost.Generated>();
    }

    [Fact]
    public void One_who_asks_for_much_does_not_keep_another_waiting()
    {
        IActorRef host = Sys.ActorOf(ModelHost.Props(_model, slots: 1));
        using ManualResetEventSlim asked = new();
        host.Tell(Request("much-0", 1) with { Owner = "bob", OpenTools = () => Held(asked) }, TestActor);
        for (int index = 1; index < 5; index++) host.Tell(Request($"much-{index}", (ulong)index) with { Owner = "bob" }, TestActor);
        host.Tell(Request("little", 9) with { Owner = "ann" }, TestActor);
        asked.Set();
        Assert.Equal(["much-0", "little"], Enumerable.Range(0, 6).Select(_ => ExpectMsg<ModelHost.Generated>(TimeSpan.FromSeconds(20)).Generation.Id).Take(2));
    }

    [Fact]
    public void An_agent_asks_in_its_own_name()
    {
        Agent ann = new() { Name = "ann", Role = Role.Solver, Adapter = "shared" };
        IActorRef agent = Sys.ActorOf(AgentActor.Props(ann, HiddenLaws.Operators(new HiddenOperatorsOptions { Operators = 3 }, 1), TestActor));
        agent.Tell(new AgentActor.Propose { Episode = "one", Round = 1, Index = 0, Prompt = "?", Playing = new Playing { Checkpoint = "", Key = 1, Temperature = 1, MaximumTokens = 4 } });
        ModelHost.Generate asked = ExpectMsg<ModelHost.Generate>();
        Assert.Equal(("ann", "shared"), (asked.Owner, asked.Adapter));
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        _model.Dispose();
    }

    private string[] Answers(IActorRef host, Func<IToolSession> tools)
    {
        for (int index = 0; index < 8; index++) host.Tell(Request($"with-tools-{index}", (ulong)index) with { OpenTools = tools }, TestActor);
        return [.. Enumerable.Range(0, 8).Select(_ => ExpectMsg<ModelHost.Generated>(TimeSpan.FromSeconds(20))).OrderBy(answer => answer.Generation.Id, StringComparer.Ordinal).Select(Text)];
    }

    /// <summary>No tools, and the host is held up until everybody has asked.</summary>
    private static IToolSession? Held(ManualResetEventSlim asked)
    {
        asked.Wait();
        return null;
    }

    private static ModelHost.Generate Request(string id, ulong key) => new()
    {
        Id = id,
        Prompt = "bac4=",
        Adapter = "base",
        Sampling = new SamplingSettings(),
        Key = key,
        MaximumTokens = 30,
    };

    private static string Text(ModelHost.Generated answer) => string.Join("|", answer.Generation.Segments.Select(segment => $"{segment.Source}:{segment.Text}"));

    /// <summary>Answers every call with the number of calls so far: tools with a state of their own.</summary>
    private sealed class CountingTools : IToolSession
    {
        private readonly List<ToolCall> _calls = [];

        public string Markers => "0123456789";

        public IReadOnlyList<ToolCall> Calls => _calls;

        public IReadOnlyList<NoteEdit> Edits => [];

        public string Call(string call)
        {
            string reply = ((char)('a' + _calls.Count % 8)).ToString();
            _calls.Add(new ToolCall { Kind = ToolKind.Other, Request = call, Reply = reply });
            return reply;
        }
    }

    /// <summary>A defect in somebody's environment.</summary>
    private sealed class ThrowingTools : IToolSession
    {
        public string Markers => Alphabet;

        public IReadOnlyList<ToolCall> Calls => [];

        public IReadOnlyList<NoteEdit> Edits => [];

        public string Call(string call) => throw new InvalidOperationException("a defect");
    }
}
