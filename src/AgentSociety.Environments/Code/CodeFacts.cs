using System.Diagnostics;

namespace AgentSociety.Environments.Code;

/// <summary>What the programs of problems give. It is found out once, when a problem is proposed, by limits that leave a wide margin, and remembered.</summary>
/// <remarks>
/// Time is the one limit that another machine, or a busy one, draws elsewhere. What passes here ran in a tenth of what it may take later, in half of the statements and memory, or it is no
/// problem: a problem that was posed goes on running. One proposal may keep the sandbox for <see cref="Budget"/>, whatever it brings to run.
/// </remarks>
sealed class CodeFacts(Sandbox sandbox)
{
    /// <summary>How long the programs of one proposal may run, all together; what is running when it is over comes to its own end.</summary>
    public static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    private const int Tries = 3;
    private readonly Remembered<string> _outputs = new(2_000);
    private readonly Sandbox _strict = new(new()
    {
        Statements = new SandboxLimits().Statements / 2,
        Memory = new SandboxLimits().Memory / 2,
        Time = TimeSpan.FromMilliseconds(300),
        RegularExpression = new SandboxLimits().RegularExpression / 10,
    });

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
    /// <param name="clock">Has run since the proposal was taken up.</param>
    public Execution Establish(string program, string input, Stopwatch clock)
    {
        if (_outputs.TryGet(Key(program, input), out string? known)) return new(known, "");
        Execution first = Tried(program, input, clock);
        if (first.Value is null) return first;
        Execution second = Tried(program, input, clock);
        if (second.Value is null) return second;
        if (second != first) return new(null, "two runs gave two results");
        _outputs.Keep(Key(program, input), first.Value);
        return first;
    }

    // A program that is fast enough is fast enough one time in three, however busy the machine; one that is not never is.
    private Execution Tried(string program, string input, Stopwatch clock)
    {
        Execution came = new(null, "");
        for (int tries = 0; tries < Tries; tries++)
        {
            if (clock.Elapsed > Budget) return new(null, $"its runs take longer than {Budget.TotalSeconds} s together");
            came = _strict.Run(program, input);
            if (came.Value is not null || !came.Late) return came;
        }

        return came;
    }

    private static string Key(string program, string input) => $"{input}\n{program}";
}
