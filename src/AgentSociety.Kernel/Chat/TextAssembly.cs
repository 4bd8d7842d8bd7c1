using System.Text;
using AgentSociety.Models;

namespace AgentSociety.Kernel;

/// <summary>Turns tokens, one by one, into text that may be shown: whole characters, and nothing that could still become a stop.</summary>
/// <param name="tokenizer">Whose tokens.</param>
/// <param name="ends">The tokens that end a text and are not part of it.</param>
/// <param name="stops">The texts that end it before they stand in it.</param>
internal sealed class TextAssembly(ITokenizer tokenizer, IReadOnlyCollection<int> ends, IReadOnlyList<string> stops)
{
    private readonly TextStream _stream = new(tokenizer);
    private readonly Queue<(int Start, WrittenToken Token)> _unreleased = [];
    private readonly StringBuilder _text = new();
    private readonly int _longestStop = stops.Count == 0 ? 0 : stops.Max(stop => stop.Length);
    private int _released;

    /// <summary>True once a stop was met; what follows it is not part of the text.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Tokens so far, the end of text left out.</summary>
    public int Count { get; private set; }

    /// <summary>Takes the next token in and gives what may be shown of the text now; null for nothing yet.</summary>
    public TextPiece? Add(SampledToken sampled)
    {
        if (ends.Contains(sampled.Token)) return null;
        Count++;
        _unreleased.Enqueue((_text.Length, Written(sampled)));
        string more = _stream.Append(sampled.Token);
        if (more.Length == 0) return null;
        Take(more);
        int end = Stopped ? _text.Length : _text.Length - Held();
        return end > _released ? Release(end) : null;
    }

    /// <summary>What is left when no token follows; also half characters.</summary>
    public TextPiece Finish(TextEnd end)
    {
        string rest = _stream.Finish();
        if (!Stopped && rest.Length > 0) Take(rest);
        return Release(_text.Length) with { End = end };
    }

    private void Take(string more)
    {
        int from = Math.Max(_released, _text.Length - Math.Max(0, _longestStop - 1));
        _text.Append(more);
        if (stops.Count == 0) return;
        string tail = _text.ToString(from, _text.Length - from);
        int first = stops.Select(stop => tail.IndexOf(stop, StringComparison.Ordinal)).Where(place => place >= 0).DefaultIfEmpty(-1).Min();
        if (first < 0) return;
        _text.Length = from + first;
        Stopped = true;
    }

    /// <summary>Characters at the end that may not be shown yet.</summary>
    private int Held()
    {
        for (int length = Math.Min(_longestStop - 1, _text.Length - _released); length > 0; length--)
        {
            string end = _text.ToString(_text.Length - length, length);
            if (stops.Any(stop => stop.StartsWith(end, StringComparison.Ordinal))) return length;
        }

        return 0;
    }

    private TextPiece Release(int end)
    {
        string text = _text.ToString(_released, end - _released);
        List<WrittenToken> tokens = [];
        while (_unreleased.TryPeek(out (int Start, WrittenToken Token) next) && (next.Start < end || (!Stopped && end == _text.Length)))
        {
            tokens.Add(next.Token);
            _unreleased.Dequeue();
        }

        _released = end;
        return new TextPiece { Text = text, Tokens = tokens };
    }

    private WrittenToken Written(SampledToken sampled) =>
        new(tokenizer.BytesOf(sampled.Token), sampled.LogProbability, [.. sampled.Alternatives.Select(other => new LikelyToken(tokenizer.BytesOf(other.Token), other.LogProbability))]);
}
