using AgentSociety.Core.Environments;

namespace AgentSociety.Core.Play;

/// <summary>A model behind an endpoint that plays for an agent. It does everything that a local model does except learn: its weights are somebody else's.</summary>
/// <remarks>Safe to call from any thread; waits for its rate limit itself, so that any number of calls may be under way.</remarks>
public interface IRemotePolicy
{
    /// <summary>The model's name as the endpoint knows it; stands in an episode's record where a local agent has its checkpoint.</summary>
    string Model { get; }

    /// <summary>What all calls so far have used, failed ones included as far as the endpoint said.</summary>
    RemoteUsage Total { get; }

    /// <summary>Lets the model write one text, with the tools answering in between.</summary>
    /// <exception cref="SocietyException">The endpoint refused, failed or fell silent, after the retries that its settings allow.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    Task<RemoteGeneration> GenerateAsync(RemoteRequest request, CancellationToken cancellation);
}

/// <summary>A text that a remote model is to continue.</summary>
public sealed record RemoteRequest
{
    /// <summary>Names the request in messages of failures, such as <c>round 3, problem bac4=, attempt 2</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The environment's prompt.</summary>
    public required string Prompt { get; init; }

    /// <summary>What the model is told about the task before the prompt; empty for nothing beyond how tools are called.</summary>
    public string Instructions { get; init; } = "";

    /// <summary>Worked texts, prompt first, that show the form, as <see cref="IDemonstrator"/> gives them.</summary>
    public IReadOnlyList<IReadOnlyList<Segment>> Examples { get; init; } = [];

    /// <summary>The tools; null for none. A marker that the model writes ends its turn, and the reply is the next.</summary>
    public IToolSession? Tools { get; init; }

    /// <summary>Logits are divided by this; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Most tokens that the model may write in all, counted by the endpoint's tokenizer.</summary>
    public int MaximumTokens { get; init; } = 1024;

    /// <summary>Most times that tools may answer before the text is ended.</summary>
    public int MaximumCalls { get; init; } = 64;

    /// <summary>Asks the endpoint to repeat itself for the same number; few keep it strictly. Null to leave it out.</summary>
    public long? Seed { get; init; }
}

/// <summary>What a remote model wrote.</summary>
public sealed record RemoteGeneration
{
    /// <summary>The text by source, the prompt first, as a verifier reads it.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>Why it ended.</summary>
    public required RemoteFinish Finish { get; init; }

    /// <summary>What it used.</summary>
    public required RemoteUsage Usage { get; init; }
}

/// <summary>Why a remote text ended.</summary>
public enum RemoteFinish
{
    /// <summary>The model was done.</summary>
    EndOfText,

    /// <summary>It reached <see cref="RemoteRequest.MaximumTokens"/>, or the endpoint's own limit.</summary>
    MaximumTokens,

    /// <summary>It reached <see cref="RemoteRequest.MaximumCalls"/>.</summary>
    MaximumCalls,

    /// <summary>The endpoint's filter held the text back.</summary>
    Filtered,
}

/// <summary>Tokens and money. Adds up.</summary>
public readonly record struct RemoteUsage
{
    /// <summary>Requests that reached the endpoint, retries included.</summary>
    public long Requests { get; init; }

    /// <summary>Tokens that were read.</summary>
    public long PromptTokens { get; init; }

    /// <summary>Tokens that were written.</summary>
    public long CompletionTokens { get; init; }

    /// <summary>How many of both are estimates, where the endpoint did not count or was stopped before it could.</summary>
    public long EstimatedTokens { get; init; }

    /// <summary>Price by the settings, in their currency.</summary>
    public decimal Cost { get; init; }

    /// <summary>Adds two usages.</summary>
    public static RemoteUsage operator +(RemoteUsage left, RemoteUsage right) => new()
    {
        Requests = left.Requests + right.Requests,
        PromptTokens = left.PromptTokens + right.PromptTokens,
        CompletionTokens = left.CompletionTokens + right.CompletionTokens,
        EstimatedTokens = left.EstimatedTokens + right.EstimatedTokens,
        Cost = left.Cost + right.Cost,
    };
}
