using System.Net.Mime;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using AgentSociety.Core;
using AgentSociety.Kernel;

namespace AgentSociety.Web.Serving;

/// <summary>Answers requests for chat completions, whole or as a stream of server-sent events.</summary>
internal sealed class CompletionEndpoint(LocalChat chat, int maximumAnswers, TimeSpan? maximumTime)
{
    private int _answers;

    public async Task AnswerAsync(HttpContext context)
    {
        // A page of another site can send only what needs no preflight; JSON needs one, and gets none here.
        if (!context.Request.HasJsonContentType()) throw new RequestFault(415, "the body must be application/json");
        CompletionRequest request = await ReadAsync(context).ConfigureAwait(false);
        if (request.Asks.Count > maximumAnswers) throw new RequestFault(400, $"n is {request.Asks.Count}; this server writes at most {maximumAnswers} at once", "n");
        if (Interlocked.Add(ref _answers, request.Asks.Count) > maximumAnswers)
        {
            Interlocked.Add(ref _answers, -request.Asks.Count);
            throw new RequestFault(429, $"{maximumAnswers} answers are being written or wait; come again", code: Busy);
        }

        using CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        Channel<(int Choice, ChatPiece Piece)> pieces = Channel.CreateUnbounded<(int, ChatPiece)>();
        Task writing = Task.WhenAll(request.Asks.Select(async (ask, choice) =>
        {
            await foreach (ChatPiece piece in chat.AnswerAsync(ask, stop.Token).ConfigureAwait(false)) pieces.Writer.TryWrite((choice, piece));
        }));
        Task closing = writing.ContinueWith(done => pieces.Writer.Complete(done.Exception?.InnerException), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            // What is wrong with the conversation shows before the first piece, while an error can still be a status.
            await pieces.Reader.WaitToReadAsync(context.RequestAborted).ConfigureAwait(false);
            await (request.Stream ? StreamAsync(context, request, pieces.Reader) : WholeAsync(context, request, pieces.Reader)).ConfigureAwait(false);
        }
        finally
        {
            await stop.CancelAsync().ConfigureAwait(false);
            await closing.ConfigureAwait(false);
            Interlocked.Add(ref _answers, -request.Asks.Count);
        }
    }

