using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using AgentSociety.Core;
using AgentSociety.Core.Play;
using AgentSociety.Core.Scenarios;
using Microsoft.Extensions.AI;
using OpenAI;

namespace AgentSociety.Kernel;

/// <summary>Plays for agents through a chat endpoint, with the same tools and the same text form as a local model.</summary>
/// <remarks>
/// <para>
/// The text is cut into turns: the prompt is the user's, what the model writes is the assistant's, and a tool's reply is the next of the user's. The answer is read
/// as a stream and left at the first marker. Markers are not sent as stop sequences: an endpoint does not say which one it met, nor whether it met one
/// or was done, and takes four at most.
/// </para>
/// <para>A stream that was left carries no count of tokens; its tokens are then estimated, one for each piece, and told as estimates.</para>
/// </remarks>
public sealed class RemotePolicy : IRemotePolicy, IDisposable
{
    /// <summary>Characters of a token, where an endpoint does not count: English text under common tokenizers.</summary>
    private const int CharactersOfAToken = 4;

    /// <summary>Characters that the longest tokens have, which stand for runs of spaces.</summary>
    private const int MostCharactersOfAToken = 128;

    private readonly IChatClient _client;
    private readonly RemoteSettings _settings;
    private readonly TimeProvider _clock;
    private readonly Func<double> _random;
    private readonly EndpointPace _pace;
    private readonly Lock _gate = new();
    private RemoteUsage _total;

    /// <summary>A policy over an OpenAI-compatible endpoint.</summary>
    /// <exception cref="SocietyException">The address is none, or the variable that should hold the key is not set.</exception>
    public RemotePolicy(RemoteSettings settings)
        : this(Connect(settings), settings, TimeProvider.System, Random.Shared.NextDouble)
    {
    }

    /// <summary>A policy over any chat client.</summary>
    /// <param name="client">The client, without retries of its own.</param>
    /// <param name="settings">How it is treated.</param>
    /// <param name="clock">Measures waits.</param>
    /// <param name="random">Draws from [0, 1) for the jitter of waits; it decides nothing that is recorded.</param>
    public RemotePolicy(IChatClient client, RemoteSettings settings, TimeProvider clock, Func<double> random)
    {
        _client = client;
        _settings = settings;
        _clock = clock;
        _random = random;
        _pace = new EndpointPace(settings.Concurrency, settings.RequestsPerMinute, clock);
    }

    /// <inheritdoc />
    public string Model => _settings.Model;

    /// <inheritdoc />
    public RemoteUsage Total
    {
        get
        {
            lock (_gate) return _total;
        }
    }

    /// <inheritdoc />
    public async Task<RemoteGeneration> GenerateAsync(RemoteRequest request, CancellationToken cancellation)
    {
        List<ChatMessage> conversation = RemoteConversation.Begin(request);
        List<Segment> segments = [new(Source.Prompt, request.Prompt)];
        RemoteUsage usage = default;
        string markers = request.Tools?.Markers ?? "";
        for (int calls = 0; ; calls++)
        {
            int left = request.MaximumTokens - (int)Math.Min(int.MaxValue, usage.CompletionTokens);
            if (left <= 0) return Done(RemoteFinish.MaximumTokens);
            if (calls > request.MaximumCalls) return Done(RemoteFinish.MaximumCalls);
            (Turn written, RemoteUsage used) = await WriteAsync(request, conversation, markers, left, cancellation).ConfigureAwait(false);
            usage += used;
            if (written.Text.Length > 0) segments.Add(new Segment(Source.Model, written.Text));
            if (!written.AtMarker) return Done(written.Finish);
            string reply = request.Tools!.Call(written.Text);
            if (reply.Length > 0) segments.Add(new Segment(Source.Tool, reply));
            RemoteConversation.Continue(conversation, written.Text, reply);
        }

        RemoteGeneration Done(RemoteFinish finish) => new() { Segments = RemoteConversation.Joined(segments), Finish = finish, Usage = usage };
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _client.Dispose();
        _pace.Dispose();
    }

