using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentSociety.Core;

namespace AgentSociety.Environments.Yours;

/// <summary>Asks a child process one JSON line at a time; starts it anew when it is late, leaves or talks nonsense.</summary>
/// <remarks>Requests are <c>{"id": 1, "method": "parse", "parameters": {...}}</c>, answers <c>{"id": 1, "result": ...}</c> or <c>{"id": 1, "error": "why"}</c>. One request at a time.</remarks>
sealed class JsonLines(ExternalOptions options) : IDisposable
{
    private const int LongestLine = 1 << 20;
    private readonly Lock _turn = new();
    private Process? _process;
    private long _id;

    public JsonNode? Ask(string method, JsonObject parameters)
    {
        lock (_turn)
        {
            string failure = "";
            for (int tries = 0; tries <= options.Restarts; tries++)
            {
                long id = ++_id;
                string request = new JsonObject { ["id"] = id, ["method"] = method, ["parameters"] = parameters.DeepClone() }.ToJsonString();
                (JsonObject? answer, failure) = Try(request, id);
                if (answer is null)
                {
                    End();
                    continue;
                }

                if (answer["error"] is { } error) throw Failed($"answers '{method}' with the error: {error}");
                return answer["result"];
            }

            throw Failed($"does not answer '{method}': {failure}, {options.Restarts + 1} times");
        }
    }

    public void Dispose()
    {
        lock (_turn) End();
    }

    public SocietyException Failed(string what) => new($"environment 'external': {options.Command} {what}", badInput: false);

    private (JsonObject? Answer, string Failure) Try(string request, long id)
    {
        _process ??= Start();
        try
        {
            _process.StandardInput.WriteLine(request);
            _process.StandardInput.Flush();
            Task<string?> line = _process.StandardOutput.ReadLineAsync();
            if (!line.Wait(TimeSpan.FromSeconds(options.TimeoutSeconds))) return (null, $"silent for {options.TimeoutSeconds} s");
            if (line.Result is null) return (null, "it left");
            if (line.Result.Length > LongestLine) return (null, "a line longer than 1 MiB");
            return JsonNode.Parse(line.Result) is JsonObject answer && answer["id"] is JsonValue said && said.TryGetValue(out long given) && given == id
                ? (answer, "") : (null, $"no answer to request {id}");
        }
        catch (IOException)
        {
            return (null, "it left");
        }
        catch (JsonException)
        {
            return (null, "a line that is no JSON");
        }
    }

    private Process Start()
    {
        ProcessStartInfo start = new(options.Command, options.Arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        try
        {
            return Process.Start(start) ?? throw Failed("could not be started");
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw new SocietyException($"environment 'external': cannot start '{options.Command}': {failure.Message}", cause: failure) { Option = "command" };
        }
    }

    private void End()
    {
        if (_process is null) return;
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _process = null;
    }
}
