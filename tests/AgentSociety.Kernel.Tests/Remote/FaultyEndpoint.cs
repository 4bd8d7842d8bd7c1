using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace AgentSociety.Kernel.Tests;

/// <summary>A server that answers as its script says, byte for byte, so that every kind of failure can be met on purpose.</summary>
public sealed class FaultyEndpoint : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;
    private readonly List<JsonElement> _requests = [];
    private readonly Func<int, JsonElement, string?> _script;
    private int _open;

    /// <param name="script">The whole answer, head included, to the request of this index (from 0) and body; null to stay silent.</param>
    public FaultyEndpoint(Func<int, JsonElement, string?> script)
    {
        _script = script;
        _listener.Start();
        _serving = ServeAsync();
    }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/v1");

    public IReadOnlyList<JsonElement> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    public int MostAtOnce { get; private set; }

    /// <summary>A whole streamed answer, one event a piece of text.</summary>
    public static string Stream(IEnumerable<string> pieces, string finish = "stop", string? usage = "{\"prompt_tokens\":10,\"completion_tokens\":3,\"total_tokens\":13}") =>
        Head("text/event-stream") + Events(pieces) + Event("{}", finish) + (usage is null ? "" : $"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[],\"usage\":{usage}}}\n\n") + "data: [DONE]\n\n";

    /// <summary>The beginning of one.</summary>
    public static string Begun(IEnumerable<string> pieces) => Head("text/event-stream") + Events(pieces);

    public static string Refusal(int status, string body = "{\"error\":{\"message\":\"no, because\"}}", string headers = "") =>
        $"HTTP/1.1 {status} Reason\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\nConnection: close\r\n{headers}\r\n{body}";

    public static string Head(string type) => $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nConnection: close\r\n\r\n";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        // Not before: who is about to accept finds a listener that was never started.
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private static string Events(IEnumerable<string> pieces) => string.Concat(pieces.Select(piece => Event($"{{\"content\":{JsonSerializer.Serialize(piece)}}}", null)));

    private static string Event(string delta, string? finish) =>
        $"data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":{(finish is null ? "null" : $"\"{finish}\"")}}}]}}\n\n";

    private async Task ServeAsync()
    {
        List<Task> answers = [];
        try
        {
            while (true) answers.Add(AnswerAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(answers);
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        using TcpClient connection = client;
        try
        {
            NetworkStream stream = connection.GetStream();
            JsonElement body = await ReadAsync(stream);
            int index;
            lock (_requests)
            {
                index = _requests.Count;
                _requests.Add(body);
                MostAtOnce = Math.Max(MostAtOnce, ++_open);
            }

            if (_script(index, body) is { } answer) await stream.WriteAsync(Encoding.UTF8.GetBytes(answer), _stop.Token);
            else await Task.Delay(Timeout.Infinite, _stop.Token);
            lock (_requests) _open--;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or SocketException)
        {
            // The client left or the test is over.
        }
    }

    private async Task<JsonElement> ReadAsync(NetworkStream stream)
    {
        List<byte> head = [];
        byte[] one = new byte[1];
        while (!head.TakeLast(4).SequenceEqual("\r\n\r\n"u8.ToArray()))
        {
            if (await stream.ReadAsync(one, _stop.Token) == 0) throw new IOException("no request");
            head.Add(one[0]);
        }

        string length = Encoding.ASCII.GetString([.. head]).Split("\r\n").First(line => line.StartsWith("Content-Length:", StringComparison.OrdinalIgnoreCase)).Split(':')[1];
        byte[] body = new byte[int.Parse(length, CultureInfo.InvariantCulture)];
        await stream.ReadExactlyAsync(body, _stop.Token);
        return JsonSerializer.Deserialize<JsonElement>(body);
    }
}
