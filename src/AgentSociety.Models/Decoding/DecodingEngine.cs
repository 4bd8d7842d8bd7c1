using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>Continues many prompts at once: requests join and leave between steps, a sequence whose tool takes its time pauses alone.</summary>
/// <remarks>
/// <para>Continuous batching after Yu et al., "Orca" (OSDI 2022), section 3.1; the beginning that requests share is computed once.</para>
/// <para>
/// On the CPU a sequence's tokens and log-probabilities are the same, bit for bit, whatever it is batched with and however its prompt is
/// split: every row's sums run in an order of their own (He et al. 2025, "Defeating nondeterminism in LLM inference"). On a GPU torch chooses that order by the
/// shape of the batch, and last digits differ.
/// </para>
/// <para>
/// Tools answer within the step (<see cref="Core.Environments.IToolSession"/>), or pause their own sequence, which keeps its slot, and its cache while nobody else needs the room, and takes the reply at a later step
/// (<see cref="Core.Environments.IAsyncToolSession"/>).
/// </para>
/// <para>
/// Not thread-safe, and weights must not change during a step. A sequence keeps the version of its adapter that it was admitted with until it ends, and those admitted
/// later have the new one. The shared weights are kept once: after <see cref="LanguageModel.WeightsChanged"/> running sequences go on under the new ones.
/// </para>
/// </remarks>
public sealed class DecodingEngine : IDisposable
{
    /// <summary>Name of the meter under which all engines of the process report: tokens sampled and prefilled and their rate, seconds of steps, batch, queue, and use of the caches.</summary>
    public const string MeterName = "AgentSociety.Decoding";

    private const int RowsPerStep = 1024;
    private const int UsualQueue = 1024;
    private const int UsualQueuePerSlot = 16;

    private readonly LanguageModel _model;
    private readonly IForwardPass _pass;
    private readonly Slot[] _slots;
    private readonly CacheRoom _room;
    private readonly SlotCaches _caches;
    private readonly AdapterVersions _adapters;
    private readonly Sampler _sampler;
    private readonly TimeProvider _time;
    private readonly EngineMetrics _metrics;
    private readonly Admission _admission;
    private readonly ToolCalls _tools;
    private readonly RequestQueue _waiting = new();
    private readonly List<Sequence> _active = [];
    private readonly List<(long Number, Generation Generation)> _done = [];
    private readonly StepRows _step;
    private long _version, _sharedVersion;

    /// <summary>An engine over a model.</summary>
    /// <param name="model">The model, which is decoded with on the device where it lives; the engine does not own it.</param>
    /// <param name="slots">Most sequences in one batch; fewer run at a time while the tokens of all would take caches of more than 4 GiB.</param>
    /// <param name="context">Most tokens of a sequence; the model's context where that is less, or what fits into 4 GiB.</param>
    /// <param name="time">The clock of deadlines and metrics; null for the system's.</param>
    public DecodingEngine(LanguageModel model, int slots = 256, int context = int.MaxValue, TimeProvider? time = null)
        : this(model, slots, context, time, CacheRoom.UsualBytes, null)
    {
    }

    /// <summary>An engine whose caches take so many bytes and that computes by the pass of one's choice; null for the one that belongs to the model's device.</summary>
    internal DecodingEngine(LanguageModel model, int slots, int context, TimeProvider? time, long cacheBytes, Func<LanguageModel, PassSize, IForwardPass>? pass)
    {
        DecoderConfig config = model.Decoder.Config;
        _model = model;
        _time = time ?? TimeProvider.System;
        _metrics = new EngineMetrics(_time);
        Context = CacheRoom.ContextOf(config, context, cacheBytes);
        _room = new CacheRoom(config, slots, Context, cacheBytes);
        _slots = [.. Enumerable.Range(0, slots).Select(index => new Slot(index, Context))];
        MostWaiting = Math.Max(UsualQueue, (int)Math.Min(int.MaxValue, (long)UsualQueuePerSlot * slots));
        int rows = Math.Max(RowsPerStep, _slots.Length);
        _step = new StepRows(rows);
        _pass = (pass ?? ForwardPass.Of)(model, new PassSize(_slots.Length, Context, _room.Positions, rows));
        _caches = new SlotCaches(_room, _pass, _slots, Context);
        _adapters = new AdapterVersions(model, _pass);
        _admission = new Admission(model, _slots, _caches, _adapters, _pass);
        _tools = new ToolCalls(model);
        _sampler = new Sampler(config.VocabularySize);
        (_version, _sharedVersion) = (model.WeightsVersion, model.SharedVersion);
        try
        {
            _pass.Refresh();
        }
        catch
        {
            // Nobody has the engine yet, and its threads would wait for ever.
            _pass.Dispose();
            throw;
        }
    }

