using System.Text;
using System.Text.RegularExpressions;

namespace AgentSociety.Culture;

/// <summary>A part of a page under one Markdown heading: from the line after it to the next heading of its level or above.</summary>
/// <remarks>ATX headings (<c>#</c> to <c>######</c>) outside fenced code. Where a heading stands twice, the first is meant.</remarks>
public static partial class PageSection
{
    /// <summary>What stands under a heading, its subsections included; null where the page has no such heading.</summary>
    /// <param name="body">The page.</param>
    /// <param name="heading">The heading's text; with marks, such as <c>## Rules</c>, only of that level.</param>
    public static string? Read(string body, string heading) => Find(body, heading) is var (start, end, _) ? body[start..end] : null;

    /// <summary>The page with other text under a heading; a heading that it lacks is added at the end, of the page's highest level (2 on a page without headings) where its level is not given.</summary>
    public static string Replace(string body, string heading, string text)
    {
        string content = PageBody.Normalise(text);
        if (Find(body, heading) is var (start, end, _)) return string.Concat(body.AsSpan(0, start), content, body.AsSpan(end));
        (int? level, string title) = Parse(heading);
        return $"{PageBody.Normalise(body)}{new string('#', level ?? NewLevel(body))} {title}\n{content}";
    }

    /// <summary>Headings of a page in order.</summary>
    public static IReadOnlyList<(int Level, string Title)> Headings(string body) => [.. All(body).Select(heading => (heading.Level, heading.Title))];

    /// <summary>The page with its headings some levels down, at most to the sixth: to stand inside another.</summary>
    internal static string Lower(string body, int levels)
    {
        StringBuilder lowered = new(body.Length + 64);
        int done = 0;
        foreach ((int level, string _, int start, int _) in All(body))
        {
            lowered.Append(body, done, start - done).Append('#', Math.Min(levels, 6 - level));
            done = start;
        }

        return lowered.Append(body, done, body.Length - done).ToString();
    }

    /// <summary>The text with the fence closed that it leaves open: what is put behind it is then no code.</summary>
    internal static string Closed(string text)
    {
        string body = PageBody.Normalise(text);
        string? fence = Lines(body).Select(line => line.Fence).LastOrDefault();
        return fence is null ? body : $"{body}{fence}\n";
    }

    /// <summary>The text with its links outside fenced code as they would be written on any page: <c>[[name]]</c> of a sibling with its full name.</summary>
    /// <param name="text">The text.</param>
    /// <param name="page">The page that it stands on.</param>
    internal static string WithFullLinks(string text, string page) => !text.Contains("[[", StringComparison.Ordinal) ? text : string.Concat(Lines(text).Select(line =>
        line.Fence is not null ? line.Text : PageBody.WithFullLinks(line.Text, page)));

    /// <summary>Lines with their line breaks, each with the fence of the code that is open after it.</summary>
    private static IEnumerable<(string Text, string? Fence)> Lines(string text)
    {
        string? fence = null;
        foreach (string line in LineDiff.Lines(text))
        {
            fence = After(fence, line.TrimEnd('\n'));
            yield return (line, fence);
        }
    }

    /// <summary>The fence that is open after a line. One is closed by as many of its marks or more, with nothing behind them.</summary>
    internal static string? After(string? fence, string line) => Fence().Match(line) is not { Success: true } mark ? fence
        : fence is null ? mark.Groups[1].Value
        : mark.Groups[1].Value.StartsWith(fence, StringComparison.Ordinal) && line.AsSpan(mark.Length).IsWhiteSpace() ? null : fence;

    /// <summary>Why a text cannot stand under a heading; null where it can.</summary>
    internal static string? Fault(string body, string? heading, string text)
    {
        if (heading is null || Parse(heading).Title.Length == 0 || heading.AsSpan().ContainsAny('\n', '\r')) return "a section edit needs the heading of the section, in one line, such as Rules";
        int level = Find(body, heading)?.Level ?? Parse(heading).Level ?? NewLevel(body);
        return All(text).Where(inner => inner.Level <= level).Select(inner => $"the text holds the heading '{inner.Title}', which would end the section; use a lower level or edit the page").FirstOrDefault();
    }

    // As high as the highest: the new section is then part of no other.
    private static int NewLevel(string body) => All(body).Select(heading => heading.Level).DefaultIfEmpty(2).Min();

    private static (int Start, int End, int Level)? Find(string body, string heading)
    {
        (int? level, string title) = Parse(heading);
        (int Level, string Title, int Start, int Next)? found = null;
        foreach ((int Level, string Title, int Start, int Next) at in All(body))
        {
            if (found is { } section && at.Level <= section.Level) return (section.Next, at.Start, section.Level);
            if (found is null && at.Title == title && (level is null || level == at.Level)) found = at;
        }

        return found is { } last ? (last.Next, body.Length, last.Level) : null;
    }

    private static (int? Level, string Title) Parse(string heading) =>
        Heading().Match(heading.Trim()) is { Success: true } marked ? (marked.Groups[1].Length, marked.Groups[2].Value) : (null, heading.Trim());

    private static IEnumerable<(int Level, string Title, int Start, int Next)> All(string body)
    {
        string? fence = null;
        for (int start = 0; start < body.Length;)
        {
            int end = body.IndexOf('\n', start), next = end < 0 ? body.Length : end + 1;
            // Few lines begin as a heading or a fence does; the others need no closer look.
            if (body[start] is not ('#' or '`' or '~' or ' '))
            {
                start = next;
                continue;
            }

            string line = body[start..(end < 0 ? body.Length : end)];
            string? before = fence;
            fence = After(fence, line);
            if (before is null && fence is null && Heading().Match(line) is { Success: true } heading)
            {
                yield return (heading.Groups[1].Length, heading.Groups[2].Value, start, next);
            }

            start = next;
        }
    }

    [GeneratedRegex(@"^(#{1,6})[ \t]+(\S.*?)(?:[ \t]+#+)?[ \t]*$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^ {0,3}(`{3,}|~{3,})", RegexOptions.CultureInvariant)]
    private static partial Regex Fence();
}
