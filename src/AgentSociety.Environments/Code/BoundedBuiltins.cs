using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Jint;
using Jint.Native;
using Jint.Native.Function;
using Jint.Native.Json;
using Jint.Native.Object;
using Jint.Native.Symbol;
using Jint.Runtime;
using Jint.Runtime.Descriptors;
using Jint.Runtime.Interop;

namespace AgentSociety.Environments.Code;

/// <summary>Takes the place of those builtins of one engine that can make, in one call, far more than they were given: a graph of shared arrays written out, a replacement that repeats its text.</summary>
/// <remarks>
/// Each does what the language says and counts what it makes. What passes the limits ends the program, and no <c>catch</c> of the program sees it. Where the interpreter's own function is kept,
/// it is given callbacks that count.
/// </remarks>
sealed class BoundedBuiltins(Engine engine, SandboxLimits limits, ProcessorLimit time)
{
    private readonly long _before = GC.GetAllocatedBytesForCurrentThread();
    private readonly JsValue _rangeError = engine.Global.Get("RangeError");
    private readonly HashSet<ObjectInstance> _joining = new(ReferenceEqualityComparer.Instance);

    public void Install()
    {
        ObjectInstance array = Prototype("Array"), text = Prototype("String");
        Take(array, "join", 1, native => (self, arguments) => Join(native, self, arguments));
        Take(array, "flat", 0, native => (self, arguments) => Flat(native, self, arguments));
        Take(array, "flatMap", 1, native => (self, arguments) => FlatMap(native, self, arguments));
        Take(text, "repeat", 1, native => (self, arguments) => Long(native, self, arguments, pads: false));
        Take(text, "padStart", 1, native => (self, arguments) => Long(native, self, arguments, pads: true));
        Take(text, "padEnd", 1, native => (self, arguments) => Long(native, self, arguments, pads: true));
        Take(text, "concat", 1, native => (self, arguments) => Concat(native, self, arguments));
        // With an object as the pattern they ask the object, which is the next of these or the program's own.
        Take(text, "replace", 2, native => (self, arguments) => At(arguments, 0) is ObjectInstance ? engine.Call(native, self, arguments) : Replace(native, self, arguments));
        Take(text, "replaceAll", 2, native => (self, arguments) => At(arguments, 0) is ObjectInstance ? engine.Call(native, self, arguments) : Replace(native, self, arguments));
        Take(Prototype("RegExp"), GlobalSymbolRegistry.Replace, 2, native => (self, arguments) => Replace(native, self, arguments));
        Take((ObjectInstance)engine.Global.Get("JSON"), "stringify", 3, native => (_, arguments) => Stringify(native, arguments));
        Watch(array, 0, "map", "filter", "forEach", "reduce", "reduceRight", "some", "every", "find", "findIndex", "findLast", "findLastIndex", "sort", "toSorted");
        Watch(Prototype("Map"), 0, "forEach");
        Watch(Prototype("Set"), 0, "forEach");
        Watch(Prototype("Iterator"), 0, "map", "filter", "forEach", "reduce", "some", "every", "find", "flatMap");
        Watch((ObjectInstance)engine.Global.Get("Array"), 1, "from");
        Watch((ObjectInstance)engine.Global.Get("Object"), 1, "groupBy");
        Watch((ObjectInstance)engine.Global.Get("Map"), 1, "groupBy");
        Watch((ObjectInstance)engine.Global.Get("JSON"), 1, "parse");
        engine.Global.DefineOwnProperty(GuardedProgram.Guard, new PropertyDescriptor(new ClrFunction(engine, GuardedProgram.Guard, Guarded, 1), writable: false, enumerable: false, configurable: false));
    }

    private ObjectInstance Prototype(string constructor) => (ObjectInstance)engine.Global.Get(constructor).Get("prototype");

    private void Take(ObjectInstance owner, JsValue name, int length, Func<JsValue, Func<JsValue, JsValue[], JsValue>> bounded)
    {
        Func<JsValue, JsValue[], JsValue> function = bounded(owner.Get(name));
        ClrFunction taken = new(engine, name is JsString ? name.AsString() : "[Symbol.replace]", (self, arguments) => function(self, arguments), length, PropertyFlag.Configurable);
        owner.DefineOwnProperty(name, new PropertyDescriptor(taken, writable: true, enumerable: false, configurable: true));
    }

