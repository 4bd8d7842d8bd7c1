using AgentSociety.Core.Play;
using Microsoft.Extensions.AI;

namespace AgentSociety.Kernel;

/// <summary>The form in which a text with tools is put to a model that only knows conversations.</summary>
internal static class RemoteConversation
{
    private const string Form =
        "You continue a text. Write the continuation and nothing else: no greeting, no explanation, no quotation marks, no Markdown.";

    private const string Silence = "(no reply; go on)";

    /// <summary>Instructions, worked examples as turns, and the prompt.</summary>
    public static List<ChatMessage> Begin(RemoteRequest request)
    {
        string tools = request.Tools is { Markers.Length: > 0 } session
            ? $" A tool reads along: when you end your turn with {string.Join(" or ", session.Markers.Select(marker => $"'{Shown(marker)}'"))}, its reply is the next message, and you go on from there."
            : "";
        List<ChatMessage> conversation = [new(ChatRole.System, Form + tools + (request.Instructions.Length == 0 ? "" : "\n\n" + request.Instructions))];
        foreach (IReadOnlyList<Segment> example in request.Examples)
        {
            foreach (Segment segment in Joined(example))
                conversation.Add(new ChatMessage(segment.Source == Source.Model ? ChatRole.Assistant : ChatRole.User, segment.Text));
        }

        conversation.Add(new ChatMessage(ChatRole.User, request.Prompt));
        return conversation;
    }

    /// <summary>Adds the model's turn and the tool's reply.</summary>
    public static void Continue(List<ChatMessage> conversation, string written, string reply)
    {
        conversation.Add(new ChatMessage(ChatRole.Assistant, written));
        conversation.Add(new ChatMessage(ChatRole.User, reply.Length > 0 ? reply : Silence));
    }

    /// <summary>Neighbours of one source as one segment.</summary>
    public static IReadOnlyList<Segment> Joined(IReadOnlyList<Segment> segments)
    {
        List<Segment> joined = [];
        foreach (Segment segment in segments)
        {
            if (joined.Count > 0 && joined[^1].Source == segment.Source) joined[^1] = segment with { Text = joined[^1].Text + segment.Text };
            else joined.Add(segment);
        }

        return joined;
    }

    private static string Shown(char marker) => marker == '\n' ? "a line break" : marker.ToString();
}
