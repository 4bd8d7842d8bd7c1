using System.Runtime.CompilerServices;
using Acornima.Ast;
using Jint;
using Jint.Native;
using Jint.Native.Json;
using Jint.Runtime;

namespace AgentSociety.Environments.Code;

/// <summary>What came of an execution: the value in canonical text, or why there is none.</summary>
/// <param name="Value">Canonical text of what the function returned; null where it returned nothing that can be compared.</param>
/// <param name="Failure">Why there is no value; empty where there is one.</param>
public sealed record Execution(string? Value, string Failure)
{
    /// <summary>True where there is no value because time ran out: on a faster machine there might be one.</summary>
    public bool Late { get; init; }
}

/// <summary>Runs JavaScript functions of one argument, <c>function f(x) { ... }</c>, with hard limits and nothing of the host in reach.</summary>
/// <remarks>
/// What can make much in one stroke is bounded call by call (<see cref="GuardedProgram"/>, <see cref="BoundedBuiltins"/>), everything else before each statement.
/// Deterministic: no clock, no random numbers, no string compilation, no big integers (one power of them can outlast every limit), no
/// promises, buffers or locales. Values leave as canonical text that this class writes itself, so a program that replaces
/// <c>JSON.stringify</c> or pollutes a prototype changes nothing about how it is judged. Each execution has an engine of its own, and a thread to itself while it runs.
/// </remarks>
public sealed class Sandbox(SandboxLimits limits)
{
    // What could tell two runs apart, compile text, or allocate beyond the limits in one call.
    private const string Closed = """
        for (const name of ['Date', 'Intl', 'Temporal', 'BigInt', 'eval', 'Function', 'WeakRef', 'FinalizationRegistry', 'Promise', 'Proxy', 'Reflect', 'Atomics',
            'ArrayBuffer', 'SharedArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
            'BigInt64Array', 'BigUint64Array', 'Float16Array', 'Float32Array', 'Float64Array', 'ShadowRealm', 'System', 'importNamespace', 'clr']) delete globalThis[name];
        delete Math.random;
        delete String.raw;
        delete Array.fromAsync;
        for (const name of ['toLocaleString', 'toLocaleLowerCase', 'toLocaleUpperCase', 'localeCompare', 'normalize']) { delete String.prototype[name]; delete Number.prototype[name]; delete Array.prototype[name]; }
        """;

    private static readonly Execution TooLong = new(null, "took too long") { Late = true };
    private readonly SandboxThreads _threads = new(limits.Stack);
    private readonly Prepared<Script> _closed = Engine.PrepareScript(Closed);
    private readonly ScriptPreparationOptions _preparation = new() { ParsingOptions = new() { RegexTimeout = limits.RegularExpression, CompileRegex = false } };
    private readonly Remembered<ReadProgram> _read = new(1_000);

    /// <summary>Runs <paramref name="program"/>'s <c>f</c> on a JSON value.</summary>
    public Execution Run(string program, string input) => Measured(program, input).Came;

    /// <summary>Runs <paramref name="program"/>'s <c>f</c> on a JSON value, and says how many bytes that allocated; <see cref="long.MaxValue"/> where it did not end.</summary>
    public Execution Run(string program, string input, out long allocated)
    {
        ProgramRun run = Measured(program, input);
        allocated = run.Allocated;
        return run.Came;
    }

    /// <summary>Runs <paramref name="program"/>'s <c>f</c> on a JSON value, and says what that took.</summary>
    internal ProgramRun Measured(string program, string input)
    {
        if (program.Length > limits.Text || input.Length > limits.Text) return NotRun($"longer than {limits.Text} characters");
        // The interpreter's JSON reader takes a null character for the end of the text, and would pass over what it should refuse.
        if (input.Contains('\0', StringComparison.Ordinal)) return NotRun("a null character is no JSON");
        ReadProgram read = _read.Of(program, Read);
        if (read.Script is not { } script) return NotRun(read.Refusal);
        // A value may be nested as deep as memory reaches, and the interpreter recurses into it: an overflow would end the process.
        return _threads.Run(() => RunHere(script, input), limits.Time) ?? new(TooLong, false, long.MaxValue, limits.Time);
    }

