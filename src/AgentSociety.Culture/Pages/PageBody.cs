using System.Text;
using System.Text.RegularExpressions;

namespace AgentSociety.Culture;

/// <summary>The text of a page: its one form, its links, and what differs between two of its revisions.</summary>
internal static partial class PageBody
{
    /// <summary>One form for one text: lines end with \n, the last one too; no text is the empty body.</summary>
    internal static string Normalise(string text)
    {
        string body = text.Contains('\r') ? text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n') : text;
        return body.Length == 0 || body.EndsWith('\n') ? body : body + "\n";
    }

    /// <summary>Why a text cannot be stored; null where it can.</summary>
    internal static string? Fault(string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\0') return "the text holds the character U+0000";
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) i++;
            else if (char.IsSurrogate(text[i])) return "the text is not valid Unicode (half of a surrogate pair)";
        }

        return null;
    }

    /// <summary>True where these lines stand on the page already, one after the other.</summary>
    internal static bool Holds(string body, string lines) =>
        body.StartsWith(lines, StringComparison.Ordinal) || body.Contains("\n" + lines, StringComparison.Ordinal);

    /// <summary>Pages that the body links to with <c>[[name]]</c>, <c>[[name|shown]]</c>, <c>[[name#heading]]</c> or <c>[[name@revision]]</c>; not from within code, and not by what is never closed.</summary>
    internal static IEnumerable<string> Links(string page, string body) => !body.Contains("[[", StringComparison.Ordinal) ? [] :
        // Inside a table the bar is written with a backslash.
        LinkPattern().Matches(WithoutCode(body)).Select(match => PageName.Resolve(page, match.Groups[1].Value.TrimEnd('\\'))).OfType<string>().Distinct();

    /// <summary>The text without fenced blocks and code spans within a line.</summary>
    private static string WithoutCode(string body)
    {
        if (!body.Contains('`') && !body.Contains("~~~", StringComparison.Ordinal)) return body;
        StringBuilder text = new(body.Length);
        foreach (string line in OutsideCode(body)) AppendWithoutSpans(text, line);
        return text.ToString();
    }

    /// <summary>The lines that stand in no fenced block, and no fence.</summary>
    internal static IEnumerable<string> OutsideCode(string body)
    {
        string? fence = null;
        foreach (string line in LineDiff.Lines(body))
        {
            string start = Fence().Match(line).Groups[1].Value;
            if (fence is not null)
            {
                if (start.StartsWith(fence, StringComparison.Ordinal) && line.AsSpan().Trim().Length == start.Length) fence = null;
            }
            else if (start.Length > 0)
            {
                fence = start;
            }
            else
            {
                yield return line;
            }
        }
    }

    /// <summary>A span of code ends at the next run of as many backticks as it began with; a run without such another is text.</summary>
    private static void AppendWithoutSpans(StringBuilder text, string line)
    {
        Match[] runs = [.. Backticks().Matches(line).Cast<Match>()];
        int[] ends = new int[runs.Length];
        Dictionary<int, int> next = [];
        for (int run = runs.Length - 1; run >= 0; run--)
        {
            ends[run] = next.GetValueOrDefault(runs[run].Length, -1);
            next[runs[run].Length] = run;
        }

        int at = 0;
        for (int run = 0; run < runs.Length; run++)
        {
            if (ends[run] < 0) continue;
            text.Append(line, at, runs[run].Index - at).Append('`');
            run = ends[run];
            at = runs[run].Index + runs[run].Length;
        }

        text.Append(line, at, line.Length - at);
    }

    /// <summary>A text with the links of a page written with full names; what is shown stays as it was.</summary>
    internal static string WithFullLinks(string text, string page) => LinkParts().Replace(text, link =>
    {
        string name = link.Groups[1].Value;
        if (PageName.Resolve(page, name) is not { } full || full == name.Trim()) return link.Value;
        return $"[[{full}{link.Groups[2].Value}|{(link.Groups[3].Success ? link.Groups[3].Value : link.Value[2..^2].Trim())}]]";
    });

    /// <summary>Characters of whole lines that two bodies share at the start and at the end, without overlap.</summary>
    internal static (int Prefix, int Suffix) Shared(string before, string after)
    {
        int prefix = before.AsSpan().CommonPrefixLength(after);
        if (prefix < before.Length || prefix < after.Length) prefix = prefix == 0 ? 0 : before.LastIndexOf('\n', prefix - 1) + 1;
        int most = Math.Min(before.Length, after.Length) - prefix, suffix = 0;
        while (suffix < most && before[^(suffix + 1)] == after[^(suffix + 1)]) suffix++;
        // Back to the start of a line: the first shared character must follow a line break, or be the first of what is left.
        while (suffix > 0 && !(StartsLine(before, before.Length - suffix) && StartsLine(after, after.Length - suffix))) suffix--;
        return (prefix, suffix);
    }

    private static bool StartsLine(string text, int index) => index == 0 || text[index - 1] == '\n';

    [GeneratedRegex(@"^ {0,3}(`{3,}(?=[^`]*$)|~{3,})")]
    private static partial Regex Fence();

    [GeneratedRegex("`+")]
    private static partial Regex Backticks();

    [GeneratedRegex(@"\[\[([^\[\]|#@\n]+)(?:[#@][^\[\]|\n]*)?(?:\|[^\[\]\n]*)?\]\]", RegexOptions.CultureInvariant)]
    private static partial Regex LinkPattern();

    [GeneratedRegex(@"\[\[([^\[\]|#@\n]+)([#@][^\[\]|\n]*)?(?:\|([^\[\]\n]*))?\]\]", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex LinkParts();
}
