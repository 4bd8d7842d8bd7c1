using System.Diagnostics;
using System.Diagnostics.Metrics;
using AgentSociety.Core;
using AgentSociety.Core.Environments;
using AgentSociety.Models.Cpu;

namespace AgentSociety.Models;

/// <summary>Continues many prompts at once: requests join and leave between steps, tools answer within one sequence while the others go on.</summary>
/// <remarks>
/// <para>Continuous batching after Yu et al., "Orca" (OSDI 2022), section 3.1; the beginning that requests share is computed once.</para>
/// <para>
/// On the CPU a sequence's tokens and log-probabilities are the same, bit for bit, whatever it is batched with and however its prompt is
/// split: every row's sums run in an order of their own (He et al. 2025, "Defeating nondeterminism in LLM inference").
/// </para>
/// <para>Not thread-safe, and weights must not change during a step. After <see cref="LanguageModel.WeightsChanged"/> running sequences go on under the new weights.</para>
/// </remarks>
public sealed class DecodingEngine : IDisposable
{
    /// <summary>Name of the meter under which all engines of the process report: tokens sampled and prefilled, seconds of steps, sequences in a batch.</summary>
    public const string MeterName = "AgentSociety.Decoding";

    private static readonly Meter Meter = new(MeterName);
    private static readonly Counter<long> DecodedCounter = Meter.CreateCounter<long>("decoding.tokens", "{token}", "Tokens sampled");
    private static readonly Counter<long> PrefilledCounter = Meter.CreateCounter<long>("decoding.prefilled", "{token}", "Tokens of prompts and tool replies computed");
    private static readonly Histogram<double> StepSeconds = Meter.CreateHistogram<double>("decoding.step", "s", "Time of one step");
    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>("decoding.batch", "{sequence}", "Sequences in a step");

    private const long CacheBytes = 4L << 30;
    private const int RowsPerStep = 1024;

    private readonly LanguageModel _model;
    private readonly CpuPass _pass;
    private readonly Slot[] _slots;
    private readonly Sampler _sampler;
    private readonly Queue<GenerationRequest> _waiting = [];
    private readonly List<Sequence> _active = [];
    private readonly HashSet<string> _known = [];
    private readonly Dictionary<string, bool[]> _markers = [];
    private readonly List<Generation> _done = [];
    private readonly List<Sequence> _sampling = [];
    private readonly Row[] _rows;
    private long _version;
    private long _taken;

    /// <summary>An engine over a model.</summary>
    /// <param name="model">The model; the engine does not own it.</param>
    /// <param name="slots">Most sequences in one batch; fewer where their caches would take more than 4 GiB.</param>
    /// <param name="context">Most tokens of a sequence; the model's context where that is less, or what fits into 4 GiB.</param>
    public DecodingEngine(LanguageModel model, int slots = 256, int context = int.MaxValue)
    {
        DecoderConfig config = model.Decoder.Config;
        long bytes = 2L * config.Layers * config.KeyValueHeads * config.HeadWidth * sizeof(float);
        _model = model;
        Context = (int)Math.Min(Math.Min(config.Context, context), Math.Max(CacheBytes / bytes, 16));
        _slots = [.. Enumerable.Range(0, (int)Math.Clamp(CacheBytes / bytes / Context, 1, slots)).Select(index => new Slot(index, Context))];
        _rows = new Row[Math.Max(RowsPerStep, _slots.Length)];
        _pass = new CpuPass(model, _slots.Length, Context, _rows.Length, TorchRuntime.Threads);
        _sampler = new Sampler(config.VocabularySize);
        _version = model.WeightsVersion;
        _pass.Refresh();
    }

    /// <summary>Most tokens of a sequence.</summary>
    public int Context { get; }

    /// <summary>True where nothing waits and nothing runs.</summary>
    public bool Idle => _waiting.Count == 0 && _active.Count == 0;

    /// <summary>Requests that wait for a slot.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>Sequences in the batch.</summary>
    public int Running => _active.Count;

    /// <summary>Tokens sampled since the engine was made.</summary>
    public long DecodedTokens { get; private set; }

    /// <summary>Tokens of prompts and tool replies that were computed; shared beginnings count once.</summary>
    public long PrefilledTokens { get; private set; }

