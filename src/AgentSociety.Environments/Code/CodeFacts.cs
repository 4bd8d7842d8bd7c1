namespace AgentSociety.Environments.Code;

/// <summary>What the programs of problems give. It is found out once, when a problem is proposed, by limits that leave a wide margin, and remembered.</summary>
/// <remarks>
/// What passes here ran in a thirtieth of the processor time that it may take later, in half of the statements and memory, or it is no problem: a problem that was posed goes on running. Time is the
/// processor's, the least of three tries where the first took too long, so that what else the machine does decides nothing. The tries that count may take <see cref="Budget"/> for one proposal, whatever it brings to run; those that are thrown away, at most
/// two of each run, are not charged to it, since whether there are any depends on the machine.
/// </remarks>
/// <param name="sandbox">Where programs of problems run.</param>
/// <param name="strict">Runs a proposed program within the limits for those; null for a sandbox of its own.</param>
sealed class CodeFacts(Sandbox sandbox, Func<string, string, ProgramRun>? strict = null)
{
    /// <summary>How long the programs of one proposal may run, all together.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    // No noise makes of a run that is short enough one that takes so many times as long: it is not tried again.
    private const int Noise = 5;
    private const int Tries = 3;
    private static readonly TimeSpan Each = TimeSpan.FromMilliseconds(100);
    private readonly Remembered<string> _outputs = new(2_000);
    private readonly Remembered<Established> _established = new(2_000);
    // A regular expression that ends by the clock on the wall leaves half of the budget, and where nothing else ran is not tried again.
    private readonly Func<string, string, ProgramRun> _strict =
        strict ?? new Sandbox(new() { Statements = new SandboxLimits().Statements / 2, Memory = new SandboxLimits().Memory / 2, Processor = Each, RegularExpression = Noise * Each }).Measured;

    /// <summary>What the program of a problem gives; null only where a machine is so slow that even the margin does not help.</summary>
    public string? Output(string program, string input)
    {
        if (_outputs.TryGet(Key(program, input), out string? known)) return known;
        string? output = sandbox.Run(program, input).Value;
        if (output is not null) _outputs.Keep(Key(program, input), output);
        return output;
    }

    /// <summary>What a proposed program gives, twice the same and well within the limits, or why it is refused.</summary>
    /// <param name="program">The program.</param>
    /// <param name="input">A JSON value.</param>
    /// <param name="spent">What the proposal has used so far; the two runs are added, also where they were done for an earlier proposal. A run that gave nothing says why by itself.</param>
    public Execution Establish(string program, string input, Spent spent)
    {
        if (spent.Refusal is { } refusal) return new(null, refusal);
        if (!_established.TryGet(Key(program, input), out Established? known))
        {
            known = Twice(program, input);
            // What gave nothing ends its proposal in most cases, and is not kept.
            if (known.Came.Value is { } output)
            {
                _established.Keep(Key(program, input), known);
                _outputs.Keep(Key(program, input), output);
            }
        }

        return spent.Add(known!.Processor) || known.Came.Value is null ? known.Came : new(null, spent.Refusal!);
    }

    private Established Twice(string program, string input)
    {
        ProgramRun first = Tried(program, input);
        if (first.Came.Value is null) return new(first.Came, first.Processor);
        ProgramRun second = Tried(program, input);
        Execution came = second.Came.Value is not null && second.Came != first.Came ? new(null, "two runs gave two results") : second.Came;
        return new(came, first.Processor + second.Processor);
    }

    private ProgramRun Tried(string program, string input)
    {
        ProgramRun run = _strict(program, input);
        for (int tries = 1; tries < Tries && run.Came.Late && run.Processor < Noise * Each; tries++) run = _strict(program, input);
        return run;
    }

    private static string Key(string program, string input) => $"{input}\n{program}";

    /// <summary>What one proposal has used of <see cref="Budget"/>.</summary>
    public sealed class Spent
    {
        private TimeSpan _used;

        /// <summary>Why nothing of the proposal is run any more; null where there is something left. From then on it is refused, whatever its other runs gave.</summary>
        public string? Refusal { get; private set; }

        /// <summary>Adds a run.</summary>
        /// <returns>False where that was too much.</returns>
        public bool Add(TimeSpan processor)
        {
            _used += processor;
            if (_used > Budget) Refusal = $"its runs take longer than {Budget.TotalSeconds} s together";
            return Refusal is null;
        }
    }

    private sealed record Established(Execution Came, TimeSpan Processor);
}
