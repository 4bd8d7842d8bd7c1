using AgentSociety.Core;

namespace AgentSociety.Models.Patterns;

/// <summary>The forms that answers of one model were asked to have: each is prepared once, whoever asks for it meanwhile, and refused once.</summary>
/// <remarks>
/// Safe to call from any thread. Preparing takes up to a second, on a thread of the pool; a few are prepared at a time, so that requests cannot take all processors, some more
/// may wait, and one that nobody waits for any more is not begun.
/// </remarks>
internal sealed class AnswerForms(ITokenizer tokenizer, IReadOnlyList<int> ends)
{
    /// <summary>Most forms that are being prepared or wait for it.</summary>
    public const int MostPending = 32;

    private const int MostForms = 64;

    /// <summary>States of all forms together: their tables and masks are what takes memory.</summary>
    private const int MostStates = 50_000;

    private static readonly SemaphoreSlim Preparing = new(Math.Max(1, Environment.ProcessorCount / 2));

    // A defect of the tokenizer is not kept.
    private readonly Lazy<TokenBytes> _tokens = new(() => new TokenBytes(tokenizer), LazyThreadSafetyMode.PublicationOnly);
    private readonly Dictionary<(string? Pattern, string? Schema), Preparation> _forms = [];
    private readonly Lock _gate = new();

    /// <summary>The vocabulary in the order of its bytes.</summary>
    public TokenBytes Tokens => _tokens.Value;

    /// <summary>Forms that were prepared or refused since the model was made.</summary>
    internal int Prepared { get; private set; }

    /// <summary>The form of a pattern or a schema; ends with the <see cref="SocietyException"/> that says why there is none, or that too many wait (<see cref="SocietyException.Busy"/>).</summary>
    public async Task<AnswerForm> OfAsync(string? pattern, string? schema, CancellationToken cancellation)
    {
        RequireLength(pattern, schema);
        Preparation preparation = Join(pattern, schema);
        try
        {
            return await preparation.Form.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Leave(pattern, schema, preparation);
        }
    }

    /// <summary>The form of a pattern or a schema, which is prepared on the caller's thread where it is not there yet.</summary>
    /// <exception cref="SocietyException">There is none.</exception>
    public AnswerForm Of(string? pattern, string? schema)
    {
        RequireLength(pattern, schema);
        Task<AnswerForm>? known;
        lock (_gate)
        {
            known = Known(pattern, schema)?.Form;
            if (known is not { IsCompleted: true }) Prepared++;
        }

        if (known is { IsCompleted: true }) return known.GetAwaiter().GetResult();
        try
        {
            AnswerForm form = Build(pattern, schema);
            Keep(Task.FromResult(form));
            return form;
        }
        catch (SocietyException refused)
        {
            Keep(Task.FromException<AnswerForm>(refused));
            throw;
        }

        void Keep(Task<AnswerForm> form)
        {
            lock (_gate)
            {
                // What others wait for comes to the same.
                if (Known(pattern, schema) is not null) return;
                MakeRoom();
                _forms[(pattern, schema)] = new Preparation(new CancellationTokenSource()) { Form = form };
            }
        }
    }

    /// <summary>Before a text of any length becomes a key.</summary>
    private static void RequireLength(string? pattern, string? schema)
    {
        if (pattern is not null) PatternParser.RequireLength(pattern);
        if (schema is not null) SchemaPattern.RequireLength(schema);
    }

    private Preparation Join(string? pattern, string? schema)
    {
        lock (_gate)
        {
            if (Known(pattern, schema) is { } known)
            {
                known.Waiting++;
                return known;
            }

            if (_forms.Values.Count(form => !form.Form.IsCompleted) >= MostPending)
                throw new SocietyException($"{MostPending} forms of answers are being prepared already and no more may; ask again later", badInput: false) { Busy = true };
            MakeRoom();
            Preparation preparation = new(new CancellationTokenSource()) { Waiting = 1 };
            preparation.Form = Task.Run(() => PrepareAsync(pattern, schema, preparation));
            return _forms[(pattern, schema)] = preparation;
        }
    }

    private void Leave(string? pattern, string? schema, Preparation preparation)
    {
        lock (_gate)
        {
            if (--preparation.Waiting > 0 || preparation.Begun || preparation.Form.IsCompleted) return;
            preparation.Dropped = true;
            _forms.Remove((pattern, schema));
        }

        preparation.Stop.Cancel();
    }

    private Preparation? Known(string? pattern, string? schema) =>
        _forms.TryGetValue((pattern, schema), out Preparation? known) && known.Form.Exception?.InnerException is null or SocietyException ? known : null;

    private void MakeRoom()
    {
        // Those that are being prepared stay, or they would be begun again.
        if (_forms.Count < MostForms && _forms.Values.Sum(form => form.Form.IsCompletedSuccessfully ? form.Form.Result.Tokens.States : 0) < MostStates) return;
        foreach ((string?, string?) done in _forms.Where(form => form.Value.Form.IsCompleted).Select(form => form.Key).ToArray()) _forms.Remove(done);
    }

    private async Task<AnswerForm> PrepareAsync(string? pattern, string? schema, Preparation preparation)
    {
        await Preparing.WaitAsync(preparation.Stop.Token).ConfigureAwait(false);
        try
        {
            lock (_gate)
            {
                if (preparation.Dropped) throw new OperationCanceledException();
                preparation.Begun = true;
                Prepared++;
            }

            return Build(pattern, schema);
        }
        finally
        {
            Preparing.Release();
        }
    }

    private AnswerForm Build(string? pattern, string? schema)
    {
        PatternAutomaton automaton = schema is not null ? PatternAutomaton.Build(SchemaPattern.Of(schema), "the schema, written out as a regular expression") : PatternAutomaton.Build(pattern!);
        TokenPattern tokens = new(automaton, Tokens, ends);
        return tokens.Possible ? new AnswerForm(tokens)
            : throw new SocietyException($"the tokenizer cannot write any text that {(schema is null ? $"matches {PatternParser.Shown(pattern!)}" : "fulfils the schema")}");
    }

    /// <summary>A form that is there or will be, and who waits for it; all but the task under the lock.</summary>
    private sealed class Preparation(CancellationTokenSource stop)
    {
        public Task<AnswerForm> Form { get; set; } = null!;

        public CancellationTokenSource Stop { get; } = stop;

        public int Waiting { get; set; }

        public bool Begun { get; set; }

        /// <summary>True once nobody waited for it before it was begun.</summary>
        public bool Dropped { get; set; }
    }
}