    /// <summary>Most tokens of a sequence.</summary>
    public int Context { get; }

    /// <summary>True where nothing waits and nothing runs.</summary>
    public bool Idle => _waiting.Count == 0 && _active.Count == 0;

    /// <summary>Most requests that may wait, beside one for each slot that is free; 16 a slot and 1,024 at least where it is not given.</summary>
    public int MostWaiting { get; init; }

    /// <summary>
    /// True to round adapters to bfloat16 as the engine takes them up: half of their memory, and faster where many decode together. Texts are then not those of the adapters as they were
    /// trained, but of their copies in bfloat16 (<see cref="Adapter.Save"/>), to the bit. False keeps each in the format that it has, which changes nothing.
    /// </summary>
    public bool HalvedAdapters
    {
        get => _adapters.Halved;
        init => _adapters.Halved = value;
    }

    /// <summary>True where <see cref="Submit"/> refuses another request: steps make room.</summary>
    public bool Full => _waiting.Count >= (long)MostWaiting + _slots.Length - _active.Count;

    /// <summary>Requests that wait for a slot.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Sequences that have a slot.</summary>
    public int Running => _active.Count;

    /// <summary>Sequences of the last step, those included that waited in it for a beginning to copy: fewer than are running where some stand back for want of room.</summary>
    public int Batch => _step.Batch;

    /// <summary>Tokens sampled since the engine was made.</summary>
    public long DecodedTokens { get; private set; }

    /// <summary>Tokens of prompts and tool replies that were computed; shared beginnings count once.</summary>
    public long PrefilledTokens { get; private set; }

    /// <summary>Time spent in <see cref="Step"/>, tools included.</summary>
    public double Seconds { get; private set; }

    /// <summary>Versions of adapters whose weights are in memory.</summary>
    internal int AdaptersHeld => _adapters.Count;

    /// <summary>The <see cref="Context"/> of an engine over a model of this shape that no other bound was given.</summary>
    public static int ContextOf(DecoderConfig config) => CacheRoom.ContextOf(config, int.MaxValue, CacheRoom.UsualBytes);

    /// <summary>Puts a request into the queue; it joins the batch at a later step, each owner's first come, first served.</summary>
    /// <exception cref="SocietyException">
    /// The queue is <see cref="Full"/> (<see cref="SocietyException.Busy"/>), the prompt is empty or does not fit the context, the adapter is unknown, a stop is empty, or
    /// pattern or schema cannot be kept.
    /// </exception>
    /// <exception cref="ArgumentException">A request of this name is not finished, or a token is not of the vocabulary.</exception>
    public void Submit(GenerationRequest request)
    {
        if (Full)
        {
            EngineMetrics.Refuse();
            throw new SocietyException($"request {request.Id}: {_waiting.Count} requests wait already and no more may; ask again later", badInput: false) { Busy = true };
        }

        request = RequestCheck.Of(request, _model, Context);
        if (!_waiting.Enqueue(request)) throw new ArgumentException($"A request named {request.Id} is not finished.", nameof(request));
        Report();
    }

