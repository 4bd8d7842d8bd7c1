using System.Diagnostics;
using System.Text.Json;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Code;
using Xunit.Abstractions;

namespace AgentSociety.Environments.Tests.Code;

/// <summary>Node.js as the oracle of what JavaScript means, where it is installed.</summary>
public class NodeOracleTests(ITestOutputHelper output)
{
    // Writes values as the sandbox does, by code of its own.
    private const string Oracle = """
        const vm = require('vm');
        const quote = s => '"' + s.split('').map(c => c >= ' ' && c <= '~' && c !== '"' && c !== '\\' ? c : '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')).join('') + '"';
        const write = v => v === undefined ? 'undefined' : v === null ? 'null' : typeof v === 'number' ? (Object.is(v, -0) ? '-0' : String(v)) : typeof v === 'string' ? quote(v)
          : typeof v === 'boolean' ? String(v) : Array.isArray(v) ? '[' + v.map(write).join(',') + ']' : '{' + Object.keys(v).sort((a, b) => a < b ? -1 : 1).map(k => quote(k) + ':' + write(v[k])).join(',') + '}';
        const lines = require('fs').readFileSync(0, 'utf8').split('\n').filter(line => line);
        for (const line of lines) {
          const [program, input] = JSON.parse(line);
          let said;
          try { said = write(vm.runInNewContext("'use strict';" + program + ';f(' + input + ')')); } catch (e) { said = 'threw'; }
          console.log(JSON.stringify(said));
        }
        """;

    private static readonly string[] Programs =
    [
        "function f(x){return x.split('').reverse().join('')}|\"abc\"|\"\"|\"a b\"", "function f(x){return x.map(y=>y*y).filter(y=>y%2)}|[1,2,3]|[]|[-1.5,0]", "function f(x){let s=0;for(const y of x)s+=y;return s}|[0.1,0.2]|[1e21,1]|[]", "function f(x){return x.toString(2)}|5|255|-7|0.5",
        "function f(x){return [x/3,x%3,-x%3,x**2,Math.floor(x),Math.round(x),Math.sqrt(x)]}|7|-7|0|2.5|-2.5|1e300", "function f(x){return x.sort()}|[10,9,1]|[\"b\",\"a\"]|[3,\"2\",null]", "function f(x){return [x==1,x===1,x<2,x+1,x+'1']}|1|\"1\"|null|true|[1]", "function f(x){return x.slice(1,-1)}|\"abcd\"|[1,2,3]|\"\"",
        "function f(x){return {...x,n:Object.keys(x).length}}|{\"b\":1,\"a\":[2]}|{}", "function f(x){return x.replace(/(\\w)(\\d)/g,'$2$1')}|\"a1b2\"|\"\"", "function f(x){return parseInt(x,10)+Number(x)+parseFloat(x)}|\"12\"|\"1.5\"|\"x\"|\"0x10\"", "function f(x){return [x|0,x>>1,x>>>0,x&7,x^1,~x,x<<3]}|5|-5|2147483648|1.9",
        "function f(x){return x.reduce((a,b)=>a+b,'')}|[1,\"a\",null,true]", "function f(x){const m={};for(const c of x)m[c]=(m[c]||0)+1;return m}|\"banana\"|\"\"", "function f(x){return x===null?typeof x:x?.a?.b??7}|null|{\"a\":{\"b\":0}}|{}", "function f(x){const [a,...b]=x;return [b,a]}|[1,2,3]|[]", "function f(x){switch(x%3){case 0:return 'a';case 1:return 'b';default:return 'c'}}|0|1|2|-1",
        "function f(x){return x<2?x:f(x-1)+f(x-2)}|10|0", "function f(x){return x.toFixed(2)}|1.005|2|1e21", "function f(x){return x.indexOf('a')+x.lastIndexOf('a')}|\"banana\"|[\"a\"]", "function f(x){return x.padStart(5,'-').toUpperCase().charAt(4)}|\"abc\"|\"\"", "function f(x){return x.flat().concat([1]).includes(NaN)}|[[1],[2]]|[]", "function f(x){return [1/x,-1/x,0*-x,x/x]}|0|1|-0", "function f(x){return new Set(x).size+[...new Map(x.map(y=>[y,1]))].length}|[1,1,2]|[]",
        "function f(x){try{return null.a}catch(e){return e instanceof TypeError}}|1", "function f(x){return x.trim().split(/\\s+/)}|\" a  b \"|\"\"", "function f(x){return [x.at(-1),x.findLast(y=>y>1),x.some(y=>y>2),x.every(y=>y>0)]}|[1,2,3]|[]", "function f(x){return [...x].map(c=>c.codePointAt(0))}|\"a\\ud83d\\ude00\"|\"\\u00e9\"", "function f(x){var y=1;{let y=2;x+=y}return x+y}|1", "function f(x){return [NaN,Infinity,-Infinity].map(y=>y+x)}|1", "function f(x){return x*1.1}|3|7|1e-7|123456789",
    ];

