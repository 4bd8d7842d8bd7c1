using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;

namespace AgentSociety.Models;

/// <summary>Asks a <see cref="DecodingEngine"/> to continue a prompt. What is sampled depends on the request and the weights only, never on what it is batched with.</summary>
public sealed record GenerationRequest
{
    /// <summary>Names the request; unique among those that are not finished.</summary>
    public required string Id { get; init; }

    /// <summary>Tokens to continue; at least one, fewer than the model's context.</summary>
    public required int[] Prompt { get; init; }

    /// <summary>Adapter to decode with; null, empty or <c>base</c> for the shared weights alone.</summary>
    public string? Adapter { get; init; }

    /// <summary>How tokens are drawn.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>Key of the random stream that tokens are drawn with (see <see cref="Core.Randomness.KeyedRandom"/>): one draw a sampled token.</summary>
    public ulong Key { get; init; }

    /// <summary>The tools that answer while this sequence waits; null for none. Called on the engine's thread, within its step, but for an <see cref="IAsyncToolSession"/>, whose replies the others do not wait for.</summary>
    public IToolSession? Tools { get; init; }

    /// <summary>Most tokens after the prompt, tool replies included.</summary>
    public int MaximumTokens { get; init; } = int.MaxValue;

    /// <summary>The end of text is drawn as this token after the prompt or a later one, tool replies counted.</summary>
    public int MinimumTokens { get; init; }

    /// <summary>The sequence ends with the token that completes one of these in what the model wrote since the prompt or the last tool reply; the text stays as it was written, the stop in it.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>
    /// A regular expression that what the model writes matches as a whole, tool replies left out; null for none. Only tokens from which that is
    /// still possible are drawn, and the end of text only where the text may end. A limit may cut the text off before.
    /// </summary>
    /// <remarks>Log-probabilities are those of the restricted distribution, as with top-k. See docs/models.md for the syntax.</remarks>
    public string? Pattern { get; init; }

    /// <summary>
    /// A JSON schema that what the model writes fulfils, tool replies left out; null for none, and not together with <see cref="Pattern"/>. A limit may cut the text off before.
    /// </summary>
    /// <remarks>See docs/models.md for what of JSON schemas is kept; anything else is refused at <see cref="DecodingEngine.Submit"/> with its place in the schema.</remarks>
    public string? Schema { get; init; }

    /// <summary>
    /// What <see cref="LanguageModel.PrepareAsync"/> made of a pattern or a schema, which then need not be given here; null to have them prepared at <see cref="DecodingEngine.Submit"/>,
    /// which keeps the engine's thread for up to a second.
    /// </summary>
    public AnswerForm? Form { get; init; }

    /// <summary>Whom the request is for. Owners get free slots by turns; what is drawn does not depend on it.</summary>
    public string Owner { get; init; } = "";

    /// <summary>When the answer is of no use any more: the request then ends with what it has, whether it runs or waits. Null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Sees each sampled token at once, the end of text too, on the engine's thread; false ends the sequence after this token. Null for nobody.</summary>
    public Func<SampledToken, bool>? Observer { get; init; }

    /// <summary>How many of the likeliest tokens the observer is shown with each sampled one.</summary>
    public int Alternatives { get; init; }
}

/// <summary>A token as it was drawn.</summary>
/// <param name="Token">Its id.</param>
/// <param name="LogProbability">As in <see cref="Generation.LogProbabilities"/>.</param>
/// <param name="Alternatives">The likeliest tokens of the same distribution, likeliest first, ties by id; the sampled one may be among them, tokens that could not be drawn are not.</param>
public readonly record struct SampledToken(int Token, float LogProbability, IReadOnlyList<(int Token, float LogProbability)> Alternatives);

/// <summary>How a token is drawn from logits. Settings apply in the order in which they stand here.</summary>
public sealed record SamplingSettings
{
    /// <summary>Logits of tokens that occur in the sequence are divided by this where positive, multiplied where negative (Keskar et al. 2019, section 4.1); 1 for off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Logits are divided by this; 0 takes the likeliest token, the one with the lowest id among equals.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only this many likeliest tokens can be drawn; 0 for all. Ties go to the lower id.</summary>
    public int TopK { get; init; }

    /// <summary>Only the likeliest tokens that together reach this probability can be drawn (Holtzman et al. 2020, section 3.1); 1 for all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this probable relative to the likeliest can be drawn (Nguyen et al. 2024, section 3); 0 for all.</summary>
    public double MinP { get; init; }
}

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>The model wrote the end of text.</summary>
    EndOfText,

    /// <summary>It reached <see cref="GenerationRequest.MaximumTokens"/>.</summary>
    MaximumTokens,

    /// <summary>The model's context is full.</summary>
    ContextFull,

    /// <summary>A tool failed or replied with text that the tokenizer cannot express; see <see cref="Generation.Failure"/>.</summary>
    ToolFailed,

    /// <summary>The request's observer ended it.</summary>
    Stopped,

    /// <summary>It wrote one of <see cref="GenerationRequest.Stops"/>.</summary>
    StopText,

    /// <summary>Its <see cref="GenerationRequest.Deadline"/> passed.</summary>
    DeadlinePassed,

    /// <summary>No token of the vocabulary continues the text towards its <see cref="GenerationRequest.Pattern"/> or <see cref="GenerationRequest.Schema"/>; see <see cref="Generation.Failure"/>.</summary>
    PatternImpossible,

    /// <summary>The model lost the adapter while the request waited, or merged it while the request ran; see <see cref="Generation.Failure"/>.</summary>
    AdapterGone,

    /// <summary>The weights gave logits that nothing can be drawn from (NaN or infinite); see <see cref="Generation.Failure"/>.</summary>
    NotFinite,
}

/// <summary>A finished sequence. The four arrays run along the same tokens.</summary>
public sealed record Generation
{
    /// <summary>The request's name.</summary>
    public required string Id { get; init; }

    /// <summary>The text by source, the prompt first; the end of text is not part of it, and empty pieces are left out.</summary>
    public required IReadOnlyList<Segment> Segments { get; init; }

    /// <summary>All tokens: the prompt, what was sampled, tool replies, and the end of text where it was sampled.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>
    /// Log-probability, in nats, of each sampled token under the distribution that it was drawn from: logits divided by the temperature,
    /// restricted to what top-k, top-p and min-p left. At temperature 0 that of the plain logits. 0 where the model did not write the token.
    /// </summary>
    public required float[] LogProbabilities { get; init; }

    /// <summary>True where the model wrote the token, the end of text included.</summary>
    public required bool[] LossMask { get; init; }

    /// <summary>Why it ended.</summary>
    public required FinishReason FinishReason { get; init; }

    /// <summary>Why the text is not what was asked for: a tool failed, its form cannot be finished, its adapter went, its logits were no numbers. Null for a text that ended well or at a limit.</summary>
    public string? Failure { get; init; }
}
