using System.Text.RegularExpressions;
using CsCheck;

namespace AgentSociety.Web.Tests;

public sealed partial class MarkupTests
{
    private static readonly string[] Pieces =
    [
        "<", ">", "\"", "'", "script", "img", "svg", " onerror=", "alert(1)", "[", "](", ")", "javascript:", "data:", "!", "`", "\n", "[[", "]]", "|", "&#", ";", "x", " ", "/", "<!--", "-->", "style=", "href=",
    ];

    public static TheoryData<string> Attacks =>
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)><animate onbegin=alert(1) attributeName=x></svg>",
        "<svg><script href=\"data:text/javascript,alert(1)\" /></svg>",
        "<math><mi xlink:href=\"javascript:alert(1)\">x</mi></math>",
        "<iframe srcdoc=\"<script>alert(1)</script>\"></iframe>",
        "<a href=\"javascript:alert(1)\">x</a>",
        "<form action=\"https://evil.example\"><button>x</button></form>",
        "<style>body{background:url(https://evil.example)}</style>",
        "<base href=\"https://evil.example\">",
        "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
        "<object data=\"data:text/html,<script>alert(1)</script>\"></object>",
        "<!--><script>alert(1)</script>-->",
        "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](javascript&colon;alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
        "[x](vbscript:msgbox(1))",
        "[x](<javascript:alert(1)>)",
        "[x]: javascript:alert(1)\n\n[x]",
        "<javascript:alert(1)>",
        "![x](https://evil.example/pixel.png)",
        "![x](javascript:alert(1))",
        "[x](https://e.example \"\" onmouseover=\"alert(1)\")",
        "[x](https://e.example '\"onmouseover=\"alert(1)')",
        "`<script>alert(1)</script>`",
        "```html onload=alert(1)\n<script>alert(1)</script>\n```",
        "[[notes/\"><script>alert(1)</script>]]",
        "[[notes/a|<img src=x onerror=alert(1)>]]",
        "[[javascript:alert(1)]]",
        "[[notes/a\" onclick=\"alert(1)]]",
        "| a |\n|---|\n| <script>alert(1)</script> |",
        "# <img src=x onerror=alert(1)> {onclick=alert(1)}",
        "x {.y onclick=alert(1)}",
        "\u0000<script>alert(1)</script>",
        "<scr<script>ipt>alert(1)</scr</script>ipt>",
        "<<script>alert(1)//<</script>",
    ];

    [Theory]
    [MemberData(nameof(Attacks))]
    public void What_an_agent_writes_never_becomes_a_script(string markdown) => AssertSafe(PageMarkup.Page("run", "notes/a", markdown, _ => true).Value);

    [Theory]
    [MemberData(nameof(Attacks))]
    public void The_sanitiser_holds_by_itself(string html) => AssertSafe(PageMarkup.Sanitise(html));

    [Fact]
    public void A_link_to_a_revision_is_a_link_to_its_page() =>
        Assert.Contains("href=\"/runs/r/pages/notes/b\"", PageMarkup.Page("r", "notes/a", "see [[b@0123abcd]]", _ => true).Value, StringComparison.Ordinal);

    [Fact]
    public void Raw_markup_is_shown_as_the_text_that_it_is() =>
        Assert.Contains("&lt;b onclick=", PageMarkup.Text("<b onclick=\"alert(1)\">x</b>").Value, StringComparison.Ordinal);

    [Fact]
    public void Any_text_at_all_gives_safe_markup() =>
        Gen.Int[0, Pieces.Length - 1].Array[0, 25]
            .Sample(parts => AssertSafe(PageMarkup.Page("run", "notes/a", string.Concat(parts.Select(part => Pieces[part])), _ => true).Value), iter: 1_000);

    [Theory]
    [InlineData(">", "")]
    [InlineData("> ", "")]
    [InlineData("- ", "")]
    [InlineData("1. ", "")]
    [InlineData("[", "")]
    [InlineData("[", "](x)")]
    [InlineData("![", "](x)")]
    [InlineData("[[", "]]")]
    [InlineData("*a _b ", "_ *")]
    [InlineData("**", "**")]
    [InlineData("~~a *b ", "* ~~")]
    [InlineData("<", ">")]
    public void What_is_nested_beyond_all_reason_is_still_shown(string open, string close)
    {
        foreach (int levels in (int[])[60, 500, 2_000])
        {
            string body = $"{string.Concat(Enumerable.Repeat(open, levels))}the middle{string.Concat(Enumerable.Repeat(close, levels))}\n";
            string html = PageMarkup.Page("run", "notes/a", body, _ => true).Value;
            AssertSafe(html);
            Assert.Contains("the middle", html, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_nested_too_deeply_is_shown_as_it_was_written() =>
        Assert.Equal($"<pre>{string.Concat(Enumerable.Repeat("&gt;", 500))} &lt;b&gt;\n</pre>", PageMarkup.Text($"{new string('>', 500)} <b>\n").Value);

    [Fact]
    public void Links_between_pages_lead_to_them_and_tell_which_are_missing()
    {
        string html = PageMarkup.Page("run", "notes/a", "See [[b]], [[skills/x|the skill]], [[agents/solver-1/notes/c#part]] and [[no such]].", name => name != "notes/no such").Value;
        Assert.Contains("""<a href="/runs/run/pages/notes/b" class="wiki">b</a>""", html, StringComparison.Ordinal);
        Assert.Contains("""<a href="/runs/run/pages/skills/x" class="wiki">the skill</a>""", html, StringComparison.Ordinal);
        Assert.Contains("/runs/run/pages/agents/solver-1/notes/c", html, StringComparison.Ordinal);
        Assert.Matches("""<a href="/runs/run/pages/notes/no%20such"[^>]* class="missing"[^>]*>no such</a>""", html);
    }

    [Fact]
    public void Markdown_that_people_use_is_rendered()
    {
        string html = PageMarkup.Text("# T\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n- [x] done\n\n~~old~~ **new** `code`\n\nhttps://example.org").Value;
        foreach (string part in (string[])["<h1>T</h1>", "<td>2</td>", "checked", "disabled", "<del>old</del>", "<strong>new</strong>", "<code>code</code>", "rel=\"noopener noreferrer nofollow ugc\""])
            Assert.Contains(part, html, StringComparison.Ordinal);
    }

    /// <summary>Only known elements and attributes, and links without a scheme (URL Standard, section 4.4: a letter, then letters, digits, "+", "-", "." up to a colon) or with a harmless one.</summary>
    private static void AssertSafe(string html)
    {
        foreach (Match tag in Tag().Matches(html))
        {
            Assert.Matches("^(h[1-6]|p|br|hr|blockquote|pre|code|em|strong|del|a|ul|ol|li|table|thead|tbody|tr|th|td|sup|sub|input)$", tag.Groups[1].Value);
            foreach (Match attribute in Attribute().Matches(tag.Groups[2].Value))
            {
                string name = attribute.Groups[1].Value + attribute.Groups[3].Value;
                Assert.Matches("^(href|title|start|class|type|checked|disabled|rel|aria-label)$", name);
                if (attribute.Groups[1].Value == "href") Assert.Matches(@"^(https?:|mailto:|(?![\x00-\x20]*[a-zA-Z][a-zA-Z0-9+.\-\t\r\n]*:))", WebUtilityDecoded(attribute.Groups[2].Value));
            }
        }
    }

    private static string WebUtilityDecoded(string value) => System.Net.WebUtility.HtmlDecode(value);

    [GeneratedRegex("""<([a-zA-Z!?][^\s>/]*)((?:[^>"]|"[^"]*")*)>""")]
    private static partial Regex Tag();

    [GeneratedRegex("""([^\s="/]+)="([^"]*)"|([^\s="/]+)(?=\s|/|$)""")]
    private static partial Regex Attribute();
}
