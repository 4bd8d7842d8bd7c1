using System.Diagnostics;
using AgentSociety.Core.Randomness;
using AgentSociety.Environments.Code;
using Xunit.Abstractions;

namespace AgentSociety.Environments.Tests.Code;

/// <summary>Programs that want out, want to stay, or want everything: AGENTSOCIETY_HOSTILE of them, 1,000 where it is not set; 10,000 is the full size.</summary>
public class HostileProgramTests(ITestOutputHelper output)
{
    private static readonly string[] Loops = ["while(true){BODY}", "for(;;){BODY}", "do{BODY}while(1)", "for(let i=0;i<1e9;i++){BODY}", "const g=n=>{BODY;return g(n+1)};g(0)", "function g(n){BODY;return g(n)+g(n)};g(1)", "[...Array(9999)].map(()=>[...Array(9999)].map(()=>{BODY}))", "const a=[1];for(const y of a){BODY;a.push(y)}", "label:for(;;){for(;;){BODY;continue label}}", "for(;;){try{BODY;for(;;);}catch(e){}finally{continue}}"];
    private static readonly string[] Bodies = ["", "x+=1", "s+=s+'a'", "l.push(l.length)", "l=l.concat(l,[1])", "o={o}", "o['k'+l.length]=l.push(1)", "s='a'.repeat(9999)+s", "s=s.split('').join('aa')+'a'", "s=s.replace(/./g,'$&$&')+'a'", "l=[...l,...l,1]", "o=Object.assign({},o,{[x++]:o})", "JSON.stringify(l);l.push(l.length)", "s=`${s}${s}a`", "l.fill(l)", "x=l.sort().reverse().length;l.push(x)"];
    private static readonly string[] Regexes = ["(a+)+$", "(a|aa)+$", "^(a+)+$", "([a-zA-Z]+)*$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(a*)*b", "(x+x+)+y", "((a+)*)+c", "(?:a?){30}a{30}$"];
    private static readonly string[] Escapes =
    [
        "this.constructor.constructor('return process')()", "f.constructor('return this')()", "(()=>{}).constructor('return 1')()", "[].map.constructor('return 1')()", "Object.getPrototypeOf(function(){}).constructor('return 1')()", "globalThis.constructor.constructor('return 1')()",
        "System.IO.File.ReadAllText('/etc/passwd')", "importNamespace('System').Environment.Exit(1)", "clr.System.Environment.Exit(1)", "require('child_process').execSync('id')", "process.exit(1)", "fetch('http://localhost')", "new XMLHttpRequest()", "WebAssembly.compile([])", "eval('1')", "new Function('return 1')()",
        "setTimeout(()=>{},1)", "new Worker('x')", "import('fs')", "new Date().getTime()", "Date.now()", "performance.now()", "Math.random()", "crypto.randomUUID()", "new Intl.NumberFormat()", "'a'.localeCompare('b')", "new WeakRef({})", "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0)", "new Proxy({},{})", "Reflect.ownKeys(this)",
        "x.constructor.constructor('return 1')()", "(1).constructor.constructor('return 1')()", "''.constructor.constructor('return 1')()", "/a/.constructor.constructor('return 1')()", "Symbol.constructor('return 1')()", "JSON.constructor.constructor('return 1')()", "Object.constructor.prototype.constructor('return 1')()", "(async()=>{}).constructor('return 1')()", "(function*(){}).constructor('return 1')()",
        "new Error().stack.toString.constructor('return 1')()", "arguments.callee.caller", "f.caller.arguments", "9n**9n**9n", "BigInt(9)**BigInt(1e9)", "new ArrayBuffer(1e9)", "new Uint8Array(1e9)", "'a'.padEnd(1e9)", "'a'.repeat(2**30)", "Array(2**32-1).fill(0)", "new Array(1e9).join('x')", "Array.from({length:1e9},()=>1)", "[].concat(...Array(9999).fill(Array(9999).fill(1)))",
        "JSON.parse('['.repeat(9999)+']'.repeat(9999))", "String.fromCharCode(...Array(99999).fill(65))", "'x'.normalize('NFD')", "Object.defineProperty(globalThis,'f',{get(){for(;;);}})&&f", "({get [Symbol.toStringTag](){for(;;);}})+''", "({toString(){for(;;);}})+''", "({valueOf(){return this*1}})*1", "(function g(){return g()})()", "[1,2,3].sort(()=>{for(;;);})", "'a'.replace(/a/,()=>{for(;;);})",
    ];

