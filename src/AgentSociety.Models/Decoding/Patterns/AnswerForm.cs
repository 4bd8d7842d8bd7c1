using AgentSociety.Models.Patterns;

namespace AgentSociety.Models;

/// <summary>A pattern or a schema, prepared for one tokenizer: what <see cref="LanguageModel.PrepareAsync"/> makes, on any thread, and <see cref="GenerationRequest.Form"/> takes.</summary>
public sealed class AnswerForm
{
    internal AnswerForm(TokenPattern tokens) => Tokens = tokens;

    internal TokenPattern Tokens { get; }
}
