using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>How a run uses the machine. Nothing here changes what is sampled on the CPU, but for the placebo.</summary>
public sealed record RunOptions
{
    /// <summary><c>auto</c>, <c>cpu</c>, <c>cuda</c> or <c>cuda:1</c>.</summary>
    public string Device { get; init; } = "auto";

    /// <summary>Threads that decode and train; null for as many as the machine has cores.</summary>
    public int? Threads { get; init; }

    /// <summary>The database whose notes readers are shown where <c>culture.shown</c> is <c>placebo</c>, in place of <c>culture.placeboDatabase</c>; its notes become part of the run.</summary>
    public string? PlaceboDatabase { get; init; }

    /// <summary>Opens an endpoint for the agents that play at one; null where the caller has none to offer.</summary>
    public Func<RemoteSettings, IRemotePolicy>? OpenRemote { get; init; }
}

/// <summary>How a run ended.</summary>
public enum RunEnd
{
    /// <summary>All rounds were played.</summary>
    Done,

    /// <summary>It was asked to stop; it can be resumed.</summary>
    Interrupted,

    /// <summary>A guard saw a sign of collapse and the scenario asks to stop for it.</summary>
    Stopped,
}
