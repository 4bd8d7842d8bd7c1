using AgentSociety.Core;

namespace AgentSociety.Models.Patterns;

/// <summary>The forms that answers of one model were asked to have: each is prepared once, whoever asks for it meanwhile, and refused once.</summary>
/// <remarks>Safe to call from any thread. Preparing takes up to a second, on a thread of the pool; a few are prepared at a time, so that requests cannot take all processors.</remarks>
internal sealed class AnswerForms(ITokenizer tokenizer, IReadOnlyList<int> ends)
{
    private const int MostForms = 64;

    /// <summary>States of all forms together: their tables and masks are what takes memory.</summary>
    private const int MostStates = 50_000;

    private static readonly SemaphoreSlim Preparing = new(Math.Max(1, Environment.ProcessorCount / 2));

    // A defect of the tokenizer is not kept.
    private readonly Lazy<TokenBytes> _tokens = new(() => new TokenBytes(tokenizer), LazyThreadSafetyMode.PublicationOnly);
    private readonly Dictionary<(string? Pattern, string? Schema), Task<AnswerForm>> _forms = [];
    private readonly Lock _gate = new();

    /// <summary>The vocabulary in the order of its bytes.</summary>
    public TokenBytes Tokens => _tokens.Value;

    /// <summary>Forms that were prepared or refused since the model was made.</summary>
    internal int Prepared { get; private set; }

    /// <summary>The form of a pattern or a schema; ends with the <see cref="SocietyException"/> that says why there is none.</summary>
    public Task<AnswerForm> OfAsync(string? pattern, string? schema)
    {
        lock (_gate)
        {
            if (_forms.TryGetValue((pattern, schema), out Task<AnswerForm>? known) && known.Exception?.InnerException is null or SocietyException) return known;
            // Those that are being prepared stay, or they would be begun again.
            if (_forms.Count >= MostForms || _forms.Values.Sum(form => form.IsCompletedSuccessfully ? form.Result.Tokens.States : 0) >= MostStates)
            {
                foreach ((string?, string?) done in _forms.Where(form => form.Value.IsCompleted).Select(form => form.Key).ToArray()) _forms.Remove(done);
            }

            return _forms[(pattern, schema)] = Task.Run(() => PrepareAsync(pattern, schema));
        }
    }

    private async Task<AnswerForm> PrepareAsync(string? pattern, string? schema)
    {
        await Preparing.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_gate) Prepared++;
            PatternAutomaton automaton = schema is not null ? PatternAutomaton.Build(SchemaPattern.Of(schema), "the schema, written out as a regular expression") : PatternAutomaton.Build(pattern!);
            TokenPattern tokens = new(automaton, Tokens, ends);
            return tokens.Possible ? new AnswerForm(tokens)
                : throw new SocietyException($"the tokenizer cannot write any text that {(schema is null ? $"matches {PatternParser.Shown(pattern!)}" : "fulfils the schema")}");
        }
        finally
        {
            Preparing.Release();
        }
    }
}
