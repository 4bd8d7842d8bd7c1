using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Models.Patterns;

namespace AgentSociety.Models;

/// <summary>The cache slot of one sequence at a time. It keeps its tokens after the sequence has left, so that the next one can reuse a shared beginning.</summary>
internal sealed class Slot(int index, int context)
{
    private int[]? _tokens;

    public int Index { get; } = index;

    /// <summary>The tokens of the sequence that has the slot, or had it last.</summary>
    public int[] Tokens => _tokens ??= new int[context];

    /// <summary>How many of them are in the cache.</summary>
    public int Fed { get; set; }

    /// <summary>Whose weights the cache was made with, and which version of them.</summary>
    public AdapterVersion? Adapter { get; set; }

    /// <summary>When it was last given away, taken back or copied from; greater numbers are later.</summary>
    public long Used { get; set; }

    /// <summary>The sequence that has the slot; null for none.</summary>
    public Sequence? Owner { get; set; }
}

/// <summary>A request in work: its tokens and who wrote them.</summary>
internal sealed class Sequence(GenerationRequest request, Slot slot, AdapterVersion? adapter, long number)
{
    private readonly List<(Source Source, int Start)> _pieces = [(Source.Prompt, 0)];
    private readonly float[] _logProbabilities = new float[slot.Tokens.Length];

    public GenerationRequest Request { get; } = request;

    public Slot Slot { get; } = slot;

    /// <summary>The adapter that it decodes with until it leaves.</summary>
    public AdapterVersion? Adapter { get; } = adapter;

    /// <summary>Its place in the order of admission.</summary>
    public long Number { get; } = number;

    /// <summary>What its text must match, and where the text stands in it; null for anything.</summary>
    public TokenPattern? Pattern { get; init; }

    public int PatternState { get; set; }

    /// <summary>What ends it when it is written; null for nothing.</summary>
    public StopSearch? Stops { get; init; }

    public KeyedRandom Random { get; } = KeyedRandom.FromKey(request.Key);

    /// <summary>Tokens so far.</summary>
    public int Count { get; private set; } = request.Prompt.Length;

    /// <summary>Where the text of the next tool call begins.</summary>
    public int CallStart { get; private set; } = request.Prompt.Length;

    /// <summary>What belongs to the next call and was written before <see cref="CallStart"/>, behind the marker within its token.</summary>
    public string CallBegun { get; private set; } = "";

    /// <summary>A slot whose sequence began alike, and how many tokens are to be copied from it once it has them.</summary>
    public (Slot Slot, Sequence Owner, int Length)? Donor { get; set; }

    /// <summary>True while it stands back for older ones, since there is no room for its cache.</summary>
    public bool StandsBack { get; set; }

    /// <summary>The reply that it waits for; it keeps its slot meanwhile, has no rows, and may lose its cache. Null for none.</summary>
    public PendingReply? Pending { get; set; }

    public ReadOnlySpan<int> Tokens => Slot.Tokens.AsSpan(0, Count);

    public void Sampled(int token, float logProbability)
    {
        if (_pieces[^1].Source != Source.Model) _pieces.Add((Source.Model, Count));
        _logProbabilities[Count] = logProbability;
        Slot.Tokens[Count++] = token;
    }

    /// <summary>Inserts a tool's reply as far as there is room.</summary>
    /// <param name="reply">The reply.</param>
    /// <param name="begun">What the model wrote behind the marker.</param>
    public void Replied(ReadOnlySpan<int> reply, string begun)
    {
        int taken = Math.Min(reply.Length, Math.Min(Slot.Tokens.Length, Limit) - Count);
        if (taken > 0)
        {
            _pieces.Add((Source.Tool, Count));
            reply[..taken].CopyTo(Slot.Tokens.AsSpan(Count));
            Count += taken;
        }

        CallStart = Count;
        CallBegun = begun;
        if (reply.Length > 0) Stops?.Clear();
    }

    private int Limit => (int)Math.Min(int.MaxValue, (long)Request.Prompt.Length + Request.MaximumTokens);

    /// <summary>Why the sequence can take no more tokens; null where it can.</summary>
    public FinishReason? Full => Count >= Limit ? FinishReason.MaximumTokens : Count >= Slot.Tokens.Length ? FinishReason.ContextFull : null;

    /// <summary>A request that ended before it got a slot.</summary>
    public static Generation Unstarted(GenerationRequest request, ITokenizer tokenizer, FinishReason reason, string? failure = null) => new()
    {
        Id = request.Id,
        Segments = [new Segment(Source.Prompt, tokenizer.Decode(request.Prompt))],
        Tokens = [.. request.Prompt],
        LogProbabilities = new float[request.Prompt.Length],
        LossMask = new bool[request.Prompt.Length],
        FinishReason = reason,
        Failure = failure,
    };

    public Generation Finish(ITokenizer tokenizer, FinishReason reason, string? failure = null)
    {
        List<Segment> segments = [];
        bool[] mask = new bool[Count];
        for (int piece = 0; piece < _pieces.Count; piece++)
        {
            (Source source, int start) = _pieces[piece];
            int end = piece + 1 < _pieces.Count ? _pieces[piece + 1].Start : Count;
            if (source == Source.Model) mask.AsSpan(start, end - start).Fill(true);
            string text = start == 0 ? tokenizer.Decode(Tokens[start..end]) : tokenizer.DecodeContinuation(Tokens[start..end]);
            if (text.Length > 0) segments.Add(new Segment(source, text));
        }

        return new Generation
        {
            Id = Request.Id,
            Segments = segments,
            Tokens = Tokens.ToArray(),
            LogProbabilities = _logProbabilities[..Count],
            LossMask = mask,
            FinishReason = reason,
            Failure = failure,
        };
    }
}