    /// <summary>One turn of the model, with retries.</summary>
    private async Task<(Turn Turn, RemoteUsage Usage)> WriteAsync(RemoteRequest request, List<ChatMessage> conversation, string markers, int tokens, CancellationToken cancellation)
    {
        ChatOptions options = new() { ModelId = _settings.Model, Temperature = (float)request.Temperature, MaxOutputTokens = tokens, Seed = request.Seed };
        RemoteUsage used = default;
        for (int attempt = 0; ; attempt++)
        {
            CheckBudget(request);
            TimeSpan timeout = TimeSpan.FromSeconds(_settings.Timeout);
            Counts counts = new();
            EndpointFault fault;
            using (await _pace.EnterAsync(cancellation).ConfigureAwait(false))
            using (CancellationTokenSource limit = new(timeout, _clock))
            using (CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token))
            {
                try
                {
                    Turn turn = await ReadAsync(conversation, options, markers, counts, both.Token).ConfigureAwait(false);
                    used += Account(conversation, counts);
                    if (turn.Whole) return (turn, used);
                    fault = new EndpointFault("the answer's stream ended before the answer did; the connection was cut or the server gave up", true);
                }
                catch (Exception thrown) when (!cancellation.IsCancellationRequested && EndpointFault.Of(thrown, timeout, _clock.GetUtcNow()) is { } known)
                {
                    used += Account(conversation, counts);
                    fault = known;
                    if (!known.MayPass || attempt >= _settings.Retries) throw Failure(request, known, attempt, thrown);
                }
            }

            if (attempt >= _settings.Retries) throw Failure(request, fault, attempt, null);
            await Task.Delay(Wait(attempt, fault.RetryAfter), _clock, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<Turn> ReadAsync(List<ChatMessage> conversation, ChatOptions options, string markers, Counts counts, CancellationToken cancellation)
    {
        StringBuilder text = new();
        ChatFinishReason? finish = null;
        await foreach (ChatResponseUpdate update in _client.GetStreamingResponseAsync(conversation, options, cancellation).ConfigureAwait(false))
        {
            counts.Answered = true;
            finish = update.FinishReason ?? finish;
            foreach (UsageContent told in update.Contents.OfType<UsageContent>()) counts.Told = told.Details;
            if (update.Text.Length == 0) continue;
            counts.Pieces++;
            int marker = markers.Length == 0 ? -1 : update.Text.AsSpan().IndexOfAny(markers);
            text.Append(update.Text.AsSpan(0, marker < 0 ? update.Text.Length : marker + 1));
            // What the model wrote beyond the marker it made up; leaving the stream ends the request.
            if (marker >= 0) return new Turn(text.ToString(), true, true, RemoteFinish.EndOfText);
            // An endpoint that does not keep to the limit could write for ever.
            if (text.Length > (options.MaxOutputTokens ?? int.MaxValue) * (long)MostCharactersOfAToken) return new Turn(text.ToString(), true, false, RemoteFinish.MaximumTokens);
        }

        return new Turn(text.ToString(), finish is not null, false,
            finish == ChatFinishReason.Length ? RemoteFinish.MaximumTokens : finish == ChatFinishReason.ContentFilter ? RemoteFinish.Filtered : RemoteFinish.EndOfText);
    }

    private RemoteUsage Account(List<ChatMessage> conversation, Counts counts)
    {
        RemoteUsage usage;
        // What an endpoint tells is paid for and compared with limits: less than nothing is no count.
        if (counts.Told is { InputTokenCount: >= 0 and { } read, OutputTokenCount: >= 0 and { } written }) usage = new() { Requests = 1, PromptTokens = read, CompletionTokens = written };
        else if (!counts.Answered) usage = new() { Requests = 1 };
        else
        {
            long prompt = conversation.Sum(message => (message.Text.Length + CharactersOfAToken - 1) / CharactersOfAToken);
            usage = new() { Requests = 1, PromptTokens = prompt, CompletionTokens = counts.Pieces, EstimatedTokens = prompt + counts.Pieces };
        }

        usage = usage with { Cost = (usage.PromptTokens * (decimal)_settings.PromptPrice + usage.CompletionTokens * (decimal)_settings.CompletionPrice) / 1_000_000 };
        lock (_gate) _total += usage;
        return usage;
    }

    /// <summary>Exponential with jitter (full range around the doubled wait), or what the endpoint asks for where that is longer.</summary>
    private TimeSpan Wait(int attempt, TimeSpan? asked)
    {
        double seconds = _settings.Backoff * Math.Pow(2, Math.Min(attempt, 30)) * (0.5 + _random());
        return TimeSpan.FromSeconds(Math.Min(_settings.MaximumBackoff, Math.Max(seconds, asked?.TotalSeconds ?? 0)));
    }

    private void CheckBudget(RemoteRequest request)
    {
        if (_settings.Budget > 0 && Total.Cost >= (decimal)_settings.Budget)
            throw new SocietyException($"{_settings.Endpoint} ({_settings.Model}), {request.Id}: the budget of {_settings.Budget} is spent; raise it to go on", badInput: false);
    }

    private SocietyException Failure(RemoteRequest request, EndpointFault fault, int attempt, Exception? cause) => new(
        $"{_settings.Endpoint} ({_settings.Model}), {request.Id}: {fault.Message}{(attempt == 0 ? "" : $" (given up after {attempt + 1} tries)")}", badInput: !fault.MayPass, cause);

    private static IChatClient Connect(RemoteSettings settings)
    {
        if (!Uri.TryCreate(settings.Endpoint, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https"))
            throw new SocietyException($"'{settings.Endpoint}' is no address of an endpoint; give one such as http://127.0.0.1:8000/v1");
        string? key = settings.KeyVariable is { } variable
            ? Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : throw new SocietyException($"the environment variable {variable}, which should hold the key of {settings.Endpoint}, is not set")
            : null;
        OpenAIClientOptions options = new()
        {
            Endpoint = address,
            // Retries and time limits are this policy's, so that they are counted and told.
            RetryPolicy = new ClientRetryPolicy(0),
            NetworkTimeout = Timeout.InfiniteTimeSpan,
        };
        // An endpoint that asks for no key is sent a word that is none: the client insists on one.
        return new OpenAIClient(new ApiKeyCredential(key ?? "none"), options).GetChatClient(settings.Model).AsIChatClient();
    }

    /// <summary>What one request wrote.</summary>
    /// <param name="Text">The text, up to and with the first marker.</param>
    /// <param name="Whole">False where the stream ended without saying why.</param>
    /// <param name="AtMarker">True where it ends with a marker.</param>
    /// <param name="Finish">Why it ended, where it ends with none.</param>
    private sealed record Turn(string Text, bool Whole, bool AtMarker, RemoteFinish Finish);

    private sealed class Counts
    {
        public UsageDetails? Told { get; set; }

        public int Pieces { get; set; }

        public bool Answered { get; set; }
    }
}
