using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Code;

/// <summary>Small programs over numbers, texts, lists and objects, with inputs to run them on: what generated problems of the full language are drawn from beside arithmetic, and what a proposer is shown while its archive is empty.</summary>
/// <remarks>Absolute Zero starts from one triple, the identity; a language of which no example is ever shown is not found by a small model.</remarks>
static class SeedPrograms
{
    private static readonly string[] Numbers = ["1", "4", "7", "12", "25", "30"];
    private static readonly string[] Texts = ["\"banana\"", "\"Hello World\"", "\"a1b22c\"", "\"level\"", "\"the cat sat\"", "\"XyZ\""];
    private static readonly string[] Lists = ["[3,1,2]", "[5,5,8,0]", "[-4,7]", "[10,9,2,33]", "[1,2,3,4,5,6]", "[0,-1,4,4]"];
    private static readonly string[] Words = ["[\"pear\",\"fig\",\"apple\"]", "[\"b\",\"a\",\"b\"]", "[\"one\",\"two\",\"three\",\"four\"]", "[\"x\",\"yy\"]", "[\"to\",\"be\",\"or\",\"not\"]", "[\"aa\",\"a\",\"aaa\"]"];
    private static readonly string[] Grids = ["[[1,2],[3,4]]", "[[0,1,2],[3,4,5]]", "[[7,8],[9,1],[2,3]]", "[[5,2,4],[1,1,0],[6,3,9]]", "[[4,-2],[-3,8]]", "[[2,6,2,1],[9,5,7,3]]"];
    private static readonly string[] Objects = ["{\"a\":1,\"b\":2}", "{\"x\":5,\"y\":3,\"z\":9}", "{\"fig\":7,\"pear\":4}", "{\"k\":0,\"l\":-2,\"m\":8}", "{\"one\":1,\"ten\":10,\"two\":2}", "{\"p\":6,\"q\":6}"];

    private static readonly (string Body, string[] Inputs)[] Bodies =
    [
        ("let n=0;while(x>1){x=x%2?3*x+1:x/2;n++}return n", Numbers), ("let s=0;for(let i=1;i<=x;i++)s+=i*i;return s", Numbers), ("const d=[];for(let i=1;i<=x;i++)if(x%i===0)d.push(i);return d", Numbers), ("let a=0,b=1;while(x-->0)[a,b]=[b,a+b];return a", Numbers),
        ("return x.toString(2)", Numbers), ("return x<10?'small':x%2?'odd':'even'", Numbers), ("return String(x).split('').map(Number)", Numbers), ("let r='';while(x>0){r=x%3+r;x=Math.floor(x/3)}return r", Numbers),
        ("let p=2;const f=[];while(x>1){if(x%p)p++;else{f.push(p);x/=p}}return f", Numbers), ("return Array.from({length:x%5+1},(_,i)=>i*x)", Numbers),
        ("return x.split('').reverse().join('')", Texts), ("const m={};for(const c of x)m[c]=(m[c]||0)+1;return m", Texts), ("return x.replace(/[aeiou]/g,'')", Texts), ("return x.toUpperCase()+x.length", Texts), ("return x===x.split('').reverse().join('')", Texts), ("return x.split(' ').map(w=>w[0]).join('.')", Texts),
        ("let s='';for(let i=0;i<x.length;i+=2)s+=x[i];return s", Texts), ("return [...new Set(x)].sort().join('')", Texts), ("return x.replace(/\\d+/g,d=>d*2)", Texts), ("let best='';for(const w of x.split(' '))if(w.length>best.length)best=w;return best", Texts), ("return x.slice(1)+x[0]", Texts), ("return x.split('').map(c=>c.charCodeAt(0)%10)", Texts),
        ("return x.map(y=>y*y)", Lists), ("return x.filter(y=>y>2).length", Lists), ("return x.reduce((a,b)=>a+b,0)/x.length", Lists), ("return [...x].sort((a,b)=>a-b)", Lists), ("let s=0;return x.map(y=>s+=y)", Lists), ("return Math.max(...x)-Math.min(...x)", Lists), ("const r=[];for(let i=1;i<x.length;i++)r.push(x[i]-x[i-1]);return r", Lists), ("return x.lastIndexOf(Math.min(...x))", Lists),
        ("return x.map(w=>w.length)", Words), ("return [...x].sort((a,b)=>a.length-b.length||(a<b?-1:1))", Words), ("return x.map(w=>w[0].toUpperCase()+w.slice(1)).join('')", Words), ("const g={};for(const w of x)(g[w.length]??=[]).push(w);return g", Words),
        ("return x.map(r=>r.reduce((a,b)=>a+b))", Grids), ("return x[0].map((_,c)=>x.map(r=>r[c]))", Grids), ("return x.flat().filter((_,i)=>i%2)", Grids), ("let t=0;for(let i=0;i<x.length;i++)t+=x[i][i%x[i].length];return t", Grids),
        ("return Object.keys(x).filter(k=>x[k]>2)", Objects), ("return Object.entries(x).map(([k,v])=>k+v).join()", Objects), ("const r={};for(const k in x)r[x[k]]=k;return r", Objects), ("return {...x,sum:Object.values(x).reduce((a,b)=>a+b)}", Objects),
    ];

    /// <summary>All of them, each with its number of operations.</summary>
    public static IReadOnlyList<(string Program, int Operations, IReadOnlyList<string> Inputs)> All { get; } =
        [.. Bodies.Select(seed => $"function f(x){{{seed.Body}}}").Zip(Bodies, (program, seed) => (program, CodeShape.Of(program)!.Operations, (IReadOnlyList<string>)seed.Inputs))];

    /// <summary>A task of this many operations; null where no seed has so many.</summary>
    public static CodeTask? Draw(int operations, CodeKind kind, KeyedRandom random)
    {
        (string Program, int Operations, IReadOnlyList<string> Inputs)[] fitting = [.. All.Where(seed => seed.Operations == operations)];
        return fitting.Length == 0 ? null : Task(random.Choose(fitting), kind, random);
    }

    /// <summary>A task of at most this many operations.</summary>
    public static CodeTask? DrawUpTo(int operations, CodeKind kind, KeyedRandom random)
    {
        (string Program, int Operations, IReadOnlyList<string> Inputs)[] fitting = [.. All.Where(seed => seed.Operations <= operations)];
        return fitting.Length == 0 ? null : Task(random.Choose(fitting), kind, random);
    }

    private static CodeTask Task((string Program, int Operations, IReadOnlyList<string> Inputs) seed, CodeKind kind, KeyedRandom random) =>
        new(kind, seed.Program, [.. random.Permutation(seed.Inputs.Count)[..(kind == CodeKind.Induce ? seed.Inputs.Count : 1)].Select(index => seed.Inputs[index])]);
}
