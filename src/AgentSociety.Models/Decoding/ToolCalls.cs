using System.Runtime.InteropServices;
using AgentSociety.Core;
using AgentSociety.Core.Environments;

namespace AgentSociety.Models;

/// <summary>Makes the calls that sequences write, and gives them the replies: at once, or at a later step where a tool takes its time.</summary>
internal sealed class ToolCalls(LanguageModel model)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(5);
    private readonly Dictionary<string, ToolMarkers> _markers = [];

    /// <summary>Makes the calls that the last token completed; a sequence whose tool takes its time has a <see cref="Sequence.Pending"/> reply then.</summary>
    /// <returns>What went wrong; null for nothing.</returns>
    public string? Make(Sequence sequence, int token)
    {
        if (sequence.Request.Tools is not { Markers.Length: > 0 } tools) return null;
        ToolMarkers markers = MarkersOf(tools);
        if (!markers.MayEndIn(token)) return null;
        (IReadOnlyList<string> calls, string rest) = markers.Read(sequence.CallBegun, sequence.Tokens[sequence.CallStart..]);
        if (calls.Count == 0) return null;
        if (tools is IAsyncToolSession slow)
        {
            sequence.Pending = new PendingReply(slow, calls, rest);
            return null;
        }

        return Reply(sequence, calls.Select(tools.Call), rest);
    }

    /// <summary>Gives a sequence the reply that has come.</summary>
    /// <returns>What went wrong; null for nothing.</returns>
    public string? Resume(Sequence sequence)
    {
        using PendingReply pending = sequence.Pending!;
        sequence.Pending = null;
        // Whatever it is, it is this sequence's trouble and not the batch's.
        return pending.Replies.IsCompletedSuccessfully ? Reply(sequence, pending.Replies.Result, pending.Behind)
            : pending.Replies.Exception?.InnerException?.Message ?? "the tool gave the call up";
    }

    /// <summary>Waits a moment for a reply, where nothing else is to be done.</summary>
    public static void Wait(IEnumerable<Sequence> sequences) => Task.WaitAny([.. sequences.Select(sequence => sequence.Pending?.Replies).OfType<Task>()], LongestWait);

    private string? Reply(Sequence sequence, IEnumerable<string> replies, string behind)
    {
        try
        {
            List<int> reply = [];
            foreach (string text in replies) reply.AddRange(model.Tokenizer.EncodeContinuation(text));
            sequence.Replied(CollectionsMarshal.AsSpan(reply), behind);
            return null;
        }
        catch (SocietyException failure)
        {
            // One sequence's trouble is not the batch's.
            return failure.Message;
        }
    }

    private ToolMarkers MarkersOf(IToolSession tools) =>
        _markers.TryGetValue(tools.Markers, out ToolMarkers? known) ? known : _markers[tools.Markers] = new ToolMarkers(model.Tokenizer, tools.Markers, model.Decoder.Config.VocabularySize);
}

/// <summary>Calls that are being answered, one after the other.</summary>
internal sealed class PendingReply : IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Makes the calls on a thread of the pool.</summary>
    /// <param name="tools">Who answers.</param>
    /// <param name="calls">The calls.</param>
    /// <param name="behind">See <see cref="Sequence.CallBegun"/>.</param>
    public PendingReply(IAsyncToolSession tools, IReadOnlyList<string> calls, string behind)
    {
        Behind = behind;
        CancellationToken stop = _stop.Token;
        Replies = Task.Run(
            async () =>
            {
                List<string> replies = [];
                foreach (string call in calls) replies.Add(await tools.CallAsync(call, stop).ConfigureAwait(false));
                return replies;
            },
            stop);
    }

    /// <summary>The replies, once they are there.</summary>
    public Task<List<string>> Replies { get; }

    /// <summary>What the model wrote behind the last call.</summary>
    public string Behind { get; }

    /// <summary>Gives up what is not answered yet.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }
}