    // A callback that is a builtin itself, such as Object.entries, holds no statement and no guard; it is looked at before each call.
    private void Watch(ObjectInstance owner, int callback, params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            Take(owner, name, 1, native => (self, arguments) =>
            {
                if (callback < arguments.Length && arguments[callback] is { } called && called.IsCallable() && called is not ScriptFunction)
                {
                    arguments = [.. arguments];
                    arguments[callback] = new ClrFunction(engine, "", (with, values) =>
                    {
                        Look();
                        return engine.Call(called, with, values);
                    });
                }

                return engine.Call(native, self, arguments);
            });
        }
    }

    private JsValue Guarded(JsValue self, JsValue[] arguments)
    {
        Look();
        JsValue made = At(arguments, 0);
        if (made is JsString text) Count(text.Length);
        return made;
    }

    // What the interpreter looks at before a statement, for strokes that hold none.
    private void Look()
    {
        time.Check();
        if (GC.GetAllocatedBytesForCurrentThread() - _before > limits.Memory) throw new MemoryLimitExceededException($"more than {limits.Memory} bytes");
    }

    private void Count(long made)
    {
        if (made > limits.Made) throw new MemoryLimitExceededException($"one call made more than {limits.Made} characters or elements");
    }

    private JsValue Join(JsValue native, JsValue self, JsValue[] arguments)
    {
        Look();
        if (self is not ObjectInstance array) return engine.Call(native, self, arguments);
        ulong length = TypeConverter.ToLength(array.Get("length"));
        string separator = At(arguments, 0).IsUndefined() ? "," : TypeConverter.ToString(arguments[0]);
        Count((long)length);
        // What holds itself is written as nothing where it comes again.
        if (length == 0 || !_joining.Add(array)) return JsString.Empty;
        try
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            StringBuilder joined = new();
            for (int index = 0; index < (int)length; index++)
            {
                if (index > 0) joined.Append(separator);
                JsValue element = array.Get(JsNumber.Create(index));
                if (!element.IsNull() && !element.IsUndefined()) joined.Append(TypeConverter.ToString(element));
                Count(joined.Length);
            }

            return JsString.Create(joined.ToString());
        }
        finally
        {
            _joining.Remove(array);
        }
    }

    private JsValue Flat(JsValue native, JsValue self, JsValue[] arguments)
    {
        Look();
        if (self is not ObjectInstance array) return engine.Call(native, self, arguments);
        List<JsValue> made = [];
        long visited = 0;
        Flatten(array, At(arguments, 0).IsUndefined() ? 1 : TypeConverter.ToInteger(arguments[0]), made, ref visited);
        return new JsArray(engine, [.. made]);
    }

    private void Flatten(ObjectInstance array, double depth, List<JsValue> made, ref long visited)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        ulong length = TypeConverter.ToLength(array.Get("length"));
        Count((long)length);
        for (int index = 0; index < (int)length; index++)
        {
            Count(++visited);
            JsValue key = JsNumber.Create(index);
            if (!array.HasProperty(key)) continue;
            JsValue element = array.Get(key);
            if (depth >= 1 && element is JsArray inner) Flatten(inner, depth - 1, made, ref visited);
            else made.Add(element);
        }
    }

    private JsValue FlatMap(JsValue native, JsValue self, JsValue[] arguments)
    {
        Look();
        if (!At(arguments, 0).IsCallable()) return engine.Call(native, self, arguments);
        long made = 0;
        ClrFunction counting = new(engine, "", (mapped, values) =>
        {
            JsValue element = engine.Call(arguments[0], mapped, values);
            Count(made += element is JsArray array ? array.Length : 1);
            return element;
        });
        return engine.Call(native, self, [counting, .. arguments.Skip(1)]);
    }

    // Too long is an error of the language here, which programs may catch. Each argument is converted once, so that what was looked at is what is used.
    private JsValue Long(JsValue native, JsValue self, JsValue[] arguments, bool pads)
    {
        Look();
        if (self.IsNull() || self.IsUndefined()) return engine.Call(native, self, arguments);
        string text = TypeConverter.ToString(self);
        double count = TypeConverter.ToNumber(At(arguments, 0));
        if ((pads ? count : count * text.Length) > limits.Made) throw new JavaScriptException(engine.Construct(_rangeError, JsString.Create("string too long")));
        return engine.Call(native, JsString.Create(text), [JsNumber.Create(count), .. arguments.Skip(1)]);
    }

    private JsValue Concat(JsValue native, JsValue self, JsValue[] arguments)
    {
        Look();
        if (self.IsNull() || self.IsUndefined()) return engine.Call(native, self, arguments);
        StringBuilder joined = new(TypeConverter.ToString(self));
        foreach (JsValue argument in arguments)
        {
            joined.Append(TypeConverter.ToString(argument));
            Count(joined.Length);
        }

        return JsString.Create(joined.ToString());
    }

    private JsValue Replace(JsValue native, JsValue self, JsValue[] arguments)
    {
        Look();
        JsValue replacement = At(arguments, 1);
        string pattern = replacement.IsCallable() ? "" : TypeConverter.ToString(replacement);
        long made = 0;
        ClrFunction counting = new(engine, "", (_, match) =>
        {
            string put = replacement.IsCallable() ? TypeConverter.ToString(engine.Call(replacement, JsValue.Undefined, match)) : Substituted(pattern, match);
            Count(made += put.Length);
            return JsString.Create(put);
        });
        return engine.Call(native, self, [At(arguments, 0), counting]);
    }

    // GetSubstitution (ECMA-262, 22.1.3.19.1), from what a replacing function is told: the match, the captures, where, in what, and the named captures if there are any.
    private string Substituted(string pattern, JsValue[] match)
    {
        if (!pattern.Contains('$', StringComparison.Ordinal)) return pattern;
        JsValue? named = match[^1] as ObjectInstance;
        int told = match.Length - (named is null ? 2 : 3), at = (int)TypeConverter.ToNumber(match[told]);
        string matched = match[0].AsString(), whole = match[told + 1].AsString();
        StringBuilder put = new();
        for (int index = 0; index < pattern.Length; index++)
        {
            char next = index + 1 < pattern.Length ? pattern[index + 1] : ' ';
            if (pattern[index] != '$') put.Append(pattern[index]);
            else if (next == '$' && ++index > 0) put.Append('$');
            else if (next == '&' && ++index > 0) put.Append(matched);
            else if (next == '`' && ++index > 0) put.Append(whole.AsSpan(0, at));
            else if (next == '\'' && ++index > 0) put.Append(whole.AsSpan(Math.Min(at + matched.Length, whole.Length)));
            else if (next == '<' && named is not null && pattern.IndexOf('>', index) is > 0 and int end)
            {
                if (named.Get(pattern[(index + 2)..end]) is var capture && !capture.IsUndefined()) put.Append(TypeConverter.ToString(capture));
                index = end;
            }
            else if (Capture(pattern.AsSpan(index + 1), told - 1) is { Number: > 0 } number)
            {
                if (!match[number.Number].IsUndefined()) put.Append(TypeConverter.ToString(match[number.Number]));
                index += number.Digits;
            }
            else put.Append('$');

            Count(put.Length);
        }

        return put.ToString();
    }

    // Two digits where there are so many captures, else one.
    private static (int Number, int Digits) Capture(ReadOnlySpan<char> text, int captures)
    {
        for (int digits = 2; digits > 0; digits--)
        {
            if (text.Length >= digits && int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0 && number <= captures) return (number, digits);
        }

        return (0, 0);
    }

    private JsValue Stringify(JsValue native, JsValue[] arguments)
    {
        Look();
        JsValue replacer = At(arguments, 1), space = At(arguments, 2);
        if (At(arguments, 0) is not ObjectInstance) return engine.Call(native, JsValue.Undefined, arguments);
        // A list of names is applied to what has been written once without it, and so is small.
        if (replacer is JsArray) return engine.Call(native, JsValue.Undefined, [Written(native, arguments[0], JsValue.Undefined, JsValue.Undefined) is JsString text ? new JsonParser(engine).Parse(text.ToString()) : arguments[0], replacer, space]);
        return Written(native, arguments[0], replacer, space);
    }

    private JsValue Written(JsValue native, JsValue value, JsValue replacer, JsValue space)
    {
        int indent = space is JsString gap ? Math.Min(10, gap.Length) : space.IsNumber() ? (int)Math.Clamp(space.AsNumber(), 0, 10) : space is ObjectInstance ? 10 : 0;
        long made = 0;
        List<JsValue> holders = [];
        ClrFunction counting = new(engine, "", (holder, entry) =>
        {
            RuntimeHelpers.EnsureSufficientExecutionStack();
            JsValue element = replacer.IsCallable() ? engine.Call(replacer, holder, entry) : entry[1];
            while (holders.Count > 0 && !ReferenceEquals(holders[^1], holder)) holders.RemoveAt(holders.Count - 1);
            made += 1 + (indent * holders.Count) + (entry[0] is JsString name ? name.Length : 0) + (element is JsString text ? text.Length : 0);
            Count(made);
            if (element is ObjectInstance) holders.Add(element);
            return element;
        });
        return engine.Call(native, JsValue.Undefined, [value, counting, space]);
    }

    private static JsValue At(JsValue[] arguments, int index) => index < arguments.Length ? arguments[index] : JsValue.Undefined;
}
