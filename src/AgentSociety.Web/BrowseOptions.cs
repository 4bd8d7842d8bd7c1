using System.Net;

namespace AgentSociety.Web;

/// <summary>How the browser's server is started.</summary>
public sealed record BrowseOptions
{
    /// <summary>The directory that holds the runs, at most three levels deep; or the directory of one run.</summary>
    public string RunsDirectory { get; init; } = "runs";

    /// <summary>The port; 0 for any that is free.</summary>
    public int Port { get; init; } = 5210;

    /// <summary>The address to listen on. One that is not loopback needs a token from every visitor.</summary>
    public IPAddress Listen { get; init; } = IPAddress.Loopback;

    /// <summary>What visitors from other machines must know; made up where none is given.</summary>
    public string? Token { get; init; }

    /// <summary>Names of this machine that visitors may use beside its addresses, where it listens on more than loopback.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Greatest size of a request's body in bytes.</summary>
    public long MaximumBodySize { get; init; } = 1 << 20;
}