    private static readonly string[] Pollutions =
    [
        "Object.prototype.toJSON=()=>42", "Array.prototype.toJSON=()=>42", "JSON.stringify=()=>'42'", "JSON.parse=()=>42", "Object.prototype.valueOf=()=>42", "Number.prototype.toString=()=>'42'", "String.prototype.toString=()=>'42'", "Array.prototype.join=()=>'42'", "Array.prototype.map=()=>42", "Object.keys=()=>[]", "Symbol.iterator=42",
        "globalThis.f2=f", "Object.prototype.x=42", "Object.freeze=()=>42", "Object.defineProperty(Object.prototype,'length',{value:42})", "Function.prototype.call=()=>42", "Object.setPrototypeOf(Array.prototype,null)", "Array.prototype[Symbol.iterator]=function*(){}", "undefined=42", "NaN=42", "isNaN=()=>true", "Object.getPrototypeOf([]).push=()=>42",
    ];

    // Much in one stroke, between two statements: a value that is written out or laid flat is far larger than it is in memory, and a callback or a sum is no statement.
    private static readonly string[] Amplifiers =
    [
        "let a=['abcdefgh'];for(let i=0;i<MANY;i++)a=[a,a];return DAG", "let a=[];for(let i=0;i<MANY;i++)a=[a,a];return DAG", "let a={k:'abcdefgh'};for(let i=0;i<MANY;i++)a={l:a,r:a};return DAG", "const s='a'.repeat(9000),a=Array(8000).fill(s);return DAG",
        "const s='a'.repeat(9000);return s.replace(/./g,\"PUT\")", "const s='a'.repeat(9000);return s.replaceAll('a',\"PUT\")", "const s='a'.repeat(9000);return s.replace(/./g,()=>s)", "const s='a'.repeat(9000);return s.replaceAll('a',()=>s)", "const s='a'.repeat(9000);return s.replace('a',\"PUT\".repeat(3000))", "const s='a'.repeat(9000);return /./g[Symbol.replace](s,\"PUT\")",
        "let s='a';for(let i=0;i<MANY;i++)s+=s;return [SUMS].length", "let s='a'.repeat(9000);return (SUMS).length", "let s='a'.repeat(9000);return Array(8000).fill(0).map(y=>s+y).length", "let s='a'.repeat(9000);return Array(8000).fill(0).map(y=>`${s}${y}`).length", "let s='a'.repeat(9000);return Array.from({length:8000},()=>s.toUpperCase()).length", "let s='a'.repeat(9000);return [SPREADS].length", "let s='a'.repeat(9000);const {...t}=s,{...u}=s,{...v}=s;return [SPREADS].length",
        "const a=Array(8000).fill(0);return a.flatMap(()=>a).length", "const a=Array(8000).fill(0);return [].concat(...a.map(()=>a)).length", "const s='a'.repeat(9000);return s.concat(...Array(8000).fill(s)).length", "let n=0;return 'a'.repeat({valueOf(){return n++<2?1:5e8}}).length", "return ''.padEnd.call('',{valueOf(){return this.n=this.n?5e8:1}},'a').length", "return ''.repeat.call({length:0,toString(){return 'a'.repeat(9000)}},9000).length",
        "return [].join.call({length:2**53-1},'').length", "return [].flat.call({length:2**53-1}).length", "for(;;){try{Array(8000).fill('a'.repeat(9000)).join()}catch{}}", "for(;;){[1,2,3].join()}", "for(;;){'aaa'.replace(/a/g,'b')}", "for(;;){JSON.stringify([1])}", "const s='\\u0800'.repeat(9000);return Array(8000).fill(s).map(encodeURIComponent).length", "const a=Array(8000).fill(0);return Array(8000).fill(a).map(Object.entries).length", "const a=Array(8000).fill(0);return Array(8000).fill(0).map(a.slice.bind(a)).length", "const a=Array(8000).fill(0);return [...Array(8000).fill(a).values().map(Object.entries)].length", "const a=Array(8000).fill(0);return JSON.parse(`[${a}]`.slice(0,9999),Object.entries.bind(0,a)).length", "const a=Array(8000).fill(0);return Array.from(a,Object.entries.bind(0,a)).length",
        "const o={toJSON:()=>Array(8000).fill('a'.repeat(9000))};return JSON.stringify(o).length", "let a=[1];for(let i=0;i<60;i++)a=[a,a,1];return JSON.stringify(a,null,10).length", "const o={toString:()=>'a'.repeat(9000)};return Array(8000).fill(o).join().length", "const o={exec(){return {0:'',index:0,length:1}},flags:'g',lastIndex:0};return RegExp.prototype[Symbol.replace].call(o,'a','b'.repeat(9000)).length",
    ];

