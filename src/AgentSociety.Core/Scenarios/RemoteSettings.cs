using System.ComponentModel.DataAnnotations;

namespace AgentSociety.Core.Scenarios;

/// <summary>An endpoint that speaks the OpenAI protocol, and how it is treated.</summary>
public sealed record RemoteSettings
{
    /// <summary>Address up to and with the version, such as <c>http://127.0.0.1:8000/v1</c>.</summary>
    [Required]
    public required string Endpoint { get; init; }

    /// <summary>The model's name as the endpoint knows it.</summary>
    [Required]
    public required string Model { get; init; }

    /// <summary>Name of the environment variable that holds the key; the key itself never stands in a scenario. Null where the endpoint asks for none.</summary>
    public string? KeyVariable { get; init; }

    /// <summary>Seconds that one request may take until its last token.</summary>
    [Range(0.1, 86_400)]
    public double Timeout { get; init; } = 120;

    /// <summary>Times that a request is sent again after a failure that may pass: 408, 409, 425, 429, 5xx, a broken connection, a timeout.</summary>
    [Range(0, 100)]
    public int Retries { get; init; } = 5;

    /// <summary>Seconds before the first retry; each further one waits twice as long, times a random factor between a half and one and a half.</summary>
    [Range(0, 3600)]
    public double Backoff { get; init; } = 1;

    /// <summary>Most seconds before a retry, also where the endpoint asks for more.</summary>
    [Range(0, 86_400)]
    public double MaximumBackoff { get; init; } = 60;

    /// <summary>Most requests that are begun in a minute, evenly spaced; 0 for no limit.</summary>
    [Range(0, 1e9)]
    public double RequestsPerMinute { get; init; }

    /// <summary>Most requests under way at a time.</summary>
    [Range(1, 10_000)]
    public int Concurrency { get; init; } = 8;

    /// <summary>Price of a million tokens read, in any currency.</summary>
    [Range(0, 1e9)]
    public double PromptPrice { get; init; }

    /// <summary>Price of a million tokens written.</summary>
    [Range(0, 1e9)]
    public double CompletionPrice { get; init; }

    /// <summary>No further request is sent once the cost has reached this; 0 for no limit.</summary>
    [Range(0, 1e12)]
    public double Budget { get; init; }
}
