using AgentSociety.Core.Environments;
using AgentSociety.Models;
using Akka.Actor;

namespace AgentSociety.Society;

/// <summary>One model and its decoding engine: batches whatever requests wait, on a thread of its own.</summary>
/// <remarks>
/// It decodes in slices and looks into its mailbox between them, so that requests join a batch that is under way. When it throws, it is
/// restarted with a new engine and every request that waits is begun again, with new tools: what is sampled is keyed by the request, so
/// that the answers are those of an untroubled run. What the engine's queue has no room for waits here, before its tools are opened, and nobody is refused for want of room. It does not
/// own the model. Weights must not change while requests wait.
/// </remarks>
public sealed class ModelHost : ReceiveActor
{
    /// <summary>Asks for one continuation.</summary>
    public sealed record Generate
    {
        /// <summary>Names the request; unique among those that wait.</summary>
        public required string Id { get; init; }

        /// <summary>The text to continue.</summary>
        public required string Prompt { get; init; }

        /// <summary>Whose weights to continue with.</summary>
        public required string Adapter { get; init; }

        /// <summary>Whom it is for: where more wait than the batch has room for, owners get room by turns. What is drawn does not depend on it.</summary>
        public string Owner { get; init; } = "";

        /// <summary>How tokens are drawn.</summary>
        public required SamplingSettings Sampling { get; init; }

        /// <summary>Key of the random stream of this request alone.</summary>
        public required ulong Key { get; init; }

        /// <summary>Most tokens after the prompt.</summary>
        public required int MaximumTokens { get; init; }

        /// <summary>Opens the tools; called once a try, so that a request that is begun again has fresh ones.</summary>
        public Func<IToolSession?> OpenTools { get; init; } = static () => null;
    }

    /// <summary>The answer to <see cref="Generate"/>.</summary>
    /// <param name="Generation">The text with tokens and log-probabilities.</param>
    /// <param name="Tools">The tools as they were left.</param>
    /// <param name="Meter">The host's work so far.</param>
    public sealed record Generated(Generation Generation, IToolSession? Tools, DecodingMeter Meter);

    /// <summary>The answer to a request that cannot be carried out.</summary>
    /// <param name="Id">The request's name.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Repeats">True where another try would meet the same.</param>
    public sealed record Refused(string Id, string Reason, bool Repeats = false);

    /// <summary>Asks that a request be dropped; it gets no answer.</summary>
    /// <param name="Id">The request's name.</param>
    public sealed record Cancel(string Id);

    private static readonly object Continue = new();
    private const int UsualSlots = 256;
    private readonly LanguageModel _model;
    private readonly Func<DecodingEngine> _start;
    private readonly Dictionary<string, Waiting> _waiting = [];
    private readonly TurnQueue<Waiting> _outside = new(static waiting => waiting.Request.Owner);
    private DecodingEngine? _engine;
    private bool _decoding;

    /// <summary>A host of this model, with room for so many sequences in a batch, and for so many in its queue or as many as an engine has by itself.</summary>
    public ModelHost(LanguageModel model, int slots, int? queue)
    {
        _model = model;
        _start = () => queue is { } most ? new DecodingEngine(model, slots) { MostWaiting = most } : new DecodingEngine(model, slots);
        Receive<Generate>(Take);
        Receive<Cancel>(cancel =>
        {
            if (_waiting.Remove(cancel.Id) && !_engine!.Cancel(cancel.Id)) _outside.Remove(waiting => waiting.Request.Id == cancel.Id);
        });
        Receive<object>(message => ReferenceEquals(message, Continue), _ => Decode());
    }

    /// <summary>How to make one, on a thread of its own.</summary>
    public static Props Props(LanguageModel model, int slots = UsualSlots, int? queue = null) => Akka.Actor.Props.Create(() => new ModelHost(model, slots, queue)).WithDispatcher(Dispatchers.OwnThread);

    /// <inheritdoc />
    protected override void PreStart() => _engine = _start();

    /// <inheritdoc />
    protected override void PostStop() => _engine?.Dispose();

    /// <inheritdoc />
    protected override void PreRestart(Exception reason, object message)
    {
        foreach (Waiting waiting in _waiting.Values) Self.Tell(waiting.Request, waiting.Asker);
        base.PreRestart(reason, message);
    }

    private void Take(Generate request)
    {
        Waiting waiting = new(request, Sender);
        if (!_waiting.TryAdd(request.Id, waiting))
        {
            Sender.Tell(new Refused(request.Id, $"a request named {request.Id} is not finished"));
            return;
        }

        _outside.Enqueue(waiting);
        Submit();
        if (_decoding || _engine!.Idle) return;
        _decoding = true;
        Self.Tell(Continue);
    }

    /// <summary>Hands on as much as the engine has room for.</summary>
    private void Submit()
    {
        while (_outside.Count > 0 && !_engine!.Full) Submit(_outside.Dequeue());
    }

    private void Submit(Waiting waiting)
    {
        Generate request = waiting.Request;
        try
        {
            waiting.Tools = request.OpenTools();
            _engine!.Submit(new GenerationRequest
            {
                Id = request.Id,
                Prompt = _model.Tokenizer.EncodePrompt(request.Prompt),
                Adapter = request.Adapter,
                Owner = request.Owner,
                Sampling = request.Sampling,
                Key = request.Key,
                Tools = waiting.Tools,
                MaximumTokens = request.MaximumTokens,
            });
        }
        catch (Exception cause)
        {
            // Whatever this one request is refused for, those that wait are not to be begun again for it.
            _waiting.Remove(request.Id);
            waiting.Asker.Tell(new Refused(request.Id, cause.Message));
        }
    }

    private void Decode()
    {
        foreach (Generation generation in _engine!.Step())
        {
            _waiting.Remove(generation.Id, out Waiting? waiting);
            // The same weights would fail the same way.
            if (generation.Failure is { } failure) waiting!.Asker.Tell(new Refused(generation.Id, failure, Repeats: true));
            else waiting!.Asker.Tell(new Generated(generation, waiting.Tools, new DecodingMeter(_engine.DecodedTokens, _engine.PrefilledTokens, _engine.Seconds)));
        }

        Submit();
        _decoding = !_engine.Idle;
        if (_decoding) Self.Tell(Continue);
    }

    private sealed class Waiting(Generate request, IActorRef asker)
    {
        public Generate Request { get; } = request;

        public IActorRef Asker { get; } = asker;

        /// <summary>Opened when the engine takes the request.</summary>
        public IToolSession? Tools { get; set; }
    }
}

/// <summary>What an engine has done since it was made.</summary>
/// <param name="DecodedTokens">Tokens sampled.</param>
/// <param name="PrefilledTokens">Tokens of prompts and tool replies computed.</param>
/// <param name="Seconds">Time spent on both.</param>
public readonly record struct DecodingMeter(long DecodedTokens, long PrefilledTokens, double Seconds);