    /// <summary>How many of them, where AGENTSOCIETY_HOSTILE does not say.</summary>
    internal static int Count(int otherwise) => int.TryParse(Environment.GetEnvironmentVariable("AGENTSOCIETY_HOSTILE"), out int count) ? count : otherwise;

    [Fact, Trait("Category", "Long")]
    public void Hostile_programs_are_contained_within_their_limits_and_the_process_is_healthy()
    {
        Sandbox sandbox = new(new());
        int count = Count(1_000);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        int values = 0;
        double slowest = 0;
        string worst = "";
        Stopwatch all = Stopwatch.StartNew();
        TimeSpan used = Environment.CpuUsage.TotalTime;
        Parallel.For(0, count, index =>
        {
            string program = Hostile(index);
            Stopwatch clock = Stopwatch.StartNew();
            Execution execution = sandbox.Run(program, "1");
            double seconds = clock.Elapsed.TotalSeconds;
            lock (this)
            {
                if (execution.Value is not null) values++;
                if (seconds > slowest) (slowest, worst) = (seconds, program);
            }

            Assert.Equal(execution.Value is null, execution.Failure.Length > 0);
            if (execution.Value is { } value) Assert.True(value.Length <= 20_000 && (value is "1" or "[1]" || (Amplifies(index) && value.Length < 20)), $"{program} gave {value[..Math.Min(80, value.Length)]}");
        });
        long after = GC.GetTotalMemory(forceFullCollection: true);
        double cores = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
        output.WriteLine($"{count} hostile programs in {all.Elapsed.TotalSeconds:f0} s, {cores:f0} s of cores: {values} polluted and changed nothing, {count - values} gave nothing; slowest {slowest:f2} s: {worst}; memory left {(after - before) / 1e6:f1} MB");
        // Time on the wall is the machine's business: on one that others keep busy a program waits for a core longer than it runs.
        Assert.InRange(cores / count, 0, 0.1);
        Assert.InRange(after - before, long.MinValue, 100_000_000);
        Assert.Equal("2", sandbox.Run("function f(x){return x+1}", "1").Value);
    }

    // Memory is what the program itself allocated, garbage and all: it bounds what it can have held. An interpreter that nobody asked anything allocates a third of a megabyte.
    [Theory, MemberData(nameof(Bombs))]
    public void One_stroke_makes_little_in_little_time(string program)
    {
        Sandbox sandbox = new(new());
        TimeSpan used = Environment.CpuUsage.TotalTime;
        Execution execution = sandbox.Run($"function f(x){{{program}}}", "1", out long allocated);
        double cores = (Environment.CpuUsage.TotalTime - used).TotalSeconds;
        output.WriteLine($"{allocated / 1e6:f1} MB, {cores:f2} s: {execution.Failure}{execution.Value?.Length} {program}");
        Assert.True(execution.Value is null || execution.Value.Length < 4_000, program);
        Assert.InRange(allocated, 1, 100_000_000);
    }

