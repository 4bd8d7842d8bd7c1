using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Models;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>Stands where a <see cref="ModelHost"/> stands for agents that play at an endpoint: the same questions, the same answers.</summary>
/// <remarks>Its answers carry no tokens, so that nothing is trained on them. What an endpoint says is not repeatable: a resumed run may differ.</remarks>
public sealed class RemoteHost : ReceiveActor
{
    private readonly IRemotePolicy _policy;
    private readonly IReadOnlyList<IReadOnlyList<Segment>> _examples;
    private readonly Dictionary<string, Asked> _asked = [];

    /// <summary>A host of this endpoint.</summary>
    /// <param name="policy">The endpoint.</param>
    /// <param name="examples">Worked texts for solvers, to show the form.</param>
    public RemoteHost(IRemotePolicy policy, IReadOnlyList<IReadOnlyList<Segment>> examples)
    {
        (_policy, _examples) = (policy, examples);
        Receive<ModelHost.Generate>(Ask);
        Receive<ModelHost.Cancel>(cancel =>
        {
            if (_asked.Remove(cancel.Id, out Asked? unwanted)) unwanted.Leave();
        });
        Receive<Answered>(answered =>
        {
            // A request that was cancelled has left, and another may have its name.
            if (_asked.GetValueOrDefault(answered.Asked.Id) != answered.Asked) return;
            _asked.Remove(answered.Asked.Id);
            answered.Asked.Asker.Tell(answered.Message);
            answered.Asked.Dispose();
        });
    }

    /// <summary>How to make one.</summary>
    public static Props Props(IRemotePolicy policy, IReadOnlyList<IReadOnlyList<Segment>> examples) => Akka.Actor.Props.Create(() => new RemoteHost(policy, examples));

    /// <inheritdoc />
    protected override void PostStop()
    {
        foreach (Asked asked in _asked.Values) asked.Leave();
    }

    private void Ask(ModelHost.Generate request)
    {
        if (_asked.ContainsKey(request.Id))
        {
            Sender.Tell(new ModelHost.Refused(request.Id, $"a request named {request.Id} is not finished"));
            return;
        }

        IToolSession? tools;
        try
        {
            tools = request.OpenTools();
        }
        catch (Exception cause)
        {
            Sender.Tell(new ModelHost.Refused(request.Id, cause.Message));
            return;
        }

        Asked asked = _asked[request.Id] = new Asked(request.Id, Sender);
        _policy.GenerateAsync(new RemoteRequest
        {
            Id = $"episode {request.Id}",
            Prompt = request.Prompt,
            Examples = _examples,
            Tools = tools,
            Temperature = request.Sampling.Temperature,
            MaximumTokens = request.MaximumTokens,
            Seed = (long)(request.Key >> 1),
        }, asked.Cancellation).PipeTo(Self, Self,
            success: generation => new Answered(asked, new ModelHost.Generated(Written(request.Id, generation), tools, default)),
            failure: cause => new Answered(asked, new ModelHost.Refused(request.Id, cause.Message)));
    }

    private static Generation Written(string id, RemoteGeneration generation) => new()
    {
        Id = id,
        Segments = generation.Segments,
        Tokens = [],
        LogProbabilities = [],
        LossMask = [],
        FinishReason = generation.Finish == RemoteFinish.EndOfText ? FinishReason.EndOfText : FinishReason.MaximumTokens,
    };

    private sealed record Answered(Asked Asked, object Message);

    /// <summary>A request that the endpoint has not answered.</summary>
    private sealed class Asked(string id, IActorRef asker) : IDisposable
    {
        private readonly CancellationTokenSource _leaving = new();

        public string Id { get; } = id;

        public IActorRef Asker { get; } = asker;

        public CancellationToken Cancellation => _leaving.Token;

        public void Leave() => _leaving.Cancel();

        public void Dispose() => _leaving.Dispose();
    }
}
