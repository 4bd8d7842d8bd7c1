using System.Net;
using AgentSociety.Culture;
using Ganss.Xss;
using Markdig;
using Markdig.Parsers;
using Markdig.Renderers;
using Markdig.Renderers.Html;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;
using Microsoft.AspNetCore.Components;

namespace AgentSociety.Web;

/// <summary>Turns the Markdown of agents into markup that is safe to show.</summary>
/// <remarks>
/// Two walls that do not rely on each other: raw HTML is off in the Markdown, and what comes out is parsed as a browser would
/// and built again from an allow-list of elements, attributes and address schemes. Images are links: nothing is fetched for a reader.
/// What is nested beyond all reason is shown as it was written.
/// </remarks>
internal static class PageMarkup
{
    private const int DeepestNesting = 64;

    private static readonly string[] Elements =
    [
        "h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "del", "a", "ul", "ol", "li",
        "table", "thead", "tbody", "tr", "th", "td", "sup", "sub", "input",
    ];

    private static readonly string[] Attributes = ["href", "title", "start", "class", "type", "checked", "disabled"];
    private static readonly string[] Classes = ["missing", "wiki", "task-list-item", "contains-task-list", "left", "right", "center"];
    private static readonly MarkdownPipeline Plain = Build(null);

    /// <summary>A page's body; links between pages lead to those of the run.</summary>
    /// <param name="run">Key of the run.</param>
    /// <param name="page">The page, against which links are resolved.</param>
    /// <param name="body">Markdown. Untrusted.</param>
    /// <param name="exists">Which of the pages that it links to exist.</param>
    internal static MarkupString Page(string run, string page, string body, Func<string, bool> exists) =>
        new(Html(body, Build(name => PageName.Resolve(page, name) is { } target ? (Address.Page(run, target), exists(target)) : null)));

    /// <summary>Markdown without links between pages.</summary>
    internal static MarkupString Text(string body) => new(Html(body, Plain));

    private static string Html(string body, MarkdownPipeline pipeline)
    {
        try
        {
            MarkdownDocument document = Markdown.Parse(body, pipeline);
            if (Levels(document) <= DeepestNesting) return Sanitise(document.ToHtml(pipeline));
        }
        catch (ArgumentException)
        {
            // The parser refuses what is nested too deeply.
        }

        return $"<pre>{WebUtility.HtmlEncode(body)}</pre>";
    }

    /// <summary>How deeply a document is nested. What reads or shows markup calls itself for each level.</summary>
    private static int Levels(MarkdownDocument document)
    {
        int deepest = 0;
        Stack<(MarkdownObject Node, int Level)> open = new([(document, 1)]);
        while (open.TryPop(out (MarkdownObject Node, int Level) at))
        {
            deepest = Math.Max(deepest, at.Level);
            IEnumerable<MarkdownObject> below = at.Node switch
            {
                ContainerBlock block => block,
                LeafBlock { Inline: { } inline } => inline,
                ContainerInline inline => inline,
                _ => [],
            };
            foreach (MarkdownObject child in below) open.Push((child, at.Level + 1));
        }

        return deepest;
    }

    /// <summary>The second wall: markup in, markup of the allow-list out.</summary>
    internal static string Sanitise(string html)
    {
        HtmlSanitizer sanitizer = new(new HtmlSanitizerOptions
        {
            AllowedTags = new HashSet<string>(Elements, StringComparer.OrdinalIgnoreCase),
            AllowedAttributes = new HashSet<string>(Attributes, StringComparer.OrdinalIgnoreCase),
            AllowedCssProperties = new HashSet<string>(),
            AllowedSchemes = new HashSet<string>(["http", "https", "mailto"], StringComparer.OrdinalIgnoreCase),
            UriAttributes = new HashSet<string>(["href"], StringComparer.OrdinalIgnoreCase),
        });
        foreach (string name in Classes) sanitizer.AllowedClasses.Add(name);
        // A check box of a task list is the only field that a page can show, and it does nothing.
        sanitizer.PostProcessNode += (_, processed) =>
        {
            if (processed.Node is AngleSharp.Html.Dom.IHtmlInputElement box)
            {
                if (box.Type != "checkbox")
                {
                    box.Remove();
                    return;
                }

                box.SetAttribute("disabled", "");
                box.SetAttribute("aria-label", box.HasAttribute("checked") ? "done" : "to do");
            }
            else if (processed.Node is AngleSharp.Html.Dom.IHtmlAnchorElement link && link.GetAttribute("href") is { } href && !href.StartsWith('/') && !href.StartsWith('#'))
            {
                link.SetAttribute("rel", "noopener noreferrer nofollow ugc");
            }
        };
        return sanitizer.Sanitize(html);
    }

