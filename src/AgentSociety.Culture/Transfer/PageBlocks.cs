using System.Text;
using System.Text.RegularExpressions;

namespace AgentSociety.Culture;

/// <summary>A page in blocks that make sense by themselves: front matter, fenced code, paragraphs, tables, items of lists, facts.</summary>
internal static partial class PageBlocks
{
    /// <summary>What one page says and another lacks, to be appended to it: whole blocks in their order, with blank lines where they stood between blanks.</summary>
    /// <param name="standing">The page that is there. It keeps its own front matter.</param>
    /// <param name="other">The other.</param>
    internal static string Lacking(string standing, string other)
    {
        string mine = FrontMatter.Parse(standing).Text;
        List<(string Text, bool Single)> stands = Of(mine);
        HashSet<string> known = [.. stands.Select(block => block.Text)];
        // Code that the page leaves open would swallow what is appended.
        StringBuilder lacking = new(PageSection.Closed(mine)[PageBody.Normalise(mine).Length..]);
        int closing = lacking.Length;
        (string Text, bool Single) last = closing == 0 ? stands.LastOrDefault() : default;
        foreach ((string Text, bool Single) block in Of(FrontMatter.Parse(other).Text).Where(block => !known.Contains(block.Text)))
        {
            // An item goes on with a list, a fact with facts; everything else stands apart.
            if (!(block.Single && last.Single && Item().IsMatch(block.Text) == Item().IsMatch(last.Text))) lacking.Append('\n');
            lacking.Append(block.Text);
            last = block;
        }

        return lacking.Length == closing ? "" : lacking.ToString();
    }

    private static List<(string Text, bool Single)> Of(string page)
    {
        List<(string Text, bool Single)> blocks = [];
        List<string> block = [];
        bool item = false;
        string? fence = null;
        void End()
        {
            if (block.Count > 0 && block.All(line => Fact().IsMatch(line))) blocks.AddRange(block.Select(line => (line, true)));
            else if (block.Count > 0) blocks.Add((string.Concat(block), item));
            block.Clear();
            item = false;
        }

        foreach (string line in LineDiff.Lines(PageBody.Normalise(page)))
        {
            string? before = fence;
            fence = PageSection.After(fence, line.TrimEnd('\n'));
            if (before is not null || fence is not null)
            {
                if (before is null && !item) End();
                block.Add(line);
                if (fence is null) End();
                continue;
            }

            bool blank = string.IsNullOrWhiteSpace(line), begins = Item().IsMatch(line);
            // Indented lines go on with the item above them, others begin a paragraph.
            if (blank || begins || (item && line[0] is not (' ' or '\t'))) End();
            item |= begins;
            if (!blank) block.Add(line);
        }

        End();
        return blocks;
    }

    [GeneratedRegex(@"^(?:[-*+]|\d{1,9}[.)])[ \t]", RegexOptions.CultureInvariant)]
    private static partial Regex Item();

    // A line of one word says something by itself, such as c4=2, where its whole paragraph is of such lines.
    [GeneratedRegex(@"^[^\s|#>`~=-][^\s|]*\n$", RegexOptions.CultureInvariant)]
    private static partial Regex Fact();
}
