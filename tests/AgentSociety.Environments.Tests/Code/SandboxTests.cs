using System.Diagnostics;
using AgentSociety.Environments.Code;

namespace AgentSociety.Environments.Tests.Code;

public class SandboxTests
{
    private static readonly Sandbox Box = new(new());

    public static TheoryData<string> Hostile => new(
        "function f(x){while(true){}}", "function f(x){for(;;);}", "function f(x){return f(x)}", "function f(x){const a=[];while(true)a.push(a.length)}",
        "function f(x){let s='a';while(true)s+=s}", "function f(x){return 'a'.repeat(1e9)}", "function f(x){return 'a'.padStart(1e9)}", "function f(x){return new Array(1e9).fill(0)}",
        "function f(x){return Array.from({length:1e9})}", "function f(x){return /(a+)+$/.test('a'.repeat(5000)+'b')}", "function f(x){return 9n**99999999n}", "function f(x){return BigInt(9)**BigInt(999999999)}",
        "function f(x){return System.IO.File.ReadAllText('/etc/passwd')}", "function f(x){return require('fs')}", "function f(x){return process.env}", "function f(x){return fetch('http://x')}",
        "function f(x){return eval('1')}", "function f(x){return new Function('return 1')()}", "function f(x){return f.constructor('return 1')()}", "function f(x){return (()=>{}).constructor('return this')()}",
        "function f(x){return Date.now()}", "function f(x){return Math.random()}", "function f(x){return new Date()}", "async function f(x){return 1}", "function* f(x){yield 1}",
        "function f(x){return f}", "function f(x){const a={};a.a=a;return a}", "function f(x){return Symbol()}", "function f(x){return {get a(){return 1}}}", "function f(x){return new Map()}", "while(true){}", "", "f=1", "function g(x){return 1}",
        "function f(x){return importNamespace('System')}", "function f(x){return [1,,2]}", "function f(x){throw 1}", "function f(x){throw {get message(){while(true){}}}}", "function f(x){return JSON.parse('['.repeat(9999))}",
        "function f(x){return [].concat(...Array(5000).fill(Array(5000).fill(1)))}", "function f(x){return Array(9999).fill('a'.repeat(9999)).join('')}", "function f(x){return {toString(){while(true){}}}+''}",
        $"function f(x){{return {new string('(', 1500)}1{new string(')', 1500)}}}", $"function f(x){{return {new string('!', 3500)}1}}", $"function f(x){{return {string.Concat(Enumerable.Repeat("x=>", 1200))}1}}", "function f(x){return [3,1,2].sort(()=>{while(true){}})}",
        "function f(x){let o={};for(;;)o=Object.create(o)}", "function f(x){return x\u2028}" + new string('9', 5000));

    [Theory, MemberData(nameof(Hostile))]
    public void A_hostile_program_is_contained_and_gives_nothing(string program)
    {
        Stopwatch clock = Stopwatch.StartNew();
        Execution execution = Box.Run(program, "1");
        Assert.Null(execution.Value);
        Assert.NotEmpty(execution.Failure);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 10);
    }

    [Theory]
    [InlineData("function f(x){return x+1}", "1", "2"), InlineData("function f(x){return [x,'a',null,true,{b:1,a:[]}]}", "0.5", """[0.5,"a",null,true,{"a":[],"b":1}]""")]
    [InlineData("function f(x){return -0}", "0", "-0"), InlineData("function f(x){return 0/0}", "0", "NaN"), InlineData("function f(x){return undefined}", "0", "undefined"), InlineData("function f(x){return '1'}", "0", "\"1\"")]
    [InlineData("function f(x){return x.a.length}", """{"a":[1,2]}""", "2"), InlineData("const f = x => x.split('').reverse().join('')", "\"abc\"", "\"cba\"")]
    [InlineData("function f(x){return [[3,1,2].sort(), Math.max(...x)]}", "[4,9]", "[[1,2,3],9]"), InlineData("function f(x){return /b+/.exec(x)[0]}", "\"abbc\"", "\"bb\"")]
    public void A_program_gives_its_value(string program, string input, string value) => Assert.Equal([new Execution(value, ""), new Execution(value, "")], [Box.Run(program, input), Box.Run(program, input)]);

    [Theory]
    [InlineData("JSON.stringify=()=>'7';function f(x){return 1}", "1"), InlineData("Object.prototype.toJSON=()=>7;function f(x){return {}}", "{}"), InlineData("Array.prototype.toString=()=>'7';function f(x){return [1]}", "[1]")]
    [InlineData("Object.prototype.a=7;function f(x){return {}}", "{}"), InlineData("function f(x){return {toJSON:7,toString:7}}", """{"toJSON":7,"toString":7}""")]
    public void Pollution_does_not_change_what_is_seen(string program, string value) => Assert.Equal(value, Box.Run(program, "1").Value);

    [Fact]
    public void Half_a_surrogate_pair_equals_only_itself() =>
        Assert.NotEqual(Box.Run("function f(x){return '\\ud800'}", "1").Value, Box.Run("function f(x){return '\\ufffd'}", "1").Value);

    [Fact]
    public void Nothing_is_left_from_one_run_to_the_next()
    {
        Box.Run("globalThis.left = 1; Array.prototype.left = 1; function f(x){return 1}", "1");
        Assert.Equal("[\"undefined\",\"undefined\"]", Box.Run("function f(x){return [typeof left, typeof [].left]}", "1").Value);
    }

    [Theory]
    [InlineData("let n=0;const a=Array(8000).fill(0);for(let i=0;i<9000;i++)n+=a.indexOf(-1);return n"), InlineData("const a=Array(8000).fill(0);return a.map(y=>a.indexOf(-1)).length"), InlineData("return /^(a+)+$/.test('a'.repeat(26)+'b')+''")]
    public void A_program_that_works_too_long_is_ended_by_processor_time_however_few_its_statements(string body)
    {
        Execution came = new Sandbox(new() { Processor = TimeSpan.FromMilliseconds(20), RegularExpression = TimeSpan.FromSeconds(30) }).Run($"function f(x){{{body}}}", "1");
        Assert.Equal((null, true, "took too long"), (came.Value, came.Late, came.Failure));
    }

    [Fact]
    public void Measures_count_what_they_say()
    {
        CodeShape shape = CodeShape.Of("function f(x){ if (x > 1 && x < 5) { return x * 2; } return g(x) ? 1 : 0; }")!;
        Assert.Equal(4, shape.Cyclomatic); // if, &&, ?:
        Assert.Equal(7, shape.Operations); // if > && < * call ?:
        Assert.Null(CodeShape.Of("function ("));
    }
}
