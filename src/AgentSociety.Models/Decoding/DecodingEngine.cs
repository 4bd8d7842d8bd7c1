using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Models.Cpu;
using AgentSociety.Models.Tensors;
using TorchSharp;

namespace AgentSociety.Models;

/// <summary>Continues many prompts at once: requests join and leave between steps, tools answer within one sequence while the others go on.</summary>
/// <remarks>
/// <para>Continuous batching after Yu et al., "Orca" (OSDI 2022), section 3.1; the beginning that requests share is computed once.</para>
/// <para>
/// On the CPU a sequence's tokens and log-probabilities are the same, bit for bit, whatever it is batched with and however its prompt is
/// split: every row's sums run in an order of their own (He et al. 2025, "Defeating nondeterminism in LLM inference"). On a GPU torch chooses that order by the
/// shape of the batch, and last digits differ.
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
    private readonly TurnQueue<GenerationRequest> _waiting = new(static request => request.Owner);
    private readonly List<Sequence> _active = [];
    private readonly HashSet<string> _known = [];
    private readonly Dictionary<string, ToolMarkers> _markers = [];
    private readonly List<(long Number, Generation Generation)> _done = [];
    private readonly List<Sequence> _sampling = [];
    private readonly Row[] _rows;
    private long _version;
    private long _sharedVersion;
    private long _admitted;
    private int _deadlines;

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
        _rows = new Row[Math.Max(RowsPerStep, _slots.Length)];
        _pass = (pass ?? PassFor)(model, new PassSize(_slots.Length, Context, _room.Positions, _rows.Length));
        _caches = new SlotCaches(_room, _pass, _slots, Context);
        _adapters = new AdapterVersions(model, _pass);
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

    /// <summary>True where <see cref="Submit"/> refuses another request: steps make room.</summary>
    public bool Full => _waiting.Count >= (long)MostWaiting + _slots.Length - _active.Count;

    /// <summary>Requests that wait for a slot.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Sequences that have a slot.</summary>
    public int Running => _active.Count;

    /// <summary>Sequences of the last step, those included that waited in it for a beginning to copy: fewer than are running where some stand back for want of room.</summary>
    public int Batch { get; private set; }

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
        DecoderConfig config = _model.Decoder.Config;
        if (Full)
        {
            EngineMetrics.Refuse();
            throw new SocietyException($"request {request.Id}: {_waiting.Count} requests wait already and no more may; ask again later", badInput: false) { Busy = true };
        }

        if (request.Prompt.Length == 0) throw new SocietyException($"request {request.Id}: the prompt is empty; a model needs at least one token to continue");
        if (request.Prompt.Length >= Context)
            throw new SocietyException($"request {request.Id}: the prompt has {request.Prompt.Length} tokens and the context {Context}; shorten the prompt or use a model with a longer context");
        foreach (int token in request.Prompt)
        {
            if ((uint)token >= (uint)config.VocabularySize) throw new ArgumentException($"Request {request.Id}: token {token} is not of the vocabulary of {config.VocabularySize}.", nameof(request));
        }

        if (AdapterOf(request) is { } adapter && !_model.Adapters.ContainsKey(adapter))
            throw new SocietyException($"request {request.Id}: the model has no adapter '{adapter}'; it has {(_model.Adapters.Count == 0 ? "none" : string.Join(", ", _model.Adapters.Keys.Order(StringComparer.Ordinal)))}");
        if (request.Stops.Any(string.IsNullOrEmpty)) throw new SocietyException($"request {request.Id}: a stop is empty, and would be met at once; leave it out");
        request = Prepared(request);
        if (!_known.Add(request.Id)) throw new ArgumentException($"A request named {request.Id} is not finished.", nameof(request));
        _waiting.Enqueue(request);
        if (request.Deadline is not null) _deadlines++;
        Report();
    }

    /// <summary>Drops a request that is not finished; it returns no generation.</summary>
    /// <returns>False where there is no such request.</returns>
    public bool Cancel(string id)
    {
        if (!_known.Remove(id)) return false;
        if (_active.FirstOrDefault(sequence => sequence.Request.Id == id) is { } running) Leave(running);
        else Forget(_waiting.Remove(request => request.Id == id)[0]);
        Report();
        return true;
    }

    /// <summary>Feeds every sequence its next tokens and samples where a sequence has none left; does nothing when idle.</summary>
    /// <returns>What finished, in order of admission.</returns>
    public IReadOnlyList<Generation> Step()
    {
        long started = _metrics.Start(), decoded = DecodedTokens;
        _done.Clear();
        if (_version != _model.WeightsVersion) TakeUpWeights();
        if (_deadlines > 0) EndLate(_time.GetUtcNow());
        // Before others are admitted to the slots of donors that have left.
        foreach (Sequence sequence in _active) CopyFromDonor(sequence);
        while (_waiting.Count > 0 && _active.Count < _slots.Length && _caches.HasRoomFor(_waiting.Next, _active)) Admit(_waiting.Dequeue());
        _caches.Fit(_active);
        int rows = Gather();
        _pass.Run(_rows.AsSpan(0, rows));
        for (int output = 0; output < _sampling.Count; output++) Continue(_sampling[output], output);
        _done.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        Seconds += _metrics.Step(started, Batch, (int)(DecodedTokens - decoded), rows - _sampling.Count);
        Report();
        return [.. _done.Select(static done => done.Generation)];
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _metrics.Level(0, 0, 0, 0);
        _adapters.Dispose();
        _pass.Dispose();
    }

    private static IForwardPass PassFor(LanguageModel model, PassSize size) => model.Decoder.Device.type == DeviceType.CPU
        ? new CpuPass(model, size, TorchRuntime.Threads)
        : new TensorPass(model, size);

    private void Report()
    {
        long cached = 0;
        foreach (Sequence sequence in _active) cached += sequence.Slot.Fed;
        _metrics.Level(_waiting.Count, _active.Count, cached, _room.Positions);
    }

    private static string? AdapterOf(GenerationRequest request) => string.IsNullOrEmpty(request.Adapter) || request.Adapter == LanguageModel.BaseName ? null : request.Adapter;

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
        foreach (GenerationRequest request in _waiting.Remove(request => IsGone(AdapterOf(request))))
        {
            _known.Remove(request.Id);
            Forget(request);
            _done.Add((long.MaxValue, Sequence.Unstarted(request, _model.Tokenizer, FinishReason.AdapterGone, Loss(request.Adapter!))));
        }

        static string Loss(string adapter) => $"the model has lost the adapter '{adapter}' since the request was made";
        bool IsGone(string? adapter) => adapter is not null && !_model.Adapters.ContainsKey(adapter);
    }

    private void Admit(GenerationRequest request)
    {
        AdapterVersion? adapter = _adapters.Join(AdapterOf(request));
        // The last prompt token is always computed, since its logits are needed.
        ReadOnlySpan<int> shareable = request.Prompt.AsSpan(0, request.Prompt.Length - 1);
        Slot? free = null, donor = null;
        int longest = 0, freeLength = -1;
        foreach (Slot slot in _slots)
        {
            int kept = slot.Owner is { } owner ? owner.Request.Prompt.Length : slot.Fed;
            int length = kept == 0 || slot.Adapter != adapter ? 0 : shareable.CommonPrefixLength(slot.Tokens.AsSpan(0, kept));
            if (length > longest) (longest, donor) = (length, slot);
            if (slot.Owner is null && length > freeLength) (freeLength, free) = (length, slot);
        }

        Sequence sequence = new(request, free!, adapter, ++_admitted)
        {
            Pattern = request.Form?.Tokens,
            Stops = request.Stops.Count == 0 ? null : new StopSearch(request.Stops, _model.Forms.Tokens.Longest),
        };
        bool inPlace = freeLength == longest;
        if (!inPlace && donor!.Owner is { } source) sequence.Donor = (donor, source, longest);
        else if (!inPlace)
        {
            free!.Fed = 0;
            _caches.Grow(free, request.Prompt.Length, donor);
            // Where the room was not enough for both, the donor went.
            longest = Math.Min(longest, donor!.Fed);
            if (longest > 0) _pass.CopyPrefix(donor.Index, free.Index, longest);
        }

        free!.Fed = sequence.Donor is null ? longest : 0;
        free.Admitted = sequence.Number;
        free.Adapter = adapter;
        free.Owner = sequence;
        request.Prompt.CopyTo(free.Tokens.AsSpan());
        // Those with one adapter stand together, so that their products are taken together.
        int last = adapter is null ? -1 : _active.FindLastIndex(other => other.Adapter == adapter);
        _active.Insert(last < 0 ? _active.Count : last + 1, sequence);
    }

    /// <summary>Lists the tokens to be fed: at least one of every sequence, more of prompts and replies as far as the step's budget goes.</summary>
    private int Gather()
    {
        _sampling.Clear();
        Batch = 0;
        foreach (Sequence sequence in _active) CopyFromDonor(sequence);
        int rows = 0, after = _active.Count;
        foreach (Sequence sequence in _active)
        {
            after--;
            if (sequence.StandsBack) continue;
            Batch++;
            if (sequence.Donor is not null) continue;
            Slot slot = sequence.Slot;
            int take = Math.Min(sequence.Count - slot.Fed, _rows.Length - rows - after);
            for (int end = slot.Fed + take; slot.Fed < end; slot.Fed++)
            {
                bool last = slot.Fed == sequence.Count - 1;
                _rows[rows++] = new Row(slot.Tokens[slot.Fed], slot.Index, slot.Fed, sequence.Adapter, last ? _sampling.Count : -1);
                if (last) _sampling.Add(sequence);
            }
        }

        PrefilledTokens += rows - _sampling.Count;
        return rows;
    }

    /// <summary>Copies the shared beginning once the donor has it, also from one that has left and whose slot still holds it; a donor that has left before is not waited for.</summary>
    private void CopyFromDonor(Sequence sequence)
    {
        if (sequence.Donor is not { } donor) return;
        Slot slot = donor.Slot;
        bool there = slot.Fed >= donor.Length && slot.Adapter == sequence.Adapter && slot.Tokens.AsSpan(0, donor.Length).SequenceEqual(sequence.Slot.Tokens.AsSpan(0, donor.Length));
        if (!there && slot.Owner == donor.Owner) return;
        sequence.Donor = null;
        if (!there) return;
        _pass.CopyPrefix(donor.Slot.Index, sequence.Slot.Index, donor.Length);
        sequence.Slot.Fed = donor.Length;
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
            if (request.Tools is { Markers.Length: > 0 } tools && MarkersOf(tools).MayEndIn(token) && !TryCall(sequence, tools)) return;
            if (sequence.Full is { } reason) Finish(sequence, reason);
        }
    }

    /// <summary>Makes the calls that the last token completed; false where that ended the sequence.</summary>
    private bool TryCall(Sequence sequence, IToolSession tools)
    {
        (IReadOnlyList<string> calls, string rest) = MarkersOf(tools).Read(sequence.CallBegun, sequence.Tokens[sequence.CallStart..]);
        if (calls.Count == 0) return true;
        try
        {
            List<int> reply = [];
            foreach (string call in calls) reply.AddRange(_model.Tokenizer.EncodeContinuation(tools.Call(call)));
            sequence.Replied(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(reply), rest);
            return true;
        }
        catch (SocietyException failure)
        {
            // One sequence's trouble is not the batch's.
            Finish(sequence, FinishReason.ToolFailed, failure.Message);
            return false;
        }
    }

    private ToolMarkers MarkersOf(IToolSession tools) =>
        _markers.TryGetValue(tools.Markers, out ToolMarkers? known) ? known : _markers[tools.Markers] = new ToolMarkers(_model.Tokenizer, tools.Markers, _model.Decoder.Config.VocabularySize);

    /// <summary>The request with its form prepared.</summary>
    private GenerationRequest Prepared(GenerationRequest request) => request switch
    {
        { Pattern: not null, Schema: not null } => throw new SocietyException($"request {request.Id}: it asks for a pattern and for a schema; leave one of them out"),
        { Form: null } and ({ Pattern: not null } or { Schema: not null }) => request with { Form = _model.PrepareAsync(request.Pattern, request.Schema).GetAwaiter().GetResult() },
        _ => request,
    };

    /// <summary>Ends what is of no use any more.</summary>
    private void EndLate(DateTimeOffset now)
    {
        foreach (Sequence late in _active.Where(sequence => sequence.Request.Deadline <= now).ToArray()) Finish(late, FinishReason.DeadlinePassed);
        foreach (GenerationRequest late in _waiting.Remove(request => request.Deadline <= now))
        {
            _known.Remove(late.Id);
            Forget(late);
            _done.Add((long.MaxValue, Sequence.Unstarted(late, _model.Tokenizer, FinishReason.DeadlinePassed)));
        }
    }

    private void Finish(Sequence sequence, FinishReason reason, string? failure = null)
    {
        _done.Add((sequence.Number, sequence.Finish(_model.Tokenizer, reason, failure)));
        _known.Remove(sequence.Request.Id);
        Leave(sequence);
    }

    private void Leave(Sequence sequence)
    {
        sequence.Slot.Owner = null;
        _active.Remove(sequence);
        _adapters.Leave(sequence.Adapter);
        Forget(sequence.Request);
    }

    private void Forget(GenerationRequest request)
    {
        if (request.Deadline is not null) _deadlines--;
    }
}
