namespace AgentSociety.Environments.Code;

/// <summary>What one execution may use. All limits are hard.</summary>
public sealed record SandboxLimits
{
    /// <summary>Statements.</summary>
    public int Statements { get; init; } = 20_000;

    /// <summary>Time of the processor, which does not pass while others have it; statements bound nearly everything before.</summary>
    public TimeSpan Processor { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Wall time after which a program is abandoned that sits in one long operation: only the outermost guard, since it depends on what else the machine does.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Bytes allocated.</summary>
    public long Memory { get; init; } = 32 << 20;

    /// <summary>Bytes of stack: enough for the deepest value that fits the memory. Only what is touched is taken from the machine.</summary>
    public int Stack { get; init; } = 512 << 20;

    /// <summary>Depth of calls.</summary>
    public int Recursion { get; init; } = 64;

    /// <summary>Wall time of one regular expression. It is twice what one of a proposal may take (<see cref="CodeFacts"/>), so that a busy machine does not end it.</summary>
    public TimeSpan RegularExpression { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Characters of a program, an input, and an output.</summary>
    public int Text { get; init; } = 4_000;

    /// <summary>Characters of a text, and elements that one call writes out or lays flat. Bounds the memory between two looks at <see cref="Memory"/>.</summary>
    public int Made { get; init; } = 10_000;

    /// <summary>Elements of an array.</summary>
    public uint Array { get; init; } = 10_000;
}
