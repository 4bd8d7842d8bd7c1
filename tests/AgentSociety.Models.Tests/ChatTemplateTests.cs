using System.Text.Json.Nodes;
using AgentSociety.Core;
using CsCheck;
using Xunit.Abstractions;

namespace AgentSociety.Models.Tests;

public sealed class ChatTemplateTests(ITestOutputHelper output)
{
    private const string Marked = "{% for m in messages %}<|im_start|>{{ m.role }}{{ '\\n' }}{% if m.role == 'assistant' %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{{ '\\n' }}{% else %}{{ m.content }}<|im_end|>{{ '\\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant{{ '\\n' }}{% endif %}";

    private static readonly ChatTurn[] Talk = [new("system", "be brief"), new("user", "hi"), new("assistant", "hello"), new("user", "and?"), new("assistant", "well")];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_the_assistant_wrote_is_found_by_generation_blocks_and_without_them_by_prefixes(bool blocks)
    {
        string source = blocks ? Marked : Marked.Replace("{% generation %}", "").Replace("{% endgeneration %}", "");
        ChatTemplate template = new(source, new Dictionary<string, string> { ["eos_token"] = "<|im_end|>" });
        MarkedText marked = template.RenderMarked(Talk);
        Assert.Equal(template.Render(Talk, prompt: false), marked.Text);
        Assert.Equal(["hello<|im_end|>", "well<|im_end|>"], marked.Written.Select(part => marked.Text[part.Start..part.End]));
        Assert.All(marked.Written, part => Assert.EndsWith("<|im_start|>assistant\n", marked.Text[..part.Start]));
    }

    [Fact]
    public void A_template_that_does_not_tell_what_the_assistant_wrote_is_refused()
    {
        ChatTemplate changes = new("{% for m in messages %}{{ m.role }}: {{ m.content if loop.last else '...' }}\n{% endfor %}{{ 'assistant: ' if add_generation_prompt }}");
        Assert.Contains("{% generation %}", Assert.Throws<SocietyException>(() => changes.RenderMarked(Talk)).Message);
        ChatTemplate hidden = new("{% macro say(m) %}{% generation %}{{ m.content }}{% endgeneration %}{% endmacro %}{% for m in messages %}{{ say(m) }}{% endfor %}");
        Assert.Contains("inside macros", Assert.Throws<SocietyException>(() => hidden.RenderMarked(Talk)).Message);
    }

    [Fact]
    public void What_a_loop_adds_to_the_names_that_it_goes_through_is_not_gone_through_by_it() =>
        Assert.Equal("a", new ChatTemplate("{% set ns = namespace(a=1) %}{% macro add(k) %}{% set ns.b = k %}{% set ns.c = k %}{% endmacro %}{% for k in ns if add(k) == '' %}{{ k }}{% endfor %}").Render(Talk));

