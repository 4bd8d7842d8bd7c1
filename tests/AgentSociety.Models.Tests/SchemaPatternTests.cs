using System.Text;
using System.Text.Json;
using AgentSociety.Core;
using AgentSociety.Models.Patterns;
using CsCheck;
using NJsonSchema;

namespace AgentSociety.Models.Tests;

public sealed class SchemaPatternTests
{
    [Fact]
    public void Whatever_can_be_written_under_a_schema_is_json_that_fulfils_it()
    {
        // An independent oracle: NJsonSchema's validator, on texts that the automaton lets through at random.
        Gen.Select(Schemas(2), Gen.ULong).Sample((schema, seed) =>
        {
            PatternAutomaton automaton = PatternAutomaton.Build(SchemaPattern.Of(schema));
            JsonSchema oracle = JsonSchema.FromJsonAsync(schema).GetAwaiter().GetResult();
            Random random = new(unchecked((int)seed));
            byte[][] ways = Ways(automaton);
            int[] distances = Distances(automaton, ways);
            for (int time = 0; time < 8; time++)
            {
                string text = Written(automaton, ways, distances, random);
                using JsonDocument parsed = JsonDocument.Parse(text);
                Assert.True(oracle.Validate(text).Count == 0, $"{schema}\n{text}\n{string.Join('\n', oracle.Validate(text))}");
            }
        }, iter: 150);
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"},"c":{"type":"boolean"}},"required":["b"]}""", """{"b":null}""", """{"a":-12,"b":null}""", """{"b":null,"c":true}""", """{"a":0,"b":null,"c":false}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"}}}""", "{}", """{"a":1}""", """{"b":null}""", """{"a":1,"b":null}""")]
    [InlineData("""{"enum":["x\"y",3,null,true]}""", "\"x\\\"y\"", "3", "null", "true")]
    [InlineData("""{"const":"a.b","type":"string"}""", "\"a.b\"")]
    [InlineData("""{"type":"array","items":{"type":"number"},"minItems":1,"maxItems":2}""", "[0.5]", "[-1,20]")]
    [InlineData("""{"type":["string","null"],"minLength":2,"maxLength":3}""", "null", "\"é中\"", "\"\\n\\\"a\"")]
    [InlineData("""{"type":"string"}""", "\"\"", "\"é😀 \\/\"")]
    [InlineData("""{"type":"string","pattern":"^[a-c\"]+\\.\\d$"}""", "\"ab.1\"", "\"\\\"c.9\"")]
    [InlineData("""{"anyOf":[{"type":"boolean"},{"$ref":"#/$defs/mark"}],"$defs":{"mark":{"type":"integer","title":"a mark"}}}""", "true", "7")]
    [InlineData("""{"type":"array","items":{"type":"boolean"},"maxItems":0}""", "[]")]
    [InlineData("""{"type":"object","description":"nothing in it"}""", "{}")]
    public void A_schema_lets_its_texts_through(string schema, params string[] texts)
    {
        PatternAutomaton automaton = PatternAutomaton.Build(SchemaPattern.Of(schema));
        foreach (string text in texts) Assert.True(Accepts(automaton, text), $"{schema}: {text}");
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"null"},"c":{"type":"boolean"}},"required":["b"]}""", "{}", """{"a":1}""", """{"a":1,}""", """{"b":null,"a":1}""", """{"a":01,"b":null}""")]
    [InlineData("""{"const":"a.b"}""", "\"axb\"", "a.b")]
    [InlineData("""{"type":"array","items":{"type":"number"},"minItems":1,"maxItems":2}""", "[]", "[1,2,3]", "[1.]", "[-]")]
    [InlineData("""{"type":"string","minLength":2,"maxLength":3}""", "\"a\"", "\"abcd\"", "\"a\nb\"", "\"a\\\"", "\"\\x\"")]
    [InlineData("""{"type":"string","pattern":"[^a]"}""", "\"a\"", "\"\"\"", "\"\\\"", "\"bb\"")]
    public void A_schema_holds_others_back(string schema, params string[] texts)
    {
        PatternAutomaton automaton = PatternAutomaton.Build(SchemaPattern.Of(schema));
        foreach (string text in texts) Assert.False(Accepts(automaton, text), $"{schema}: {text}");
    }

    [Theory]
    [InlineData("""{"type":"object","properties":{"next":{"$ref":"#"}}}""", "schema #/properties/next/$ref: # refers to itself")]
    [InlineData("""{"$ref":"#/$defs/tree","$defs":{"tree":{"type":"array","items":{"$ref":"#/$defs/tree"}}}}""", "schema #/$defs/tree/items/$ref: #/$defs/tree refers to itself")]
    [InlineData("""{"type":"array","items":{"type":"integer","minimum":3}}""", "schema #/items/minimum")]
    [InlineData("""{"oneOf":[{"type":"integer"}]}""", "schema #: it names no type")]
    [InlineData("""{"type":"object","properties":{"a":{}}}""", "schema #/properties/a: it names no type")]
    [InlineData("""{"type":"object","additionalProperties":{"type":"string"}}""", "schema #/additionalProperties")]
    [InlineData("""{"type":"object","required":["a"]}""", "schema #/required: \"a\"")]
    [InlineData("""{"type":"any"}""", "schema #/type")]
    [InlineData("""{"type":"string","format":"date"}""", "schema #/format")]
    [InlineData("""{"type":"string","pattern":"(?=a)"}""", "schema #/pattern: pattern '(?=a)'")]
    [InlineData("""{"type":"string","minLength":-1}""", "schema #/minLength")]
    [InlineData("""{"type":"array","items":{"type":"null"},"minItems":3,"maxItems":2}""", "schema #/maxItems")]
    [InlineData("""{"const":"a","type":"integer"}""", "schema #/const")]
    [InlineData("""{"enum":[[1]]}""", "schema #/enum/0")]
    [InlineData("""{"enum":["\ud800"]}""", "surrogate")]
    [InlineData("""{"$ref":"other.json"}""", "schema #/$ref")]
    [InlineData("true", "schema #")]
    [InlineData("{", "no JSON")]
    public void What_cannot_be_kept_is_refused_with_its_place(string schema, string said) =>
        Assert.Contains(said, Assert.Throws<SocietyException>(() => SchemaPattern.Of(schema)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schema_that_multiplies_at_every_level_is_refused_at_once()
    {
        string Level(int level) => $"\"l{level}\":{{\"type\":\"object\",\"properties\":{{{string.Join(',', "abcdef".Select(name => $"\"{name}\":{{\"$ref\":\"#/$defs/l{level + 1}\"}}"))}}}}}";
        string schema = $"{{\"$ref\":\"#/$defs/l0\",\"$defs\":{{{string.Join(',', Enumerable.Range(0, 8).Select(Level))},\"l8\":{{\"type\":\"null\"}}}}}}";
        Assert.Contains("too large", Assert.Throws<SocietyException>(() => SchemaPattern.Of(schema)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("properties")]
    [InlineData("anyOf")]
    [InlineData("nested")]
    public void A_schema_that_would_fill_the_memory_is_refused_before_it_does(string kind)
    {
        // A part of 150,000 characters, again and again.
        string part = $$"""{"enum":["{{new string('x', 150_000)}}"]}""", schema = kind switch
        {
            "properties" => $$$"""{"type":"object","properties":{{{{string.Join(',', Enumerable.Range(0, 5000).Select(index => $"\"p{index}\":{{\"$ref\":\"#/$defs/a\"}}"))}}}},"$defs":{"a":{{{part}}}}}""",
            "anyOf" => $$$"""{"anyOf":[{{{string.Join(',', Enumerable.Range(0, 5000).Select(index => $"{{\"type\":\"array\",\"maxItems\":{index % 1000},\"items\":{{\"$ref\":\"#/$defs/a\"}}}}"))}}}],"$defs":{"a":{{{part}}}}}""",
            _ => $$$"""{"type":"object","properties":{{{{string.Join(',', Enumerable.Range(0, 200).Select(index => $"\"p{index}\":{string.Concat(Enumerable.Repeat("{\"type\":\"array\",\"items\":", 15))}{{\"$ref\":\"#/$defs/a\"}}{new string('}', 15)}"))}}}},"$defs":{"a":{{{part}}}}}""",
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Contains("too large", Assert.Throws<SocietyException>(() => SchemaPattern.Of(schema)).Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64_000_000);
    }

    [Theory]
    [InlineData("text", "characters")]
    [InlineData("names", "too large")]
    [InlineData("references", "places")]
    public void A_schema_of_very_many_parts_is_refused_in_a_moment(string kind, string said)
    {
        string schema = kind switch
        {
            "text" => $$"""{"const":"{{new string('x', 1_000_000)}}"}""",
            "names" => $$$"""{"type":"object","properties":{{{{string.Join(',', Enumerable.Range(0, 25_000).Select(index => $"\"{index}\":{{\"const\":1}}"))}}}}}""",
            _ => $$$"""{"anyOf":[{{{string.Join(',', Enumerable.Range(0, 5_000).Select(index => $"{{\"$ref\":\"#/$defs/{index}\"}}"))}}}],"$defs":{{{{string.Join(',', Enumerable.Range(0, 5_000).Select(index => $"\"{index}\":{{\"const\":{index}}}"))}}}}}""",
        };
        System.Diagnostics.Stopwatch took = System.Diagnostics.Stopwatch.StartNew();
        Assert.Contains(said, Assert.Throws<SocietyException>(() => SchemaPattern.Of(schema)).Message, StringComparison.Ordinal);
        Assert.InRange(took.Elapsed.TotalSeconds, 0, 5);
    }

    private static Gen<string> Schemas(int depth)
    {
        Gen<string> simple = Gen.OneOf(
            Gen.OneOf("""{"type":"integer"}""", """{"type":"number"}""", """{"type":"boolean"}""", """{"type":"null"}""", """{"type":["integer","null"]}"""),
            Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3]).Select((least, more) => $$"""{"type":"string","minLength":{{least}},"maxLength":{{least + more}}}"""),
            Gen.OneOf("""{"type":"string"}""", """{"type":"string","pattern":"^[a-z]{2,4}\\d?$"}""", """{"type":"string","pattern":"^.[^\"a]\\S+$"}""", """{"type":"string","pattern":"(yes|no)\\W"}""", """{"enum":["a","b\\c",7,null,"é\""]}""", """{"type":"string","enum":["only"]}"""));
        if (depth == 0) return simple;
        Gen<string> inner = Schemas(depth - 1);
        Gen<string> objects = Gen.Select(inner.Array[0, 4], Gen.Int[0, 15], Gen.Bool).Select((parts, needed, closed) =>
            $"{{\"type\":\"object\",\"properties\":{{{string.Join(',', parts.Select((part, index) => $"\"p{index} {{\":{part}"))}}},"
            + $"\"required\":[{string.Join(',', parts.Select((_, index) => index).Where(index => (needed >> index & 1) == 1).Select(index => $"\"p{index} {{\""))}],\"additionalProperties\":{(closed ? "false" : "true")}}}");
        Gen<string> arrays = Gen.Select(inner, Gen.Int[0, 2], Gen.Int[0, 2], Gen.Bool).Select((item, least, more, bound) => $"{{\"type\":\"array\",\"items\":{item},\"minItems\":{least}{(bound ? $",\"maxItems\":{least + more}" : "")}}}");
        Gen<string> choices = inner.Array[1, 3].Select(parts => $$"""{"anyOf":[{{string.Join(',', parts)}}]}""");
        return Gen.OneOf(simple, objects, arrays, choices);
    }

    /// <summary>Bytes that can follow in each state.</summary>
    private static byte[][] Ways(PatternAutomaton automaton) =>
        [.. Enumerable.Range(0, automaton.States).Select(state => Enumerable.Range(0, 256).Select(value => (byte)value).Where(value => automaton.Next(state, value) != PatternAutomaton.None).ToArray())];

    /// <summary>Bytes to the nearest end from each state.</summary>
    private static int[] Distances(PatternAutomaton automaton, byte[][] ways)
    {
        List<int>[] before = [.. ways.Select(_ => new List<int>())];
        for (int state = 0; state < ways.Length; state++)
        {
            foreach (int after in ways[state].Select(value => automaton.Next(state, value)).Distinct()) before[after].Add(state);
        }

        int[] distances = new int[ways.Length];
        Array.Fill(distances, int.MaxValue);
        Queue<int> open = new(Enumerable.Range(0, ways.Length).Where(automaton.Accepts));
        foreach (int end in open) distances[end] = 0;
        while (open.TryDequeue(out int state))
        {
            foreach (int earlier in before[state].Where(earlier => distances[earlier] == int.MaxValue))
            {
                distances[earlier] = distances[state] + 1;
                open.Enqueue(earlier);
            }
        }

        return distances;
    }

    /// <summary>A random text of the automaton, brought to its nearest end once it is long.</summary>
    private static string Written(PatternAutomaton automaton, byte[][] ways, int[] distances, Random random)
    {
        List<byte> text = [];
        for (int state = 0; !automaton.Accepts(state) || (text.Count < 40 && ways[state].Length > 0 && random.Next(3) > 0);)
        {
            byte value = text.Count < 40 ? ways[state][random.Next(ways[state].Length)] : ways[state].MinBy(way => distances[automaton.Next(state, way)]);
            text.Add(value);
            state = automaton.Next(state, value);
        }

        return Encoding.UTF8.GetString([.. text]);
    }

    private static bool Accepts(PatternAutomaton automaton, string text)
    {
        int state = 0;
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            state = automaton.Next(state, value);
            if (state == PatternAutomaton.None) return false;
        }

        return automaton.Accepts(state);
    }
}
