using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Models;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>Stands where a <see cref="ModelHost"/> stands for agents that play at an endpoint: the same questions, the same answers.</summary>
/// <remarks>Its answers carry no tokens, so that nothing is trained on them. What an endpoint says is not repeatable: a resumed run may differ.</remarks>
public sealed class RemoteHost : ReceiveActor
{
    private readonly CancellationTokenSource _closing = new();

    /// <summary>A host of this endpoint.</summary>
    /// <param name="policy">The endpoint.</param>
    /// <param name="examples">Worked texts for solvers, to show the form.</param>
    public RemoteHost(IRemotePolicy policy, IReadOnlyList<IReadOnlyList<Segment>> examples)
    {
        Receive<ModelHost.Generate>(asked =>
        {
            IActorRef asker = Sender;
            IToolSession? tools;
            try
            {
                tools = asked.OpenTools();
            }
            catch (Exception cause)
            {
                asker.Tell(new ModelHost.Refused(asked.Id, cause.Message));
                return;
            }

            RemoteRequest request = new()
            {
                Id = $"episode {asked.Id}",
                Prompt = asked.Prompt,
                Examples = examples,
                Tools = tools,
                Temperature = asked.Sampling.Temperature,
                MaximumTokens = asked.MaximumTokens,
                Seed = (long)(asked.Key >> 1),
            };
            policy.GenerateAsync(request, _closing.Token).PipeTo(asker, Self,
                success: generation => new ModelHost.Generated(Written(asked.Id, generation), tools, default),
                failure: cause => new ModelHost.Refused(asked.Id, cause.Message));
        });
        Receive<ModelHost.Cancel>(static _ => { });
    }

    /// <summary>How to make one.</summary>
    public static Props Props(IRemotePolicy policy, IReadOnlyList<IReadOnlyList<Segment>> examples) => Akka.Actor.Props.Create(() => new RemoteHost(policy, examples));

    /// <inheritdoc />
    protected override void PostStop() => _closing.Cancel();

    private static Generation Written(string id, RemoteGeneration generation) => new()
    {
        Id = id,
        Segments = generation.Segments,
        Tokens = [],
        LogProbabilities = [],
        LossMask = [],
        FinishReason = generation.Finish == RemoteFinish.EndOfText ? FinishReason.EndOfText : FinishReason.MaximumTokens,
    };
}
