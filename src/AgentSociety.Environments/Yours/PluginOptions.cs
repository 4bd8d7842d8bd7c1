using System.ComponentModel.DataAnnotations;
using AgentSociety.Core.Environments;

namespace AgentSociety.Environments.Yours;

/// <summary>What a scenario may say under <c>environment.options</c> of <c>plugin</c>.</summary>
public sealed record PluginOptions
{
    /// <summary>Path of the class library, a <c>.dll</c>.</summary>
    [Required(AllowEmptyStrings = false)]
    [FileOption]
    public string Assembly { get; init; } = "";

    /// <summary>Full name of a public class that implements <c>IEnvironment</c> and can be made from a <c>ulong</c> seed, or from nothing.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Type { get; init; } = "";
}

/// <summary>What a scenario may say under <c>environment.options</c> of <c>external</c>.</summary>
public sealed record ExternalOptions
{
    /// <summary>The program to start; it speaks JSON lines on its standard input and output.</summary>
    [Required(AllowEmptyStrings = false)]
    public string Command { get; init; } = "";

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The folder that it runs in, to which a command with a path and paths among the arguments are relative.</summary>
    [Required(AllowEmptyStrings = false)]
    [FileOption]
    public string WorkingDirectory { get; init; } = ".";

    /// <summary>Seconds that one answer may take before the program is ended and started anew.</summary>
    [Range(0.01, 3600)]
    public double TimeoutSeconds { get; init; } = 10;

    /// <summary>Times that one request is tried again in a fresh process before the run fails.</summary>
    [Range(0, 100)]
    public int Restarts { get; init; } = 2;
}
