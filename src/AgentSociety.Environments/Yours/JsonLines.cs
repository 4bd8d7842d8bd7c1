using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;

namespace AgentSociety.Environments.Yours;

/// <summary>Asks a child process one JSON line at a time; starts it anew when it is late, leaves or talks nonsense.</summary>
/// <remarks>
/// Requests are <c>{"id": 1, "method": "parse", "parameters": {...}}</c>, answers <c>{"id": 1, "result": ...}</c> or <c>{"id": 1, "error": "why"}</c>. One request at a time.
/// Every process is greeted first, with what it has to know, and has to answer as the first one did: a request that is tried again is put to the same world.
/// </remarks>
sealed class JsonLines : IDisposable
{
    private readonly Lock _turn = new();
    private readonly ExternalOptions _options;
    private readonly string _greeting;
    private readonly JsonObject _told;
    private LineProcess? _process;
    private long _id;

    /// <summary>Starts the program and greets it.</summary>
    /// <exception cref="SocietyException">It cannot be started or does not answer the greeting.</exception>
    public JsonLines(ExternalOptions options, string greeting, JsonObject told)
    {
        (_options, _greeting, _told) = (options, greeting, told);
        Greeted = Ask(greeting, told);
    }

    /// <summary>What the program answered to the greeting.</summary>
    public JsonNode? Greeted { get; private set; }

    public JsonNode? Ask(string method, JsonObject parameters)
    {
        lock (_turn)
        {
            string failure = "";
            for (int tries = 0; tries <= _options.Restarts; tries++)
            {
                if (_process is null && method != _greeting)
                {
                    (JsonObject? said, failure) = Try(_greeting, _told);
                    if (said is not null && !JsonNode.DeepEquals(said["result"], Greeted)) throw Failed($"answers '{_greeting}' otherwise after it was started anew");
                    if (said is null) continue;
                }

                (JsonObject? answer, failure) = Try(method, parameters);
                if (answer is null) continue;
                if (answer["error"] is { } error)
                {
                    // A program that cannot say what it is is used for nothing else.
                    if (method == _greeting) End();
                    throw Failed($"answers '{method}' with the error: {error}");
                }

                return answer["result"];
            }

            throw Failed($"does not answer '{method}': {failure}, {_options.Restarts + 1} times");
        }
    }

    public void Dispose()
    {
        lock (_turn) End();
    }

    public SocietyException Failed(string what) => new($"environment 'external': {_options.Command} {what}", badInput: false);

    private (JsonObject? Answer, string Failure) Try(string method, JsonObject parameters)
    {
        long id = ++_id;
        _process ??= LineProcess.Start(_options);
        string? line = _process.Ask(new JsonObject { ["id"] = id, ["method"] = method, ["parameters"] = parameters.DeepClone() }.ToJsonString(), out string failure);
        if (line is not null && Read(line, ref failure) is { } answer)
        {
            if (answer["id"] is JsonValue said && said.TryGetValue(out long given) && given == id) return (answer, "");
            failure = $"no answer to request {id}";
        }

        string words = _process.Complaint;
        End();
        return (null, words.Length > 0 ? $"{failure} (it said: {words})" : failure);
    }

    private static JsonObject? Read(string line, ref string failure)
    {
        try
        {
            failure = "a line that is no object";
            JsonNode? read = JsonNode.Parse(line, documentOptions: new() { AllowDuplicateProperties = false });
            Spell(read);
            return read as JsonObject;
        }
        catch (JsonException)
        {
            failure = "a line that is no JSON, or names a field twice";
        }
        catch (InvalidOperationException)
        {
            failure = "a line that holds half a surrogate pair";
        }

        return null;
    }

    // Texts are decoded when they are asked for; each is asked for here, where the program can still be asked again.
    private static void Spell(JsonNode? node)
    {
        if (node is JsonObject fields)
        {
            foreach ((string _, JsonNode? value) in fields) Spell(value);
        }
        else if (node is JsonArray items)
        {
            foreach (JsonNode? item in items) Spell(item);
        }
        else if (node?.GetValueKind() == JsonValueKind.String)
        {
            node.GetValue<string>();
        }
    }

    private void End()
    {
        _process?.Dispose();
        _process = null;
    }
}
