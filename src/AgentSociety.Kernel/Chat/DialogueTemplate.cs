using System.Text.Json;
using AgentSociety.Core;

namespace AgentSociety.Kernel;

/// <summary>Writes a conversation as the one text that a model continues, up to where its own turn begins.</summary>
/// <param name="turns">The conversation, oldest first.</param>
/// <param name="functions">What the model may call; empty for nothing.</param>
public delegate string DialogueTemplate(IReadOnlyList<DialogueTurn> turns, IReadOnlyList<ChatFunction> functions);

/// <summary>One turn of a conversation.</summary>
public sealed record DialogueTurn
{
    /// <summary><c>system</c>, <c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    public required string Role { get; init; }

    /// <summary>What was said.</summary>
    public required string Text { get; init; }

    /// <summary>What an assistant's turn called.</summary>
    public IReadOnlyList<ChatCall> Calls { get; init; } = [];

    /// <summary>The call that a tool's turn answers.</summary>
    public string? CallId { get; init; }
}

/// <summary>A call that a model made.</summary>
/// <param name="Id">Names it in this conversation.</param>
/// <param name="Name">The function.</param>
/// <param name="Arguments">A JSON object, as the model wrote it.</param>
public sealed record ChatCall(string Id, string Name, string Arguments);

/// <summary>A function that a model may call.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">When to call it.</param>
/// <param name="Parameters">A JSON Schema of its arguments.</param>
public sealed record ChatFunction(string Name, string Description, JsonElement Parameters);

/// <summary>What a model that was made here, for one environment's texts, understands.</summary>
public static class PlainTemplate
{
    /// <summary>The turns one after another, with nothing between them: the alphabet of such a model has no words for roles.</summary>
    /// <exception cref="SocietyException">Functions were given; the model has never seen one.</exception>
    public static string Render(IReadOnlyList<DialogueTurn> turns, IReadOnlyList<ChatFunction> functions) => functions.Count == 0
        ? string.Concat(turns.Select(turn => turn.Text))
        : throw new SocietyException("this model has no chat template and so no form for tools; leave the tools out, or use a model whose folder has a chat template");
}