    /// <summary>Time spent in <see cref="Step"/>, tools included.</summary>
    public double Seconds { get; private set; }

    /// <summary>Tokens sampled since the last call of this method.</summary>
    public long TakeDecodedTokens()
    {
        long taken = DecodedTokens - _taken;
        _taken = DecodedTokens;
        return taken;
    }

    /// <summary>Puts a request into the queue; it joins the batch at a later step, first come, first served.</summary>
    /// <exception cref="SocietyException">The prompt is empty or does not fit the context, or the adapter is unknown.</exception>
    /// <exception cref="ArgumentException">A request of this name is not finished, or a token is not of the vocabulary.</exception>
    public void Submit(GenerationRequest request)
    {
        DecoderConfig config = _model.Decoder.Config;
        if (request.Prompt.Length == 0) throw new SocietyException($"request {request.Id}: the prompt is empty; a model needs at least one token to continue");
        if (request.Prompt.Length >= Context)
            throw new SocietyException($"request {request.Id}: the prompt has {request.Prompt.Length} tokens and the context {Context}; shorten the prompt or use a model with a longer context");
        foreach (int token in request.Prompt)
        {
            if ((uint)token >= (uint)config.VocabularySize) throw new ArgumentException($"Request {request.Id}: token {token} is not of the vocabulary of {config.VocabularySize}.", nameof(request));
        }

        if (AdapterOf(request) is { } adapter && !_model.Adapters.ContainsKey(adapter))
            throw new SocietyException($"request {request.Id}: the model has no adapter '{adapter}'; it has {(_model.Adapters.Count == 0 ? "none" : string.Join(", ", _model.Adapters.Keys.Order(StringComparer.Ordinal)))}");
        if (!_known.Add(request.Id)) throw new ArgumentException($"A request named {request.Id} is not finished.", nameof(request));
        _waiting.Enqueue(request);
    }

    /// <summary>Drops a request that is not finished; it returns no generation.</summary>
    /// <returns>False where there is no such request.</returns>
    public bool Cancel(string id)
    {
        if (!_known.Remove(id)) return false;
        if (_active.FirstOrDefault(sequence => sequence.Request.Id == id) is { } running) Leave(running);
        else
        {
            GenerationRequest[] others = [.. _waiting.Where(request => request.Id != id)];
            _waiting.Clear();
            foreach (GenerationRequest other in others) _waiting.Enqueue(other);
        }

        return true;
    }

    /// <summary>Feeds every sequence its next tokens and samples where a sequence has none left; does nothing when idle.</summary>
    /// <returns>What finished, in order of admission; valid until the next step.</returns>
    public IReadOnlyList<Generation> Step()
    {
        long started = Stopwatch.GetTimestamp();
        _done.Clear();
        if (_version != _model.WeightsVersion) TakeUpWeights();
        while (_waiting.Count > 0 && _active.Count < _slots.Length) Admit(_waiting.Dequeue());
        int batch = _active.Count, rows = Gather();
        _pass.Run(_rows.AsSpan(0, rows));
        for (int output = 0; output < _sampling.Count; output++) Continue(_sampling[output], output);
        double seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
        Seconds += seconds;
        DecodedCounter.Add(_sampling.Count);
        PrefilledCounter.Add(rows - _sampling.Count);
        StepSeconds.Record(seconds);
        BatchSize.Record(batch);
        return _done;
    }

    /// <inheritdoc />
    public void Dispose() => _pass.Dispose();

    private static string? AdapterOf(GenerationRequest request) => string.IsNullOrEmpty(request.Adapter) || request.Adapter == "base" ? null : request.Adapter;

    private void TakeUpWeights()
    {
        _pass.Refresh();
        _version = _model.WeightsVersion;
        foreach (Slot slot in _slots) slot.Fed = 0;
    }

