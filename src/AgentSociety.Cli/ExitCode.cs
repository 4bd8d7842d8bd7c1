namespace AgentSociety.Cli;

/// <summary>What the process tells the shell.</summary>
internal static class ExitCode
{
    /// <summary>What was asked for was done.</summary>
    public const int Done = 0;

    /// <summary>The input is at fault; nothing was begun.</summary>
    public const int BadInput = 2;

    /// <summary>The run failed, or a guard stopped it.</summary>
    public const int Failed = 3;

    /// <summary>Somebody stopped it.</summary>
    public const int Interrupted = 130;
}
