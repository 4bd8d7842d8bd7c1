using System.Globalization;
using System.Text;
using System.Text.Json;
using AgentSociety.Core.Text;

namespace AgentSociety.Models;

/// <summary>A piece of text on its way to tokens.</summary>
/// <param name="Text">Its characters.</param>
/// <param name="First">True for the piece that begins the text.</param>
internal readonly record struct TextPiece(string Text, bool First);

/// <summary>The steps of <c>tokenizer.json</c> that come before byte-pair encoding: normalisers change text, pre-tokenisers cut it.</summary>
/// <remarks>A step that is not known is refused by name, since leaving it out would give other tokens.</remarks>
internal static class TextSteps
{
    /// <summary>The mark that SentencePiece vocabularies write for a space.</summary>
    public const char Space = '\u2581';

    /// <summary>Builds the normaliser.</summary>
    /// <param name="step">The file's object; a null for none.</param>
    /// <param name="continues">True for text that goes on from text before it, where nothing is put at the beginning.</param>
    public static Func<string, string> Normaliser(JsonElement step, bool continues)
    {
        if (step.ValueKind == JsonValueKind.Null) return text => text;
        string type = Text(step, "type");
        switch (type)
        {
            case "Sequence":
                Func<string, string>[] parts = [.. step.GetProperty("normalizers").EnumerateArray().Select(part => Normaliser(part, continues))];
                return text => parts.Aggregate(text, (changed, part) => part(changed));
            case "NFC":
                return CanonicalComposition.Compose;
            case "Prepend":
                string prefix = Text(step, "prepend");
                return text => continues || text.Length == 0 ? text : prefix + text;
            case "Replace" when step.GetProperty("pattern").TryGetProperty("String", out JsonElement sought) && sought.GetString() is { Length: > 0 } old:
                string fresh = Text(step, "content");
                return text => text.Replace(old, fresh, StringComparison.Ordinal);
            default:
                throw new FormatException($"the normalizer '{type}' is not supported as given (NFC, Prepend, Replace of a string and Sequence are)");
        }
    }

    /// <summary>Builds the pre-tokeniser.</summary>
    /// <param name="step">The file's object; a null for none.</param>
    /// <param name="continues">True for text that goes on from text before it.</param>
    public static Func<TextPiece, IEnumerable<TextPiece>> PreTokeniser(JsonElement step, bool continues)
    {
        if (step.ValueKind == JsonValueKind.Null) return piece => [piece];
        string type = Text(step, "type");
        switch (type)
        {
            case "Sequence":
                Func<TextPiece, IEnumerable<TextPiece>>[] parts = [.. step.GetProperty("pretokenizers").EnumerateArray().Select(part => PreTokeniser(part, continues))];
                return piece => parts.Aggregate<Func<TextPiece, IEnumerable<TextPiece>>, IEnumerable<TextPiece>>([piece], (pieces, part) => pieces.SelectMany(part));
            case "Split":
                return Split(step);
            case "Digits":
                bool each = Flag(step, "individual_digits");
                return piece => Digits(piece, each);
            case "ByteLevel":
                bool prefix = Flag(step, "add_prefix_space") && !continues;
                WholeCharacterPattern? pattern = Flag(step, "use_regex", missing: true) ? new WholeCharacterPattern(BytePairTrainer.Gpt2Pattern) : null;
                return piece => ByteLevel(piece, prefix, pattern);
            case "Metaspace":
                return Metaspace(step, continues);
            default:
                throw new FormatException($"the pre-tokenizer '{type}' is not supported (Split, Digits, ByteLevel, Metaspace and Sequence are)");
        }
    }

    private static Func<TextPiece, IEnumerable<TextPiece>> Split(JsonElement step)
    {
        JsonElement given = step.GetProperty("pattern");
        WholeCharacterPattern pattern = new(given.TryGetProperty("Regex", out JsonElement expression) ? expression.GetString()! : System.Text.RegularExpressions.Regex.Escape(Text(given, "String")));
        string behavior = Text(step, "behavior");
        bool invert = Flag(step, "invert");
        if (behavior is not ("Isolated" or "Removed")) throw new FormatException($"a Split of behavior '{behavior}' is not supported (Isolated and Removed are)");
        return piece => Cut(piece, pattern.Matches(piece.Text), keepMatches: behavior == "Isolated" || invert, keepOthers: behavior == "Isolated" || !invert);
    }

    private static IEnumerable<TextPiece> Cut(TextPiece piece, List<(int Start, int Length)> matches, bool keepMatches, bool keepOthers)
    {
        int done = 0;
        foreach ((int start, int length) in matches)
        {
            if (keepOthers && start > done) yield return Part(done, start);
            if (keepMatches && length > 0) yield return Part(start, start + length);
            done = start + length;
        }

        if (keepOthers && done < piece.Text.Length) yield return Part(done, piece.Text.Length);

        TextPiece Part(int from, int to) => new(piece.Text[from..to], piece.First && from == 0);
    }

    private static IEnumerable<TextPiece> Digits(TextPiece piece, bool each)
    {
        List<(int Start, int Length)> runs = [];
        for (int place = 0; place < piece.Text.Length;)
        {
            bool valid = Rune.TryGetRuneAt(piece.Text, place, out Rune rune);
            int length = valid ? rune.Utf16SequenceLength : 1;
            if (valid && Rune.GetUnicodeCategory(rune) is UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber)
            {
                if (!each && runs.Count > 0 && runs[^1].Start + runs[^1].Length == place) runs[^1] = (runs[^1].Start, runs[^1].Length + length);
                else runs.Add((place, length));
            }

            place += length;
        }

        return Cut(piece, runs, keepMatches: true, keepOthers: true);
    }

    private static IEnumerable<TextPiece> ByteLevel(TextPiece piece, bool prefix, WholeCharacterPattern? pattern)
    {
        if (prefix && !piece.Text.StartsWith(' ')) piece = piece with { Text = " " + piece.Text };
        IEnumerable<TextPiece> pieces = pattern is null ? [piece] : Cut(piece, pattern.Matches(piece.Text), keepMatches: true, keepOthers: true);
        return pieces.Select(part => part with { Text = ByteAlphabet.Write(part.Text) });
    }

    private static Func<TextPiece, IEnumerable<TextPiece>> Metaspace(JsonElement step, bool continues)
    {
        string mark = Text(step, "replacement");
        if (mark.Length != 1) throw new FormatException($"a Metaspace with the replacement '{mark}' is not supported; it must be one character");
        string scheme = step.TryGetProperty("prepend_scheme", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString()!
            : Flag(step, "add_prefix_space", missing: true) ? "always" : "never";
        bool split = Flag(step, "split", missing: true);
        return piece =>
        {
            string text = piece.Text.Replace(' ', mark[0]);
            bool begin = scheme == "always" || (scheme == "first" && piece.First);
            if (begin && !continues && !text.StartsWith(mark[0])) text = mark + text;
            if (!split) return [piece with { Text = text }];
            List<TextPiece> words = [];
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = text.IndexOf(mark[0], start + 1);
                if (end < 0) end = text.Length;
                words.Add(new TextPiece(text[start..end], piece.First && start == 0));
            }

            return words;
        };
    }

    private static string Text(JsonElement step, string key) => step.GetProperty(key).GetString() ?? throw new FormatException($"'{key}' is null");

    private static bool Flag(JsonElement step, string key, bool missing = false) =>
        step.TryGetProperty(key, out JsonElement value) && value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : missing;
}
