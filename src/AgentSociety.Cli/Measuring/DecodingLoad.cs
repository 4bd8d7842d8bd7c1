using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models;

namespace AgentSociety.Cli.Measuring;

/// <summary>Generations whose speed is measured: prompts that share nothing, and answers that are as long as was asked for.</summary>
internal sealed class DecodingLoad : IDisposable
{
    private readonly LanguageModel _model;
    private readonly DecodingEngine _engine;
    private readonly int _batch;
    private readonly string?[] _adapters;
    private long _requests;

    /// <summary>A load of generations side by side.</summary>
    /// <param name="model">The model; it gets adapters where it has too few.</param>
    /// <param name="batch">How many at once.</param>
    /// <param name="adapters">How many adapters take turns; 0 for the shared weights.</param>
    /// <param name="halvedAdapters">See <see cref="DecodingEngine.HalvedAdapters"/>.</param>
    public DecodingLoad(LanguageModel model, int batch, int adapters = 0, bool halvedAdapters = false)
    {
        for (int adapter = model.Adapters.Count; adapter < adapters; adapter++) model.AddAdapter($"measured-{adapter}", new LoraSettings(), (ulong)adapter);
        _model = model;
        _batch = batch;
        _adapters = adapters == 0 ? [null] : [.. model.Adapters.Keys.Take(adapters)];
        _engine = new DecodingEngine(model, batch) { HalvedAdapters = halvedAdapters };
    }

    /// <summary>Tokens that a prompt and its continuation may have together.</summary>
    public int Context => _engine.Context;

    /// <summary>How many went on together at most, in the last measurement: fewer than the batch where the caches have no room for more.</summary>
    public int Together { get; private set; }

    /// <summary>Continues prompts of <paramref name="prompt"/> tokens by <paramref name="length"/> tokens each.</summary>
    /// <returns>Tokens that were drawn.</returns>
    public long Decode(int prompt, int length)
    {
        long before = _engine.DecodedTokens;
        Submit(prompt, length);
        Finish();
        return _engine.DecodedTokens - before;
    }

    /// <summary>Computes prompts, and draws one token after each.</summary>
    /// <returns>Tokens of prompts.</returns>
    public long Prefill(int prompt)
    {
        Submit(prompt, length: 1);
        Finish();
        return (long)_batch * prompt;
    }

    /// <inheritdoc />
    public void Dispose() => _engine.Dispose();

    private void Finish()
    {
        Together = 0;
        while (!_engine.Idle)
        {
            _engine.Step();
            Together = Math.Max(Together, _engine.Batch);
        }
    }

    private void Submit(int prompt, int length)
    {
        for (int sequence = 0; sequence < _batch; sequence++)
        {
            KeyedRandom random = KeyedRandom.For(1, "measured", ++_requests);
            _engine.Submit(new GenerationRequest
            {
                Id = $"{_requests}",
                Prompt = [.. Enumerable.Range(0, prompt).Select(_ => random.Next(_model.Tokenizer.VocabularySize))],
                Adapter = _adapters[sequence % _adapters.Length],
                Key = KeyedRandom.Key(1, "measured", _requests),
                MinimumTokens = length,
                MaximumTokens = length,
            });
        }
    }
}
