using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Models;
using Akka.Actor;
using Akka.TestKit.Xunit2;

namespace AgentSociety.Society.Tests;

public sealed class RemoteHostTests : TestKit
{
    private readonly Endpoint _endpoint = new();
    private readonly IActorRef _host;

    public RemoteHostTests()
        : base(Dispatchers.Configuration) => _host = Sys.ActorOf(RemoteHost.Props(_endpoint, []));

    [Fact]
    public void A_cancelled_request_leaves_the_endpoint_and_gets_no_answer_while_the_others_do()
    {
        _host.Tell(Request("unwanted"), TestActor);
        _host.Tell(Request("wanted"), TestActor);
        AwaitCondition(() => _endpoint.Open == 2);
        _host.Tell(new ModelHost.Cancel("unwanted"), TestActor);
        AwaitCondition(() => _endpoint.Left == 1);
        _endpoint.Answer("episode wanted", "yes");
        Assert.Equal("yes", ExpectMsg<ModelHost.Generated>().Generation.Segments[^1].Text);
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void A_name_is_free_again_once_its_request_was_cancelled_and_the_late_answer_is_not_taken_for_the_new_ones()
    {
        _endpoint.Stubborn = true;
        _host.Tell(Request("same"), TestActor);
        AwaitCondition(() => _endpoint.Open == 1);
        _host.Tell(new ModelHost.Cancel("same"), TestActor);
        _host.Tell(Request("same"), TestActor);
        AwaitCondition(() => _endpoint.Open == 2);
        _endpoint.Answer("episode same", "old");
        ExpectNoMsg(TimeSpan.FromMilliseconds(200));
        _endpoint.Answer("episode same", "new");
        Assert.Equal("new", ExpectMsg<ModelHost.Generated>().Generation.Segments[^1].Text);
    }

    [Fact]
    public void What_the_endpoint_says_no_to_is_refused_in_its_words_and_so_is_a_second_request_of_one_name()
    {
        _host.Tell(Request("first"), TestActor);
        _host.Tell(Request("first"), TestActor);
        Assert.Contains("not finished", ExpectMsg<ModelHost.Refused>().Reason);
        AwaitCondition(() => _endpoint.Open == 1);
        _endpoint.Refuse("episode first", "too dear");
        Assert.Equal(new ModelHost.Refused("first", "too dear"), ExpectMsg<ModelHost.Refused>());
    }

    [Fact]
    public void A_host_that_stops_leaves_the_endpoint()
    {
        _host.Tell(Request("open"), TestActor);
        AwaitCondition(() => _endpoint.Open == 1);
        Sys.Stop(_host);
        AwaitCondition(() => _endpoint.Left == 1);
    }

    private static ModelHost.Generate Request(string id) => new() { Id = id, Prompt = "?", Adapter = "", Sampling = new SamplingSettings(), Key = 1, MaximumTokens = 9 };

    /// <summary>An endpoint that answers when it is told to, the oldest request of a name first.</summary>
    private sealed class Endpoint : IRemotePolicy
    {
        private readonly List<(string Id, TaskCompletionSource<RemoteGeneration> Answer)> _open = [];
        private int _left;

        /// <summary>True to answer those too who have left.</summary>
        public bool Stubborn { get; set; }

        public int Open
        {
            get
            {
                lock (_open) return _open.Count;
            }
        }

        public int Left => Volatile.Read(ref _left);

        public string Model => "far";

        public RemoteUsage Total => default;

        public Task<RemoteGeneration> GenerateAsync(RemoteRequest request, CancellationToken cancellation)
        {
            TaskCompletionSource<RemoteGeneration> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
            cancellation.Register(() =>
            {
                Interlocked.Increment(ref _left);
                if (!Stubborn) answer.TrySetCanceled(cancellation);
            });
            lock (_open) _open.Add((request.Id, answer));
            return answer.Task;
        }

        public void Answer(string id, string text) => Take(id).SetResult(new RemoteGeneration { Segments = [new Segment(Source.Prompt, "?"), new Segment(Source.Model, text)], Finish = RemoteFinish.EndOfText, Usage = default });

        public void Refuse(string id, string reason) => Take(id).SetException(new SocietyException(reason));

        private TaskCompletionSource<RemoteGeneration> Take(string id)
        {
            lock (_open)
            {
                int place = _open.FindIndex(open => open.Id == id);
                TaskCompletionSource<RemoteGeneration> answer = _open[place].Answer;
                _open.RemoveAt(place);
                return answer;
            }
        }
    }
}
