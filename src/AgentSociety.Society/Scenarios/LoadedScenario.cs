using AgentSociety.Core.Scenarios;

namespace AgentSociety.Society;

/// <summary>A scenario that was read, checked and completed with its defaults.</summary>
public sealed record LoadedScenario
{
    /// <summary>The path as it was given.</summary>
    public required string File { get; init; }

    /// <summary>The scenario.</summary>
    public required Scenario Scenario { get; init; }

    /// <summary>The environment's options, a record of the catalogue entry's <c>OptionsType</c>.</summary>
    public required object EnvironmentOptions { get; init; }

    /// <summary>The scenario with every key and its value, defaults included, in a stable order; loading it again gives the same scenario.</summary>
    public required string Yaml { get; init; }

    /// <summary>SHA-256 of <see cref="Yaml"/> in hexadecimal.</summary>
    public required string Hash { get; init; }

    /// <summary>Absolute folder of <c>model.base</c>; null where the base is trained from scratch.</summary>
    public string? BaseFolder { get; init; }
}