    [Theory]
    [InlineData("{{ 1 + 2 * 3 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ 2 ** 5 }} {{ 1 / 2 }}", "7 3 -4 1 32 0.5")]
    [InlineData("{{ 'a' ~ 1 ~ none ~ true }}", "a1NoneTrue")]
    [InlineData("{{ [1, 'two', 3.0, [none]] }} {{ {'a': 1} }}", "[1, 'two', 3.0, [None]] {'a': 1}")]
    [InlineData("{{ missing }}{{ missing is defined }}{{ messages is defined }}", "FalseTrue")]
    [InlineData("{{ 'x' if false }}|{{ 'x' if true else 'y' }}", "|x")]
    [InlineData("{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{{ ',' if not loop.last }}{% endfor %}", "0,2,3,")]
    [InlineData("{% for a, b in {'x': 1, 'y': 2}.items() %}{{ loop.index }}{{ a }}{{ b }} {% else %}none{% endfor %}", "1x1 2y2 ")]
    [InlineData("{% for x in [] %}{{ x }}{% else %}none{% endfor %}", "none")]
    [InlineData("{% for x in [1, 2, 3, 4] if x % 2 == 0 %}{{ loop.index0 }}:{{ x }} {% endfor %}", "0:2 1:4 ")]
    [InlineData("{% set x = 1 %}{% for i in [1] %}{% set x = 2 %}{% endfor %}{{ x }}", "1")]
    [InlineData("{% set ns = namespace(x=1) %}{% for i in [1, 2] %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}", "4")]
    [InlineData("{% macro say(a, b='!') %}{{ a }}{{ b }}{% endmacro %}{{ say('hi') }}{{ say('a', b='b') }}", "hi!ab")]
    [InlineData("{% set text %}in {{ 1 }}{% endset %}{{ text | upper }}", "IN 1")]
    [InlineData("{{ 'a,b,c'.split(',')[-1] }}{{ 'abc'[1:] }}{{ 'abc'[::-1] }}{{ [1, 2, 3][:-1] }}", "cbccba[1, 2]")]
    [InlineData("{{ ' x '.strip() }}{{ 'xxaxx'.lstrip('x') }}{{ 'abc'.startswith('ab') }}{{ 'a' in 'abc' }}{{ 'k' not in {'k': 1} }}", "xaxxTrueTrueFalse")]
    [InlineData("{{ [3, 1, 2] | sort | join('-') }} {{ ['a', 'b'] | first }} {{ 'abc' | length }} {{ none | default('d') }} {{ nothing | default('d') }} {{ '' | default('d', true) }}", "1-2-3 a 3 None d d")]
    [InlineData("{{ [{'r': 'u', 'c': 1}, {'r': 'a', 'c': 2}] | selectattr('r', 'equalto', 'a') | map(attribute='c') | list }}", "[2]")]
    [InlineData("{{ {'b': [1, 2.5, true, none, 'ü\\n\"'], 'a': {}} | tojson }}", "{\"b\": [1, 2.5, true, null, \"ü\\n\\\"\"], \"a\": {}}")]
    [InlineData("{{ {'a': [1]} | tojson(indent=2) }}", "{\n  \"a\": [\n    1\n  ]\n}")]
    [InlineData("  {% if true %}\n  a\n  {% endif %}\nb\n", "  a\nb")]
    [InlineData("a  {%- if true -%}  b  {%- endif %}  c", "ab  c")]
    [InlineData("a\n{#- note -#}\n b", "ab")]
    [InlineData("{{ 1 if 'a' is string and 1 is not none and {} is mapping and [] is iterable and 2 is even }}", "1")]
    [InlineData("{{ not true or true and not false }}{{ 1 < 2 < 3 }}{{ 3 > 2 > 2 }}", "TrueTrueFalse")]
    [InlineData("{%- for m in messages %}{{ m.role }}{{ m['content'] | trim }}{{ m.missing is defined }}{% endfor %}", "userhelloFalse")]
    [InlineData("{% generation %}x{% endgeneration %}{{ strftime_now('%Y') | length }}", "x4")]
    [InlineData("{% set ns = namespace() %}{% set ns.a = ns %}{{ ns == ns }}", "True")]
    [InlineData("{{ range(9223372036854775806, 9223372036854775807, 10) }}{{ range(5, 0, -2) }}{{ range(3, 1) }}", "[9223372036854775806][5, 3, 1][]")]
    [InlineData("{{ 'abcdef'[1::9223372036854775807] }}{{ 'a😀b' | length }}{{ 'a😀b'[1] }}{{ 'a😀b'[:2] }}{{ '' * 3 }}{{ 'x' * -1 }}", "b3😀a😀")]
    [InlineData("{{ [1, 1, 'a', 'a', [2], [2]] | unique | list }}{{ 'a\nb' | indent(2) }}{{ 'aXbX' | replace('X', '--') }}", "[1, 'a', [2]]a\n  ba--b--")]
    public void A_template_writes_what_jinja_writes(string template, string expected) =>
        Assert.Equal(expected, new ChatTemplate(template).Render([new ChatTurn("user", " hello ")]));

