using AgentSociety.Models;

namespace AgentSociety.Kernel;

/// <summary>Asks a <see cref="LocalModel"/> to continue a prompt as text.</summary>
public sealed record TextRequest
{
    /// <summary>Tokens to continue.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>The adapter to decode with; null for the shared weights alone.</summary>
    public string? Adapter { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>Key of the random stream that they are drawn with: the same key gives the same text, whatever else is decoded beside it.</summary>
    public ulong Key { get; init; }

    /// <summary>Most tokens to write; at least 1.</summary>
    public int MaximumTokens { get; init; } = int.MaxValue;

    /// <summary>The text ends before the first of these that it would hold.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>A regular expression that the whole text matches (see <see cref="GenerationRequest.Pattern"/>); null for any text.</summary>
    public string? Pattern { get; init; }

    /// <summary>A JSON schema that the whole text fulfils (see <see cref="GenerationRequest.Schema"/>); null for any text.</summary>
    public string? Schema { get; init; }

    /// <summary>When the text is of no use any more: it then ends with what it has, as at its limit, whether it is written or waits. Null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whom it is for; owners get places in the batch by turns.</summary>
    public string Owner { get; init; } = "";

    /// <summary>How many of the likeliest tokens are told with each that was drawn.</summary>
    public int Alternatives { get; init; }
}

/// <summary>Some more of a text.</summary>
public sealed record TextPiece
{
    /// <summary>Whole characters; never half of a pair, never the beginning of a stop.</summary>
    public required string Text { get; init; }

    /// <summary>The tokens that end in this text, the end of text left out.</summary>
    public required IReadOnlyList<WrittenToken> Tokens { get; init; }

    /// <summary>How the text ended; with the last piece only.</summary>
    public TextEnd? End { get; init; }
}

/// <summary>A token that stands in the text.</summary>
/// <param name="Bytes">What it stands for in UTF-8; part of a character where it is none by itself, nothing where it is no text.</param>
/// <param name="LogProbability">As it was drawn, in nats.</param>
/// <param name="Alternatives">The likeliest tokens in its place, likeliest first.</param>
public sealed record WrittenToken(ReadOnlyMemory<byte> Bytes, float LogProbability, IReadOnlyList<LikelyToken> Alternatives);

/// <summary>A token that could have stood in a place.</summary>
/// <param name="Bytes">As in <see cref="WrittenToken"/>.</param>
/// <param name="LogProbability">In nats.</param>
public sealed record LikelyToken(ReadOnlyMemory<byte> Bytes, float LogProbability);

/// <summary>The end of a text.</summary>
/// <param name="AtLimit">True where it was cut off by its limit, its deadline or the model's context; false where it was done or met a stop.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CompletionTokens">Tokens that were drawn, the end of text left out.</param>
public sealed record TextEnd(bool AtLimit, int PromptTokens, int CompletionTokens);