    // A line is a line, as in a chat: agents write facts one below the other, and as one paragraph nobody could read them.
    private static MarkdownPipeline Build(Func<string, (string Address, bool Exists)?>? resolve)
    {
        MarkdownPipelineBuilder builder = new MarkdownPipelineBuilder().UsePipeTables().UseTaskLists().UseEmphasisExtras(Markdig.Extensions.EmphasisExtras.EmphasisExtraOptions.Strikethrough).UseAutoLinks().UseSoftlineBreakAsHardlineBreak().DisableHtml();
        builder.Extensions.Add(new ImagesAsLinks());
        if (resolve is not null) builder.Extensions.Add(new WikiLinks(resolve));
        return builder.Build();
    }

    private sealed class ImagesAsLinks : IMarkdownExtension
    {
        public void Setup(MarkdownPipelineBuilder pipeline) => pipeline.DocumentProcessed += document =>
        {
            foreach (LinkInline image in Markdig.Syntax.MarkdownObjectExtensions.Descendants<LinkInline>(document).Where(link => link.IsImage)) image.IsImage = false;
        };

        public void Setup(MarkdownPipeline pipeline, IMarkdownRenderer renderer)
        {
        }
    }

    /// <summary><c>[[page]]</c>, <c>[[page|shown]]</c>, <c>[[page#heading]]</c> and <c>[[page@revision]]</c>.</summary>
    private sealed class WikiLinks(Func<string, (string Address, bool Exists)?> resolve) : IMarkdownExtension
    {
        public void Setup(MarkdownPipelineBuilder pipeline) => pipeline.InlineParsers.Insert(0, new Parser(resolve));

        public void Setup(MarkdownPipeline pipeline, IMarkdownRenderer renderer)
        {
        }

        private sealed class Parser : InlineParser
        {
            private readonly Func<string, (string Address, bool Exists)?> _resolve;

            internal Parser(Func<string, (string Address, bool Exists)?> resolve)
            {
                _resolve = resolve;
                OpeningCharacters = ['['];
            }

            public override bool Match(InlineProcessor processor, ref Markdig.Helpers.StringSlice slice)
            {
                if (slice.PeekChar() != '[') return false;
                int start = slice.Start + 2, end = slice.Text.IndexOf("]]", start, Math.Max(0, Math.Min(PageName.MaximumLength * 3, slice.End + 1 - start)), StringComparison.Ordinal);
                if (end <= start) return false;
                // Inside a table the bar is written with a backslash.
                string inner = slice.Text[start..end].Replace("\\|", "|", StringComparison.Ordinal);
                if (inner.AsSpan().IndexOfAny('\n', '[', ']') >= 0) return false;
                int bar = inner.IndexOf('|', StringComparison.Ordinal);
                string name = (bar < 0 ? inner : inner[..bar]).Split('#', '@')[0], shown = bar < 0 ? inner : inner[(bar + 1)..];
                if (_resolve(name) is not var (address, exists)) return false;
                int place = processor.GetSourcePosition(slice.Start, out int line, out int column);
                LinkInline link = new(address, exists ? "" : "This page does not exist yet") { Span = new(place, place + end + 1 - slice.Start), Line = line, Column = column, IsClosed = true };
                link.GetAttributes().AddClass(exists ? "wiki" : "missing");
                link.AppendChild(new LiteralInline(shown));
                processor.Inline = link;
                slice.Start = end + 2;
                return true;
            }
        }
    }
}