    [Theory]
    [InlineData("a\n{% include 'x' %}", "line 2", "include")]
    [InlineData("{% if x %}", "line 1", "endif")]
    [InlineData("{{ 1 +", "line 1", "}}")]
    [InlineData("{{ 'x' | frobnicate }}", "line 1", "frobnicate")]
    [InlineData("{{ x is frobnicated }}", "line 1", "frobnicated")]
    [InlineData("\n\n{{ nothing.more }}", "line 3", "nothing")]
    [InlineData("{{ raise_exception('roles must alternate') }}", "line 1", "roles must alternate")]
    [InlineData("{{ 1 + 'a' }}", "line 1", "'+'")]
    [InlineData("{% for i in range(10000) %}{% for j in range(10000) %}{% endfor %}{% endfor %}", "line 1", "steps")]
    [InlineData("{{ range(99999999999) }}", "line 1", "range")]
    [InlineData("{{ 'aaaaaaaaaa' * 99999999 }}", "line 1", "'*'")]
    [InlineData("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "line 1", "deeper")]
    [InlineData("{{ ''.__class__.__mro__ }}", "line 1", "__class__")]
    [InlineData("{{ 'abc' * 6148914691236517206 }}", "line 1", "'*'")]
    [InlineData("{% set a = namespace() %}{% set a.x = a %}{% set b = namespace() %}{% set b.x = b %}\n{{ a == b }}", "line 2", "nested")]
    [InlineData("{% set ns = namespace(a='x') %}{% for i in range(40) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a | tojson }}", "line 1", "longer")]
    [InlineData("{% set ns = namespace(a='x') %}{% for i in range(40) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}", "line 1", "longer")]
    [InlineData("{% set a = namespace(x=1) %}{% set b = namespace(x=1) %}{% for i in range(40) %}{% set a.x = [a.x, a.x] %}{% set b.x = [b.x, b.x] %}{% endfor %}{{ a.x == b.x }}", "line 1", "steps")]
    [InlineData("{{ range(10000) | join('x' * 1000000) }}", "line 1", "longer")]
    [InlineData("{{ ('a' * 1000000) | replace('a', 'b' * 1000) }}", "line 1", "longer")]
    [InlineData("{{ ('\n' * 100000 ~ 'a') | indent(999, true) }}{{ ('a\n' * 100000) | indent(999) }}", "line 3", "longer")]
    [InlineData("{% set s = 'a' * 1000000 %}{% for i in range(10000) %}{% if s | length %}{% endif %}{% endfor %}", "line 1", "steps")]
    [InlineData("{% set s = 'a' * 1000000 %}{% for i in range(10000) %}{% if s[0] %}{% endif %}{% endfor %}", "line 1", "steps")]
    [InlineData("{{ ('a,' * 500000 ~ 'a,' * 500000 ~ 'a,' * 500000).split(',') | length }}", "line 1", "steps")]
    [InlineData("{{ 'a'.join() }}", "line 1", "join")]
    [InlineData("{{ [1, 'a'] | sort }}", "line 1", "order")]
    [InlineData("{% set x = [] %}{{ x.99999999999999999999 }}", "line 1", "large")]
    [InlineData("{{ (-9223372036854775807 - 1) | abs }}", "line 1", "large")]
    [InlineData("{{ -(-9223372036854775807 - 1) }}", "line 1", "large")]
    [InlineData("{{ dict(a=1, a=2) }}", "line 1", "twice")]
    public void What_cannot_be_done_is_refused_by_line_and_name(string template, string line, string named)
    {
        string message = Assert.Throws<SocietyException>(() => new ChatTemplate(template, place: "here").Render([])).Message;
        Assert.Contains("here: chat template, " + line, message, StringComparison.Ordinal);
        Assert.Contains(named, message, StringComparison.Ordinal);
    }

    [Fact]
    public void Deep_nesting_is_refused_and_not_a_crash()
    {
        string[] chains = ["+1", "~1", " or 0", "**1", "|string", "==1", "[0]"];
        foreach (string nested in (string[])[.. chains.Select(link => $"{{{{ 1{string.Concat(Enumerable.Repeat(link, 20_000))} }}}}"), new string('(', 100_000), string.Concat(Enumerable.Repeat("{% if x %}", 50_000)), "{{ " + new string('-', 100_000) + "1 }}", "{{ " + string.Concat(Enumerable.Repeat("not ", 100_000)) + "1 }}", "{{ " + new string('[', 100_000)])
        {
            string template = nested.StartsWith('{') ? nested : "{{ " + nested;
            Assert.Throws<SocietyException>(() => new ChatTemplate(template).Render([]));
        }
    }

    /// <summary>3,000 templates glued together from pieces of the language: each is rendered or refused.</summary>
    [Fact]
    public void Any_text_is_a_template_or_refused()
    {
        string[] pieces = ["{{", "}}", "{%", "%}", "{#", "#}", "-", " if ", " for ", " in ", "endif", "endfor", " set ", "macro", "x", "messages", "[", "]", "(", ")", ".", "|", "trim", "tojson", "1", "'a'", "=", "==", "~", ",", ":", "loop", " is ", "defined", "not ", "\n", " ", "{", "}", "else", "namespace", "range", "**", "99999"];
        int refused = 0;
        Gen.Int[0, pieces.Length - 1].Array[1, 25].Sample(places =>
        {
            try
            {
                new ChatTemplate(string.Concat(places.Select(place => pieces[place]))).Render([new ChatTurn("user", "a")]);
            }
            catch (SocietyException)
            {
                Interlocked.Increment(ref refused);
            }
        }, iter: 3000);
        output.WriteLine($"3000 templates, {refused} refused");
    }

    [Fact]
    public void Tools_and_calls_reach_the_template()
    {
        ChatTemplate template = new("{{ tools | tojson }}{% for m in messages %}{% if m.tool_calls %}{% for c in m.tool_calls %}{{ c.function.name }}{{ c.function.arguments | tojson }}{{ c.id }}{% endfor %}{% endif %}{{ m.tool_call_id }}{{ m.reasoning_content }}{% endfor %}{{ enable_thinking }}{{ bos_token }}", new Dictionary<string, string> { ["bos_token"] = "<s>" });
        string text = template.Render(
            [new ChatTurn("assistant", "") { ToolCalls = [new ChatToolCall("add", new JsonObject { ["a"] = 1, ["b"] = "x" }, "id1")], Reasoning = "hm" }, new ChatTurn("tool", "3") { ToolCallId = "id1" }],
            tools: new JsonArray(new JsonObject { ["name"] = "add" }),
            variables: new Dictionary<string, object?> { ["enable_thinking"] = false });
        Assert.Equal("[{\"name\": \"add\"}]add{\"a\": 1, \"b\": \"x\"}id1hmid1False<s>", text);
    }
}