    [Needs(program: "node")]
    public async Task The_sandbox_means_what_node_means_on_shipped_tasks_and_on_the_language_at_large()
    {
        List<(string Program, string Input)> cases = Cases();
        string[] oracle = await Ask(cases);
        Sandbox sandbox = new(new());
        for (int index = 0; index < cases.Count; index++)
        {
            string own = sandbox.Run(cases[index].Program, cases[index].Input).Value ?? "threw";
            Assert.True(Same(oracle[index], own), $"{cases[index].Program} of {cases[index].Input}: node says {oracle[index]}, the sandbox {own}");
        }

        output.WriteLine($"{cases.Count} executions agree with Node.js");
        Assert.InRange(cases.Count, 3000, int.MaxValue);
    }

    /// <summary>Programs with an input: the language at large, and problems as they are generated.</summary>
    internal static List<(string Program, string Input)> Cases()
    {
        List<(string Program, string Input)> cases = [];
        foreach (string line in Programs)
        {
            string[] parts = line.Split('|');
            // '|' is also an operator: the inputs are those parts at the end that are JSON.
            int inputs = parts.Reverse().TakeWhile(IsJson).Count();
            foreach (string input in parts[^inputs..]) cases.Add((string.Join('|', parts[..^inputs]), input));
        }

        foreach (CodeEnvironment environment in new[] { new CodeEnvironment(new()), new CodeEnvironment(new() { Language = CodeLanguage.Restricted }) })
        {
            for (int index = 0; index < 1500; index++)
            {
                string text = environment.Generate(1 + (index % 12), KeyedRandom.For(2, "node", index)).Text;
                string program = text.Contains('\n') ? text.Split('\n')[1] : $"function f(x){{return {text[1..text.IndexOf(',', StringComparison.Ordinal)]}}}";
                foreach (string input in text.Contains('\n') ? text.Split('\n')[2..].Select(line => line[4..]) : text[(text.IndexOf(',', StringComparison.Ordinal) + 1)..^1].Split(',')) cases.Add((program, input));
            }
        }

        return cases;
    }

    // Numbers beyond 1e21 are written in other forms of one value.
    internal static bool Same(string node, string own) =>
        node == own || (double.TryParse(node, System.Globalization.CultureInfo.InvariantCulture, out double one) && double.TryParse(own, System.Globalization.CultureInfo.InvariantCulture, out double other) && one.Equals(other))
        || (node.StartsWith('[') && own.StartsWith('[') && node.Split(',').Length == own.Split(',').Length && node.Trim('[', ']').Split(',').Zip(own.Trim('[', ']').Split(',')).All(pair => pair.First == pair.Second || Same(pair.First, pair.Second)));

    private static bool IsJson(string text)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>What node says of each.</summary>
    internal static async Task<string[]> Ask(List<(string Program, string Input)> cases)
    {
        using Process node = Process.Start(new ProcessStartInfo("node", ["-e", Oracle]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        Task<string> said = node.StandardOutput.ReadToEndAsync();
        foreach ((string program, string input) in cases) await node.StandardInput.WriteLineAsync(JsonSerializer.Serialize(new[] { program, input }));
        node.StandardInput.Close();
        return [.. (await said).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<string>(line)!)];
    }
}