    public static TheoryData<string> Bombs => new(Amplified);

    private static string[] Amplified { get; } = [.. Amplifiers.SelectMany(Written).Distinct()];

    private static IEnumerable<string> Written(string amplifier)
    {
        foreach (string dag in new[] { "JSON.stringify(a).length", "JSON.stringify(a,['l','r']).length", "JSON.stringify(a,(k,v)=>v).length", "String(a).length", "a.flat(Infinity).length", "`${a}`.length", "(a+'').length", "a.join('').length", "a==''", "[].concat(a,a).length", "parseInt(a)", "new Error(a).message.length" })
        {
            if (!amplifier.Contains("DAG", StringComparison.Ordinal) && dag != "String(a).length") continue;
            foreach (string put in new[] { "$'", "$`", "$&$&$&", "bbbbbbbbb" })
            {
                yield return amplifier.Replace("DAG", dag, StringComparison.Ordinal).Replace("PUT", put, StringComparison.Ordinal).Replace("MANY", "24", StringComparison.Ordinal)
                    .Replace("SUMS", string.Join(amplifier.Contains('[', StringComparison.Ordinal) ? ',' : '+', Enumerable.Range(0, amplifier.Contains('[', StringComparison.Ordinal) ? 300 : 100).Select(index => amplifier.Contains('[', StringComparison.Ordinal) ? $"s+{index}" : "s")), StringComparison.Ordinal)
                    .Replace("SPREADS", string.Join(',', Enumerable.Repeat("{...s}", 300)), StringComparison.Ordinal);
            }
        }
    }

    [Fact]
    public void A_sample_of_hostile_programs_is_contained()
    {
        Sandbox sandbox = new(new());
        foreach (int index in Enumerable.Range(0, 60).Select(index => index * 167))
        {
            if (sandbox.Run(Hostile(index), "1").Value is { } value) Assert.True(value is "1" or "[1]" || Amplifies(index), $"{Hostile(index)} gave {value}");
        }
    }