    private void Admit(GenerationRequest request)
    {
        string? adapter = AdapterOf(request);
        // The last prompt token is always computed, since its logits are needed.
        ReadOnlySpan<int> shareable = request.Prompt.AsSpan(0, request.Prompt.Length - 1);
        Slot? free = null, donor = null;
        int longest = 0, freeLength = -1;
        foreach (Slot slot in _slots)
        {
            int length = slot.Adapter != adapter ? 0
                : shareable.CommonPrefixLength(slot.Tokens.AsSpan(0, slot.Owner is { } owner ? owner.Request.Prompt.Length : slot.Fed));
            if (length > longest) (longest, donor) = (length, slot);
            if (slot.Owner is null && length > freeLength) (freeLength, free) = (length, slot);
        }

        Sequence sequence = new(request, free!, adapter);
        bool inPlace = freeLength == longest;
        if (!inPlace && donor!.Owner is { } source) sequence.Donor = (donor, source, longest);
        else if (!inPlace) _pass.CopyPrefix(donor!.Index, free!.Index, longest);
        free!.Fed = sequence.Donor is null ? longest : 0;
        free.Adapter = adapter;
        free.Owner = sequence;
        request.Prompt.CopyTo(free.Tokens.AsSpan());
        _active.Add(sequence);
    }

    /// <summary>Lists the tokens to be fed: at least one of every sequence, more of prompts and replies as far as the step's budget goes.</summary>
    private int Gather()
    {
        _sampling.Clear();
        foreach (Sequence sequence in _active) CopyFromDonor(sequence);
        int rows = 0, after = _active.Count;
        foreach (Sequence sequence in _active)
        {
            after--;
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

    /// <summary>Copies the shared beginning once the donor has it; a donor that has left is not waited for.</summary>
    private void CopyFromDonor(Sequence sequence)
    {
        if (sequence.Donor is not { } donor) return;
        bool there = donor.Slot.Owner == donor.Owner;
        if (there && donor.Slot.Fed < donor.Length) return;
        sequence.Donor = null;
        if (!there) return;
        _pass.CopyPrefix(donor.Slot.Index, sequence.Slot.Index, donor.Length);
        sequence.Slot.Fed = donor.Length;
    }

    private void Continue(Sequence sequence, int output)
    {
        (int token, float logProbability) = _sampler.Draw(_pass.Logits(output), sequence.Request.Sampling, sequence.Random, sequence.Tokens);
        sequence.Sampled(token, logProbability);
        DecodedTokens++;
        bool goesOn = sequence.Request.Observer is not { } observer || observer(new SampledToken(token, logProbability, _sampler.Likeliest(sequence.Request.Alternatives)));
        if (_model.EndTokens.Contains(token))
        {
            Finish(sequence, FinishReason.EndOfText);
            return;
        }

        if (!goesOn)
        {
            Finish(sequence, FinishReason.Stopped);
            return;
        }

        if (sequence.Request.Tools is { Markers.Length: > 0 } tools && EndsCall(tools.Markers)[token] && !TryCall(sequence, tools)) return;
        if (sequence.Full is { } reason) Finish(sequence, reason);
    }

    private bool TryCall(Sequence sequence, IToolSession tools)
    {
        try
        {
            string reply = tools.Call(_model.Tokenizer.DecodeContinuation(sequence.Tokens[sequence.CallStart..]));
            sequence.Replied(_model.Tokenizer.EncodeContinuation(reply));
            return true;
        }
        catch (SocietyException failure)
        {
            // One sequence's trouble is not the batch's.
            Finish(sequence, FinishReason.ToolFailed, failure.Message);
            return false;
        }
    }

    /// <summary>For each token, whether its text ends with a marker.</summary>
    private bool[] EndsCall(string markers)
    {
        if (_markers.TryGetValue(markers, out bool[]? ends)) return ends;
        ends = new bool[_model.Decoder.Config.VocabularySize];
        for (int token = 0; token < ends.Length; token++)
        {
            string text = _model.Tokenizer.DecodeContinuation([token]);
            ends[token] = text.Length > 0 && markers.Contains(text[^1], StringComparison.Ordinal);
        }

        return _markers[markers] = ends;
    }

    private void Finish(Sequence sequence, FinishReason reason, string? failure = null)
    {
        _done.Add(sequence.Finish(_model.Tokenizer, reason, failure));
        _known.Remove(sequence.Request.Id);
        Leave(sequence);
    }

    private void Leave(Sequence sequence)
    {
        sequence.Slot.Owner = null;
        _active.Remove(sequence);
    }
}
