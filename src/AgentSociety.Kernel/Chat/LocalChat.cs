using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using AgentSociety.Core;
using AgentSociety.Core.Randomness;
using AgentSociety.Models;

namespace AgentSociety.Kernel;

/// <summary>Conversations with a local model: the one meaning behind <see cref="LocalChatClient"/> and the OpenAI-compatible endpoint.</summary>
public sealed class LocalChat
{
    private readonly LocalModel _model;
    private readonly LocalChatSettings _settings;

    /// <summary>Conversations over a model that is at work.</summary>
    public LocalChat(LocalModel model, LocalChatSettings settings)
    {
        _model = model;
        _settings = settings;
    }

    /// <summary>The model's name.</summary>
    public string Name => _settings.Name;

    /// <summary>Drawing where a request does not say.</summary>
    public SamplingSettings Sampling => _settings.Sampling;

    /// <summary>Names that a request can ask for: the model's own, and <c>NAME:ADAPTER</c> for each of its adapters.</summary>
    public IReadOnlyList<string> Names => [Name, .. _model.Adapters.Select(adapter => $"{Name}:{adapter}")];

    /// <summary>The adapter that a name asks for; null for the shared weights.</summary>
    /// <exception cref="SocietyException">There is no model of this name.</exception>
    public string? AdapterOf(string? name)
    {
        if (string.IsNullOrEmpty(name)) return _settings.Adapter;
        if (name == Name) return _settings.Adapter;
        string? adapter = name.StartsWith(Name + ":", StringComparison.Ordinal) ? name[(Name.Length + 1)..] : null;
        return adapter is not null && _model.Adapters.Contains(adapter) ? adapter : throw new SocietyException($"there is no model '{name}' here; there are {string.Join(", ", Names)}");
    }

    /// <summary>Answers a conversation as it is written.</summary>
    /// <exception cref="SocietyException">The conversation does not fit the context, or cannot be written for this model.</exception>
    public async IAsyncEnumerable<ChatPiece> AnswerAsync(ChatAsk ask, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        string prompt = _settings.Template(ask.Turns, ask.Functions);
        TextRequest request = new()
        {
            Prompt = _settings.Encode is { } encode ? encode(prompt) : _model.Tokenizer.EncodePrompt(prompt),
            Adapter = ask.Adapter,
            Sampling = ask.Sampling ?? Sampling,
            Key = ask.Seed is { } seed ? KeyedRandom.Key(unchecked((ulong)seed), "chat", ask.Choice) : BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(8)),
            MaximumTokens = ask.MaximumTokens,
            Stops = [.. _settings.Stops, .. ask.Stops],
            Alternatives = ask.Alternatives,
            Pattern = ask.Pattern,
            Schema = ask.Schema,
            Owner = ask.Owner,
            Deadline = ask.Deadline,
        };
        // An answer that is held to a form calls nothing: what looks like a call in it is what was asked for.
        ToolCallReader calls = new(ask.Schema is null && ask.Pattern is null ? ask.Functions : [], () => $"call_{Guid.CreateVersion7():n}");
        bool called = false;
        await foreach (TextPiece piece in _model.GenerateAsync(request, cancellation).ConfigureAwait(false))
        {
            (string text, IReadOnlyList<ChatCall> made) = calls.Add(piece.Text);
            if (piece.End is { } end)
            {
                (string rest, IReadOnlyList<ChatCall> last) = calls.Finish();
                made = [.. made, .. last];
                called |= made.Count > 0;
                yield return new ChatPiece { Text = text + rest, Calls = made, Tokens = piece.Tokens, End = new ChatEnd(called ? ChatFinish.Calls : end.AtLimit ? ChatFinish.Length : ChatFinish.Stop, end.PromptTokens, end.CompletionTokens) };
            }
            else if (text.Length + made.Count + piece.Tokens.Count > 0)
            {
                called |= made.Count > 0;
                yield return new ChatPiece { Text = text, Calls = made, Tokens = piece.Tokens };
            }
        }
    }
}

/// <summary>How a local model converses.</summary>
public sealed record LocalChatSettings
{
    /// <summary>The name that it is asked for by.</summary>
    public required string Name { get; init; }

    /// <summary>Writes conversations for it.</summary>
    public DialogueTemplate Template { get; init; } = PlainTemplate.Render;

    /// <summary>Tokens of a written conversation, special tokens understood; null for the model's own tokenizer.</summary>
    public Func<string, int[]>? Encode { get; init; }

    /// <summary>Texts that end its turn, beside its end of text.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>Drawing where a request does not say, such as a folder's <c>generation_config.json</c>.</summary>
    public SamplingSettings Sampling { get; init; } = new();

    /// <summary>The adapter that the plain name means; null for the shared weights.</summary>
    public string? Adapter { get; init; }
}

/// <summary>Asks for the next turn of a conversation.</summary>
public sealed record ChatAsk
{
    /// <summary>The conversation, oldest first.</summary>
    public required IReadOnlyList<DialogueTurn> Turns { get; init; }

    /// <summary>What the model may call.</summary>
    public IReadOnlyList<ChatFunction> Functions { get; init; } = [];

    /// <summary>The adapter; null for the shared weights.</summary>
    public string? Adapter { get; init; }

    /// <summary>How tokens are drawn; null for the settings'.</summary>
    public SamplingSettings? Sampling { get; init; }

    /// <summary>Repeats an answer: same conversation, same seed, same weights, same text. Null to draw anew.</summary>
    public long? Seed { get; init; }

    /// <summary>Tells several answers to one conversation with one seed apart.</summary>
    public int Choice { get; init; }

    /// <summary>Most tokens to write.</summary>
    public int MaximumTokens { get; init; } = int.MaxValue;

    /// <summary>Texts that end the answer before they appear in it.</summary>
    public IReadOnlyList<string> Stops { get; init; } = [];

    /// <summary>A regular expression that the whole answer matches, so that it calls no function; null for any answer.</summary>
    public string? Pattern { get; init; }

    /// <summary>A JSON schema that the whole answer fulfils, so that it calls no function; null for any answer.</summary>
    public string? Schema { get; init; }

    /// <summary>When the answer is of no use any more: it then ends with what it has, as at its limit. Null for never.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>Whom the answer is for; those who ask at once get places by turns.</summary>
    public string Owner { get; init; } = "";

    /// <summary>How many of the likeliest tokens are told with each that was drawn.</summary>
    public int Alternatives { get; init; }
}

/// <summary>Some more of an answer.</summary>
public sealed record ChatPiece
{
    /// <summary>Text; may be empty.</summary>
    public required string Text { get; init; }

    /// <summary>Calls that were completed.</summary>
    public required IReadOnlyList<ChatCall> Calls { get; init; }

    /// <summary>Tokens that were drawn, those of calls too.</summary>
    public required IReadOnlyList<WrittenToken> Tokens { get; init; }

    /// <summary>How the answer ended; with the last piece only.</summary>
    public ChatEnd? End { get; init; }
}

/// <summary>Why an answer ended.</summary>
public enum ChatFinish
{
    /// <summary>The model was done, or met a stop.</summary>
    Stop,

    /// <summary>It reached its limit, its deadline or the context's end.</summary>
    Length,

    /// <summary>It called functions and waits for them.</summary>
    Calls,
}

/// <summary>The end of an answer.</summary>
/// <param name="Finish">Why.</param>
/// <param name="PromptTokens">Tokens of the conversation.</param>
/// <param name="CompletionTokens">Tokens of the answer.</param>
public sealed record ChatEnd(ChatFinish Finish, int PromptTokens, int CompletionTokens);