    // Recursion that no call expression shows: it passed the limit on the depth of calls once, and overflowed the stack of the process.
    [Theory]
    [InlineData("const o={valueOf(){return o*1}};function f(x){return o*1}"), InlineData("const o={valueOf:()=>o*1};function f(x){return o*1}"), InlineData("const o={toString:()=>`${o}`};function f(x){return `${o}`}"), InlineData("const o={toString:()=>o+''};const f=x=>o+''")]
    [InlineData("const o={get a(){return this.a}};function f(x){return o.a}"), InlineData("const o={set a(v){this.a=v}};function f(x){o.a=1}"), InlineData("const o={[Symbol.toPrimitive]:()=>+o};const f=x=>+o"), InlineData("const o={toJSON:()=>JSON.stringify(o)};const f=x=>JSON.stringify(o)")]
    [InlineData("const f=x=>[1].map(f)"), InlineData("const f=x=>[2,1].sort(f)"), InlineData("const f=x=>'a'.replace(/a/,f)"), InlineData("const f=x=>Array.from([1],f)"), InlineData("const f=x=>[1].reduce(f,1)"), InlineData("const f=x=>[...{[Symbol.iterator]:f}]"), InlineData("const f=x=>({[{toString:f}]:1})"), InlineData("const f=x=>f`a`")]
    [InlineData("class A{constructor(){return new A()}}const f=x=>new A()"), InlineData("class A{static [Symbol.hasInstance](){return 1 instanceof A}}const f=x=>1 instanceof A"), InlineData("const f=x=>f.call(1)"), InlineData("const f=x=>f.bind(1)()"), InlineData("const f=(x,y=f())=>y"), InlineData("const f=({a=f({})})=>a"), InlineData("const o={valueOf:()=>Math.max(o)};const f=x=>Math.max(o)"), InlineData("class A{static a=new A();b=new A()}const f=x=>1")]
    [InlineData("const g=x=>Object.entries({get a(){return g()}});const f=x=>g()"), InlineData("const g=x=>({...{get a(){return g()}}});const f=x=>g()"), InlineData("const o={get length(){return [].concat.call([],Array.from(o))}};const f=x=>Array.from(o)"), InlineData("let o=[];for(let i=0;i<15000;i++)o=[o];const f=x=>String(o)"), InlineData("let o=[];for(let i=0;i<15000;i++)o=[o];const f=x=>JSON.stringify(o)"), InlineData("let o=[];for(let i=0;i<15000;i++)o=[o];const f=x=>o.flat(Infinity)")]
    [InlineData("let o={};for(let i=0;i<15000;i++)o=Object.create(o);const f=x=>o.a"), InlineData("let g=x=>x;for(let i=0;i<9000;i++)g=g.bind(1);const f=x=>g(f)"), InlineData("let s='';for(let i=0;i<9000;i++)s+='(';const f=x=>new RegExp(s)"), InlineData("let s='';for(let i=0;i<9000;i++)s+='(?:';for(let i=0;i<9000;i++)s+='a)';const f=x=>new RegExp(s).test('a')?f:f"), InlineData("let s='';for(let i=0;i<15000;i++)s+='a';const f=x=>{let t=s;for(let i=0;i<5000;i++)t+=i;return t}")]
    [InlineData("let o=1;for(let i=0;i<6000;i++)o=DEEP;const f=x=>JSON.stringify(o)"), InlineData("let o=1;for(let i=0;i<6000;i++)o=DEEP;const f=x=>String(o)"), InlineData("let o=1;for(let i=0;i<6000;i++)o=DEEP;const f=x=>o.flat(Infinity)"), InlineData("let o=1;for(let i=0;i<6000;i++)o=DEEP;const f=x=>o")]
    public void Recursion_in_disguise_is_contained(string program) =>
        Assert.True(new Sandbox(new()).Run(program.Replace("DEEP", $"{new string('[', 90)}o{new string(']', 90)}", StringComparison.Ordinal), "1").Value is null or { Length: < 20 });

    private static bool Amplifies(int index) => index % 12 == 11;

    // A third loops or devours, a third escapes, the rest pollutes, backtracks or amplifies; each in a wrapping of its own.
    internal static string Hostile(int index)
    {
        KeyedRandom random = KeyedRandom.For(1, "hostile", index);
        string inner = Amplifies(index) ? random.Choose(Amplified) : (index % 6) switch
        {
            0 or 1 => $"let s='a',l=[1],o={{}};{random.Choose(Loops).Replace("BODY", random.Choose(Bodies), StringComparison.Ordinal)};return s.length+l.length",
            2 or 3 => $"return {random.Choose(Escapes)}",
            4 => $"try{{{random.Choose(Pollutions)}}}catch{{}}return {random.Choose(["x", "[x]"])}",
            _ => $"return /{random.Choose(Regexes)}/.test('{new string('a', random.Next(2000, 3500))}!')?[[]]:f",
        };
        // Names, numbers and dead code differ, so that no two programs are one text.
        string wrapped = random.Next(5) switch
        {
            0 => $"function f(x){{{inner}}}",
            1 => $"const f=x=>{{{inner}}}",
            2 => $"function f(x){{try{{{inner}}}finally{{}}}}",
            3 => $"function f(x){{return (()=>{{{inner}}})()}}",
            _ => $"function g(x){{{inner}}}function f(x){{return g(x)}}",
        };
        return $"const n{index}={random.Next(1000)};{wrapped}";
    }
}