    private ProgramRun RunHere(Prepared<Script> program, string input)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        ProcessorLimit time = new(limits.Processor);
        try
        {
            using Engine engine = new(options => Restrict(options, time));
            engine.Execute(_closed);
            new BoundedBuiltins(engine, limits, time).Install();
            JsValue argument = new JsonParser(engine).Parse(input);
            engine.Execute(program);
            JsValue function = engine.Evaluate("typeof f === 'function' ? f : null");
            if (function.IsNull()) return Ran(Failed("there is no function f"), true);
            bool written = CanonicalValue.TryWrite(engine.Invoke(function, argument), limits.Text, out string text);
            time.Look();
            return Ran(written ? new(text, "") : Failed(text), true);
        }
        catch (TimeoutException)
        {
            // A regular expression ends by the clock on the wall, everything else by the processor's: which came first is a matter of the machine, and so no part of the reason.
            return Ran(TooLong, false);
        }
        catch (Exception failure)
        {
            // Whatever a hostile program makes the interpreter throw is that program's failure. What the language itself throws breaks no limit.
            return Ran(Failed(Said(failure)), failure is JavaScriptException);
        }

        ProgramRun Ran(Execution came, bool behaved) => new(came, behaved, GC.GetAllocatedBytesForCurrentThread() - before, time.Used);
    }

    /// <summary>The canonical text of a JSON value; null where the text is none.</summary>
    public string? Canonical(string json)
    {
        if (json.Length > limits.Text) return null;
        return Run("function f(x) { return x; }", json).Value;
    }

    private static Execution Failed(string reason) => new(null, reason);

    private static ProgramRun NotRun(string reason) => new(Failed(reason), true, 0, TimeSpan.Zero);

    private static string Said(Exception failure) => $"{failure.GetType().Name}: {(failure.Message.Length > 200 ? failure.Message[..200] : failure.Message)}";

    private ReadProgram Read(string program)
    {
        if (CodeShape.Of(program) is not { } shape) return new(null, "not JavaScript");
        if (shape.Forbidden is { } forbidden) return new(null, forbidden);
        if (program.Contains(GuardedProgram.Guard, StringComparison.Ordinal)) return new(null, $"'{GuardedProgram.Guard}' is no name here");
        try
        {
            return new(Engine.PrepareScript(GuardedProgram.Of(program, CodeShape.Tree(program)!), strict: true, options: _preparation), "");
        }
        catch (Exception failure)
        {
            // As where it runs: whatever a hostile text makes the interpreter throw is that text's failure.
            return new(null, $"{failure.GetType().Name}: {failure.Message}");
        }
    }

    private void Restrict(Options options, ProcessorLimit time)
    {
        options.Strict().DisableStringCompilation().LimitRecursion(limits.Recursion).MaxStatements(limits.Statements).LimitMemory(limits.Memory);
        options.Constraint(time);
        options.Constraint(new EnoughStack());
        options.Constraints.RegexTimeout = limits.RegularExpression;
        options.Constraints.MaxArraySize = limits.Array;
        options.Constraints.MaxExecutionStackCount = limits.Recursion;
        options.Json.MaxParseDepth = 32;
        options.Interop.Enabled = false;
    }

    /// <summary>Ends a program that is about to overflow the stack of this process: conversions that call back, such as a <c>valueOf</c> that multiplies its own object, pass the limit on calls.</summary>
    private sealed class EnoughStack : Constraint
    {
        public override void Check() => RuntimeHelpers.EnsureSufficientExecutionStack();

        public override void Reset()
        {
        }
    }

    /// <summary>A program made ready to run, or why it is not run.</summary>
    private sealed record ReadProgram(Prepared<Script>? Script, string Refusal);
}
