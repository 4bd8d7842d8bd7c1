using System.Net;

namespace AgentSociety.Web.Serving;

/// <summary>Where and how a model is served.</summary>
public sealed record ModelServerOptions
{
    /// <summary>The address to listen at. Any but loopback needs a <see cref="Token"/>.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>The port; 0 for any that is free.</summary>
    public int Port { get; init; }

    /// <summary>What clients must send as their API key; null to ask for none.</summary>
    public string? Token { get; init; }

    /// <summary>Most answers that are written or wait at a time; beyond them clients are asked to come again.</summary>
    public int MaximumAnswers { get; init; } = 256;

    /// <summary>Longest time that an answer may take, waiting included: it then ends with what there is. A request may ask for less; null for no limit of the server's own.</summary>
    public TimeSpan? MaximumTime { get; init; }

    /// <summary>Told of failures that are defects of the server itself; clients are told no more than that there was one.</summary>
    public Action<Exception>? Report { get; init; }

    /// <summary>Bytes of the largest request.</summary>
    public long MaximumRequestBytes { get; init; } = 8 << 20;
}