    /// <summary>Drops a request that is not finished; it returns no generation.</summary>
    /// <returns>False where there is no such request.</returns>
    public bool Cancel(string id)
    {
        if (!_waiting.Knows(id)) return false;
        if (_active.FirstOrDefault(sequence => sequence.Request.Id == id) is { } running) Leave(running);
        else _waiting.Remove(request => request.Id == id);
        Report();
        return true;
    }

    /// <summary>Steps until nobody is left.</summary>
    /// <param name="stop">Checked between steps.</param>
    /// <returns>What finishes, as it does.</returns>
    public IEnumerable<Generation> Finish(CancellationToken stop = default)
    {
        while (!Idle)
        {
            stop.ThrowIfCancellationRequested();
            foreach (Generation generation in Step()) yield return generation;
        }
    }

    /// <summary>Feeds every sequence its next tokens and samples where a sequence has none left; does nothing when idle. Where nobody can go on before a tool answers (<see cref="Core.Environments.IAsyncToolSession"/>), it waits a moment with them.</summary>
    /// <returns>What finished, in order of admission.</returns>
    public IReadOnlyList<Generation> Step()
    {
        long started = _metrics.Start(), decoded = DecodedTokens;
        _done.Clear();
        if (_version != _model.WeightsVersion) TakeUpWeights();
        if (_waiting.AnyDeadline) EndLate(_time.GetUtcNow());
        TakeReplies();
        // Before others are admitted to the slots of donors that have left.
        foreach (Sequence sequence in _active) _admission.CopyFromDonor(sequence);
        while (_waiting.Count > 0 && _active.Count < _slots.Length && _caches.HasRoomFor(_waiting.Next, _active)) Admit(_waiting.Dequeue());
        _caches.Fit(_active);
        foreach (Sequence sequence in _active) _admission.CopyFromDonor(sequence);
        _step.Gather(_active);
        PrefilledTokens += _step.Prefilled;
        _pass.Run(_step.Rows);
        for (int output = 0; output < _step.Sampling.Count; output++) Continue(_step.Sampling[output], output);
        // Whoever steps again and again would take a processor for nothing.
        if (_step.Rows.Length == 0 && _done.Count == 0 && _active.Exists(sequence => sequence.Pending is not null)) ToolCalls.Wait(_active);
        _done.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        Seconds += _metrics.Step(started, Batch, (int)(DecodedTokens - decoded), _step.Prefilled);
        Report();
        return [.. _done.Select(static done => done.Generation)];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _metrics.Level(0, 0, 0, 0);
        foreach (Sequence sequence in _active) sequence.Pending?.Dispose();
        _adapters.Dispose();
        _pass.Dispose();
    }

    private void Report() => _metrics.Level(_waiting.Count, _active.Count, _active.Sum(static sequence => (long)sequence.Slot.Fed), _room.Positions);

    private void TakeUpWeights()
    {
        _version = _model.WeightsVersion;
        _adapters.Retire();
        if (_sharedVersion != _model.SharedVersion)
        {
            _sharedVersion = _model.SharedVersion;
            _pass.Refresh();
            foreach (Slot slot in _slots) slot.Fed = 0;
            // The shared weights may hold a lost adapter's update by now, which would then be added twice.
            foreach (Sequence sequence in _active.Where(sequence => IsGone(sequence.Adapter?.Name) || sequence.Adapter?.Number < _model.MergedAt(sequence.Adapter?.Name ?? "")).ToArray())
                Finish(sequence, FinishReason.AdapterGone, Loss(sequence.Adapter!.Name));
        }

        // What waits for an adapter that is gone fails alone, and not the batch with it.
        foreach (GenerationRequest request in _waiting.Remove(request => IsGone(RequestCheck.AdapterOf(request))))
        {
            _done.Add((long.MaxValue, Sequence.Unstarted(request, _model.Tokenizer, FinishReason.AdapterGone, Loss(request.Adapter!))));
        }

        static string Loss(string adapter) => $"the model has lost the adapter '{adapter}' since the request was made";
        bool IsGone(string? adapter) => adapter is not null && !_model.Adapters.ContainsKey(adapter);
    }