    private async Task<CompletionRequest> ReadAsync(HttpContext context)
    {
        try
        {
            using JsonDocument body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted).ConfigureAwait(false);
            if (HoldsHalfPairs(body.RootElement)) throw new RequestFault(400, "the body holds half of a surrogate pair, which is no character");
            return CompletionRequest.Read(body.RootElement, chat, maximumTime);
        }
        catch (JsonException fault)
        {
            throw new RequestFault(400, $"the body is not valid JSON: {fault.Message}");
        }
    }

    /// <summary>True where a text or a name cannot be read as characters; whoever reads it first would fail for it.</summary>
    private static bool HoldsHalfPairs(JsonElement value)
    {
        try
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.String:
                    value.GetString();
                    return false;
                case JsonValueKind.Array:
                    return value.EnumerateArray().Any(HoldsHalfPairs);
                case JsonValueKind.Object:
                    return value.EnumerateObject().Any(property => property.Name is null || HoldsHalfPairs(property.Value));
                default:
                    return false;
            }
        }
        catch (InvalidOperationException)
        {
            // What the platform's reader says of such a text.
            return true;
        }
    }

    private static async Task WholeAsync(HttpContext context, CompletionRequest request, ChannelReader<(int Choice, ChatPiece Piece)> pieces)
    {
        Answer[] answers = [.. request.Asks.Select(_ => new Answer())];
        await foreach ((int choice, ChatPiece piece) in pieces.ReadAllAsync(context.RequestAborted).ConfigureAwait(false)) answers[choice].Add(piece);
        await context.Response.WriteAsJsonAsync(NewCompletion("chat.completion", request,
        [
            .. answers.Select((answer, index) => new Choice(index)
            {
                Message = new Message { Role = "assistant", Content = answer.Text.Length > 0 || answer.Calls.Count == 0 ? answer.Text.ToString() : null, ToolCalls = answer.Calls.Count == 0 ? null : [.. answer.Calls.Select(call => Call.Of(call))] },
                Logprobs = Replies.Probabilities(answer.Tokens, request.Probabilities),
                FinishReason = Replies.FinishReason(answer.End!.Finish),
            }),
        ]) with
        { Usage = Total(answers.Select(answer => answer.End!)) }, Replies.Json, context.RequestAborted).ConfigureAwait(false);
    }

    private static async Task StreamAsync(HttpContext context, CompletionRequest request, ChannelReader<(int Choice, ChatPiece Piece)> pieces)
    {
        context.Response.ContentType = MediaTypeNames.Text.EventStream;
        context.Response.Headers.CacheControl = "no-store";
        Completion head = NewCompletion("chat.completion.chunk", request, []);
        int[] calls = new int[request.Asks.Count];
        bool[] begun = new bool[request.Asks.Count];
        List<ChatEnd> ends = [];
        try
        {
            await foreach ((int choice, ChatPiece piece) in pieces.ReadAllAsync(context.RequestAborted).ConfigureAwait(false))
            {
                Message delta = new()
                {
                    Role = begun[choice] ? null : "assistant",
                    Content = piece.Text.Length > 0 || !begun[choice] ? piece.Text : null,
                    ToolCalls = piece.Calls.Count == 0 ? null : [.. piece.Calls.Select(call => Call.Of(call, calls[choice]++))],
                };
                begun[choice] = true;
                await SendAsync(context, head with
                {
                    Choices = [new Choice(choice) { Delta = delta, Logprobs = Replies.Probabilities(piece.Tokens, request.Probabilities), FinishReason = piece.End is { } end ? Replies.FinishReason(end.Finish) : null }],
                }).ConfigureAwait(false);
                if (piece.End is not null) ends.Add(piece.End);
            }

            if (request.StreamUsage) await SendAsync(context, head with { Usage = Total(ends) }).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is SocietyException or ObjectDisposedException)
        {
            // The status is sent already; the stream itself has to say that it is not whole.
            await SendAsync(context, new RequestFault(500, Said(fault)).Reply).ConfigureAwait(false);
            return;
        }
        catch (Exception defect) when (!context.RequestAborted.IsCancellationRequested)
        {
            await SendAsync(context, new RequestFault(500, Defect).Reply).ConfigureAwait(false);
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(defect);
        }

        await context.Response.WriteAsync("data: [DONE]\n\n", context.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>The protocol's code of a refusal for want of room.</summary>
    internal const string Busy = "rate_limit_exceeded";

    /// <summary>What a client is told of a failure that is not its own.</summary>
    internal const string Defect = "the server failed; where it runs, it says why";

    /// <summary>What a client is told of a failure.</summary>
    internal static string Said(Exception fault) => fault is ObjectDisposedException ? "the model is being taken down" : fault.Message;

    private static async Task SendAsync<T>(HttpContext context, T data)
    {
        await context.Response.WriteAsync($"data: {JsonSerializer.Serialize(data, Replies.Json)}\n\n", context.RequestAborted).ConfigureAwait(false);
        await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
    }

    private static Completion NewCompletion(string kind, CompletionRequest request, IReadOnlyList<Choice> choices) =>
        new($"chatcmpl-{Guid.CreateVersion7():n}", kind, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), request.Model, choices);

    private static Usage Total(IEnumerable<ChatEnd> ends)
    {
        ChatEnd[] all = [.. ends];
        // The conversation counts once, however many answers it gets.
        int prompt = all.Length == 0 ? 0 : all[0].PromptTokens, completion = all.Sum(end => end.CompletionTokens);
        return new Usage(prompt, completion, prompt + completion);
    }

    private sealed class Answer
    {
        public StringBuilder Text { get; } = new();

        public List<ChatCall> Calls { get; } = [];

        public List<WrittenToken> Tokens { get; } = [];

        public ChatEnd? End { get; private set; }

        public void Add(ChatPiece piece)
        {
            Text.Append(piece.Text);
            Calls.AddRange(piece.Calls);
            Tokens.AddRange(piece.Tokens);
            End = piece.End;
        }
    }
}
