using System.Text;
using System.Text.Json;

namespace AgentSociety.Kernel;

/// <summary>Takes calls of functions out of what a model writes, while it writes.</summary>
/// <remarks>
/// Reads the two forms that the supported families are trained on: <c>&lt;tool_call&gt;{"name": …, "arguments": {…}}&lt;/tool_call&gt;</c> (Qwen, Hermes),
/// anywhere in the text, and an answer that is nothing but <c>{"name": …, "parameters": {…}}</c> (Llama 3). What looks like a call and is none stays text.
/// </remarks>
internal sealed class ToolCallReader(IReadOnlyList<ChatFunction> functions, Func<string> nextId)
{
    private const string Opening = "<tool_call>";
    private const string Closing = "</tool_call>";
    private readonly StringBuilder _held = new();
    private bool _begun;
    private bool _afterCall;

    /// <summary>Takes some more text in and gives what is certainly no call.</summary>
    public (string Text, IReadOnlyList<ChatCall> Calls) Add(string more)
    {
        _held.Append(more);
        if (functions.Count == 0) return (Empty(), []);
        if (!_begun)
        {
            string start = _held.ToString().TrimStart();
            // The whole answer may be a call: it cannot be told before it ends.
            if (start.Length == 0 || start[0] == '{') return ("", []);
            _begun = true;
        }

        return Split(final: false);
    }

    /// <summary>What is left at the end.</summary>
    public (string Text, IReadOnlyList<ChatCall> Calls) Finish()
    {
        if (functions.Count > 0 && !_begun && Read(_held.ToString()) is { } only)
        {
            _held.Clear();
            return ("", [only]);
        }

        return Split(final: true);
    }

    private (string Text, IReadOnlyList<ChatCall> Calls) Split(bool final)
    {
        StringBuilder text = new();
        List<ChatCall> calls = [];
        string rest = Empty();
        while (functions.Count > 0)
        {
            if (_afterCall) rest = rest.TrimStart('\n');
            _afterCall &= rest.Length == 0;
            int opening = rest.IndexOf(Opening, StringComparison.Ordinal);
            if (opening < 0) break;
            int closing = rest.IndexOf(Closing, opening, StringComparison.Ordinal);
            int end = closing >= 0 ? closing : rest.Length;
            if (closing < 0 && !final)
            {
                int before = rest.AsSpan(0, opening).TrimEnd('\n').Length;
                text.Append(rest.AsSpan(0, before));
                _held.Append(rest.AsSpan(before));
                return (text.ToString(), calls);
            }

            int after = Math.Min(rest.Length, end + Closing.Length);
            if (Read(rest[(opening + Opening.Length)..end]) is { } call)
            {
                // The line breaks around a call belong to its form.
                text.Append(rest.AsSpan(0, opening).TrimEnd('\n'));
                calls.Add(call);
                rest = rest[after..];
                _afterCall = true;
            }
            else
            {
                text.Append(rest.AsSpan(0, after));
                rest = rest[after..];
            }
        }

        int held = final || functions.Count == 0 ? 0 : Enumerable.Range(1, Opening.Length - 1).LastOrDefault(length => rest.EndsWith(Opening[..length], StringComparison.Ordinal));
        if (!final && functions.Count > 0) held = rest.Length - rest.AsSpan(0, rest.Length - held).TrimEnd('\n').Length;
        text.Append(rest.AsSpan(0, rest.Length - held));
        _held.Append(rest.AsSpan(rest.Length - held));
        return (text.ToString(), calls);
    }

    private ChatCall? Read(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json.Trim(), new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonElement call = document.RootElement;
            if (call.ValueKind != JsonValueKind.Object || !call.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String) return null;
            if (!call.TryGetProperty("arguments", out JsonElement arguments) && !call.TryGetProperty("parameters", out arguments)) return null;
            if (arguments.ValueKind != JsonValueKind.Object || functions.All(function => function.Name != name.GetString())) return null;
            return new ChatCall(nextId(), name.GetString()!, arguments.GetRawText());
        }
        catch (Exception cause) when (cause is JsonException or InvalidOperationException)
        {
            // A model may write anything between the marks; the second is what the platform's reader says of half of a surrogate pair.
            return null;
        }
    }

    private string Empty()
    {
        string text = _held.ToString();
        _held.Clear();
        return text;
    }
}