    private void Admit(GenerationRequest request)
    {
        Sequence sequence = _admission.Admit(request, RequestCheck.AdapterOf(request));
        // Those with one adapter stand together, so that their products are taken together.
        int last = sequence.Adapter is null ? -1 : _active.FindLastIndex(other => other.Adapter == sequence.Adapter);
        _active.Insert(last < 0 ? _active.Count : last + 1, sequence);
    }

    /// <summary>Gives those their replies whose tools have answered.</summary>
    private void TakeReplies()
    {
        foreach (Sequence sequence in _active.Where(sequence => sequence.Pending is { Replies.IsCompleted: true }).ToArray())
        {
            if (_tools.Resume(sequence) is { } failure) Finish(sequence, FinishReason.ToolFailed, failure);
            else if (sequence.Full is { } reason) Finish(sequence, reason);
        }
    }

    private void Continue(Sequence sequence, int output)
    {
        GenerationRequest request = sequence.Request;
        Span<float> logits = _pass.Logits(output);
        bool mayEnd = sequence.Count - request.Prompt.Length + 1 >= request.MinimumTokens;
        if (sequence.Pattern is { } pattern)
        {
            if (!pattern.Restrict(logits, sequence.PatternState, mayEnd))
            {
                Finish(sequence, FinishReason.PatternImpossible, "the text ran into a place from which no token of the vocabulary leads on towards its pattern or schema; ask for a form that the tokenizer can write");
                return;
            }
        }
        else if (!mayEnd)
        {
            foreach (int end in _model.EndTokens) logits[end] = float.NegativeInfinity;
        }

        (int token, float logProbability) = _sampler.Draw(logits, request.Sampling, sequence.Random, sequence.Tokens);
        if (token < 0)
        {
            Finish(sequence, FinishReason.NotFinite, $"the logits {(sequence.Adapter is { } adapter ? $"under the adapter '{adapter.Name}' " : "")}are no numbers (NaN or infinite); the weights are damaged, or training has diverged: take an earlier checkpoint");
            return;
        }

        sequence.Sampled(token, logProbability);
        DecodedTokens++;
        bool goesOn = request.Observer is not { } observer || observer(new SampledToken(token, logProbability, _sampler.Likeliest(request.Alternatives)));
        if (_model.EndTokens.Contains(token)) Finish(sequence, FinishReason.EndOfText);
        else if (!goesOn) Finish(sequence, FinishReason.Stopped);
        else if (sequence.Stops?.Completes(_model.Tokenizer.BytesOf(token).Span) == true) Finish(sequence, FinishReason.StopText);
        else
        {
            if (sequence.Pattern is { } followed) sequence.PatternState = followed.Next(sequence.PatternState, token);
            if (_tools.Make(sequence, token) is { } failure) Finish(sequence, FinishReason.ToolFailed, failure);
            else if (sequence.Pending is null && sequence.Full is { } reason) Finish(sequence, reason);
        }
    }

    /// <summary>Ends what is of no use any more.</summary>
    private void EndLate(DateTimeOffset now)
    {
        foreach (Sequence late in _active.Where(sequence => sequence.Request.Deadline <= now).ToArray()) Finish(late, FinishReason.DeadlinePassed);
        foreach (GenerationRequest late in _waiting.Remove(request => request.Deadline <= now))
        {
            _done.Add((long.MaxValue, Sequence.Unstarted(late, _model.Tokenizer, FinishReason.DeadlinePassed)));
        }
    }

    private void Finish(Sequence sequence, FinishReason reason, string? failure = null)
    {
        _done.Add((sequence.Number, sequence.Finish(_model.Tokenizer, reason, failure)));
        Leave(sequence);
    }

    private void Leave(Sequence sequence)
    {
        sequence.Pending?.Dispose();
        _admission.Leave(sequence);
        _active.Remove(sequence);
        _waiting.Finish(sequence.Request);
    }
}
