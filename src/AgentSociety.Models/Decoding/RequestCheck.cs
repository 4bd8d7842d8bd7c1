using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>What a request must be before it may wait for a slot.</summary>
internal static class RequestCheck
{
    /// <summary>The request with its form prepared.</summary>
    /// <param name="request">The request.</param>
    /// <param name="model">Whom it asks.</param>
    /// <param name="context">Most tokens of a sequence.</param>
    /// <exception cref="SocietyException">It cannot be met.</exception>
    /// <exception cref="ArgumentException">A token is not of the vocabulary.</exception>
    public static GenerationRequest Of(GenerationRequest request, LanguageModel model, int context)
    {
        if (request.Prompt.Length == 0) throw new SocietyException($"request {request.Id}: the prompt is empty; a model needs at least one token to continue");
        if (request.Prompt.Length >= context)
            throw new SocietyException($"request {request.Id}: the prompt has {request.Prompt.Length} tokens and the context {context}; shorten the prompt or use a model with a longer context");
        foreach (int token in request.Prompt)
        {
            if ((uint)token >= (uint)model.Decoder.Config.VocabularySize) throw new ArgumentException($"Request {request.Id}: token {token} is not of the vocabulary of {model.Decoder.Config.VocabularySize}.", nameof(request));
        }

        if (AdapterOf(request) is { } adapter && !model.Adapters.ContainsKey(adapter))
            throw new SocietyException($"request {request.Id}: the model has no adapter '{adapter}'; it has {(model.Adapters.Count == 0 ? "none" : string.Join(", ", model.Adapters.Keys.Order(StringComparer.Ordinal)))}");
        if (request.Stops.Any(string.IsNullOrEmpty)) throw new SocietyException($"request {request.Id}: a stop is empty, and would be met at once; leave it out");
        return request switch
        {
            { Pattern: not null, Schema: not null } => throw new SocietyException($"request {request.Id}: it asks for a pattern and for a schema; leave one of them out"),
            { Form: null } and ({ Pattern: not null } or { Schema: not null }) => request with { Form = model.Forms.Of(request.Pattern, request.Schema) },
            _ => request,
        };
    }

    /// <summary>The adapter that a request names; null for the shared weights alone.</summary>
    public static string? AdapterOf(GenerationRequest request) => string.IsNullOrEmpty(request.Adapter) || request.Adapter == LanguageModel.BaseName ? null : request.Adapter;
}
