using System.ClientModel;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;

namespace AgentSociety.Kernel;

/// <summary>What went wrong with one request to an endpoint, in words that a user can act on.</summary>
/// <param name="Message">What is wrong and what to do, without the place.</param>
/// <param name="MayPass">True where the same request may succeed later.</param>
/// <param name="RetryAfter">How long the endpoint asks to wait.</param>
internal sealed record EndpointFault(string Message, bool MayPass, TimeSpan? RetryAfter = null)
{
    private const int MostOfAnAnswer = 300;

    /// <summary>The fault behind what a client threw; null where it is no fault of the endpoint.</summary>
    public static EndpointFault? Of(Exception thrown, TimeSpan timeout, DateTimeOffset now) => thrown switch
    {
        ClientResultException { Status: > 0 } refused => Refusal(refused, now),
        ClientResultException { InnerException: { } inner } => Of(inner, timeout, now) ?? new($"the connection failed ({Line(inner.Message)}); check the address and the network", true),
        AggregateException { InnerException: { } first } => Of(first, timeout, now),
        OperationCanceledException => new($"no answer within {timeout.TotalSeconds:0.###} s; raise the timeout or ask for fewer tokens", true),
        HttpRequestException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => new("the connection was refused; check that the server runs and that the address and port are right", true),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => new("the host's name cannot be resolved; check the address", true),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } tls => new($"no secure connection could be made ({Line(tls.InnerException?.Message ?? tls.Message)}); check the certificate, or http against https", false),
        HttpRequestException or IOException => new($"the connection broke off ({Line(thrown.Message)}); the answer is not complete", true),
        JsonException or FormatException => new($"the answer is not valid JSON of the OpenAI protocol ({Line(thrown.Message)}); check that the address ends with the version, such as /v1", true),
        // The client reads fields that a server of another protocol does not send.
        InvalidOperationException or KeyNotFoundException or ArgumentException or NullReferenceException =>
            new($"the answer is not of the OpenAI protocol ({Line(thrown.Message)}); check that the address ends with the version, such as /v1", true),
        _ => null,
    };

    private static EndpointFault Refusal(ClientResultException refused, DateTimeOffset now)
    {
        string said = Said(refused);
        string told = said.Length == 0 ? "" : $": {said}";
        TimeSpan? wait = RetryAfterOf(refused, now);
        return refused.Status switch
        {
            401 or 403 => new($"the endpoint refused the key ({refused.Status}){told}; set keyVariable to the environment variable that holds a valid one", false),
            404 => new($"the endpoint does not know the model or the path (404){told}; check the model's name and that the address ends with the version, such as /v1", false),
            408 or 409 or 425 => new($"the endpoint could not take the request now ({refused.Status}){told}", true, wait),
            429 => new($"the endpoint's limit is reached (429){told}; lower requestsPerMinute or concurrency, or check the account's quota", true, wait),
            >= 500 => new($"the endpoint failed ({refused.Status}){told}; try again later", true, wait),
            _ => new($"the endpoint refused the request ({refused.Status}){told}", false),
        };
    }

    private static string Said(ClientResultException refused)
    {
        string? body = refused.GetRawResponse()?.Content?.ToString();
        if (string.IsNullOrWhiteSpace(body)) return "";
        try
        {
            using JsonDocument document = JsonDocument.Parse(body);
            JsonElement root = document.RootElement;
            if (root.ValueKind == JsonValueKind.Object && root.TryGetProperty("error", out JsonElement error))
            {
                if (error.ValueKind == JsonValueKind.String) return Line(error.GetString()!);
                if (error.ValueKind == JsonValueKind.Object && error.TryGetProperty("message", out JsonElement message)) return Line(message.ToString());
            }
        }
        catch (JsonException)
        {
            // Proxies answer in HTML; what they say is told as it is.
        }

        return Line(body);
    }

    private static TimeSpan? RetryAfterOf(ClientResultException refused, DateTimeOffset now)
    {
        if (refused.GetRawResponse()?.Headers is not { } headers) return null;
        if (headers.TryGetValue("retry-after-ms", out string? milliseconds) && double.TryParse(milliseconds, CultureInfo.InvariantCulture, out double exact) && exact is >= 0 and < 1e9)
            return TimeSpan.FromMilliseconds(exact);
        if (!headers.TryGetValue("Retry-After", out string? value)) return null;
        if (double.TryParse(value, CultureInfo.InvariantCulture, out double seconds)) return seconds is >= 0 and < 1e6 ? TimeSpan.FromSeconds(seconds) : null;
        return DateTimeOffset.TryParse(value, CultureInfo.InvariantCulture, out DateTimeOffset until) && until > now ? until - now : null;
    }

    private static string Line(string text)
    {
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= MostOfAnAnswer ? line : line[..MostOfAnAnswer] + "…";
    }
}
