using System.Text;

namespace AgentSociety.Models.Templates;

/// <summary>Runs a template. It can compute and write text, and nothing else: no files, no types, bounded work and output.</summary>
internal sealed class JinjaInterpreter
{
    private const int MostCalls = 100;

    private readonly List<Dictionary<string, object?>> _scopes;
    private readonly List<(int Start, int End)> _generated = [];
    private StringBuilder _output = new();
    private int _captures;
    private int _calls;

    private JinjaInterpreter(Dictionary<string, object?> variables) => _scopes = [variables, []];

    private enum Flow
    {
        Next,
        Break,
        Continue,
    }

    /// <summary>Runs a template's statements.</summary>
    /// <exception cref="JinjaException">The template does what cannot be done, or refuses what it was given.</exception>
    public static string Run(IReadOnlyList<Statement> template, Dictionary<string, object?> variables) => RunMarked(template, variables).Text;

    /// <summary>Runs a template's statements and says what of the output its generation blocks wrote, in order; <c>End</c> is the first character behind.</summary>
    /// <exception cref="JinjaException">As for <see cref="Run"/>.</exception>
    public static (string Text, IReadOnlyList<(int Start, int End)> Generated) RunMarked(IReadOnlyList<Statement> template, Dictionary<string, object?> variables)
    {
        JinjaBudget.Begin();
        JinjaInterpreter interpreter = new(variables);
        interpreter.Do(template);
        return (interpreter._output.ToString(), interpreter._generated);
    }

    private Flow Do(IReadOnlyList<Statement> statements)
    {
        foreach (Statement statement in statements)
        {
            Flow flow = Do(statement);
            if (flow != Flow.Next) return flow;
        }

        return Flow.Next;
    }

    private Flow Do(Statement statement)
    {
        Count(statement.Line);
        JinjaBudget.Enter(statement.Line);
        Flow flow = CarryOut(statement);
        JinjaBudget.Leave();
        return flow;
    }

    private Flow CarryOut(Statement statement)
    {
        switch (statement)
        {
            case Verbatim verbatim:
                Write(verbatim.Line, verbatim.Text);
                return Flow.Next;
            case Output output:
                Write(output.Line, At(output.Line, () => JinjaValues.Print(Evaluate(output.Value))));
                return Flow.Next;
            case If choice:
                foreach ((Expression condition, IReadOnlyList<Statement> body) in choice.Branches)
                {
                    if (JinjaValues.Truth(Evaluate(condition))) return Do(body);
                }

                return Do(choice.Otherwise);
            case For loop:
                Loop(loop);
                return Flow.Next;
            case Set set:
                Assign(set);
                return Flow.Next;
            case SetBlock block:
                _scopes[^1][block.Name] = Captured(() => Do(block.Body));
                return Flow.Next;
            case Macro macro:
                _scopes[^1][macro.Name] = (Callable)((arguments, named) => Invoke(macro, arguments, named));
                return Flow.Next;
            case Generation generation:
                int start = _output.Length;
                Flow inside = Do(generation.Body);
                // Inside a macro or a set block the output is on its way somewhere else, and so has no place yet.
                if (_captures == 0 && _output.Length > start) _generated.Add((start, _output.Length));
                return inside;
            case Leap leap:
                return leap.Again ? Flow.Continue : Flow.Break;
            default:
                throw new JinjaException(statement.Line, "an unknown statement");
        }
    }

    private void Loop(For loop)
    {
        List<object?> items = [];
        _scopes.Add([]);
        foreach (object? item in Items(loop.Line, Evaluate(loop.Source)))
        {
            Count(loop.Line);
            Bind(loop.Line, loop.Names, item);
            if (loop.Condition is null || JinjaValues.Truth(Evaluate(loop.Condition))) items.Add(item);
        }

        for (int index = 0; index < items.Count; index++)
        {
            Count(loop.Line);
            _scopes[^1] = new Dictionary<string, object?> { ["loop"] = Position(items, index) };
            Bind(loop.Line, loop.Names, items[index]);
            if (Do(loop.Body) == Flow.Break) break;
        }

        _scopes.RemoveAt(_scopes.Count - 1);
        if (items.Count == 0) Do(loop.Otherwise);
    }

    private static Dictionary<string, object?> Position(List<object?> items, int index) => new()
    {
        ["index"] = index + 1L,
        ["index0"] = (long)index,
        ["revindex"] = (long)(items.Count - index),
        ["revindex0"] = items.Count - index - 1L,
        ["first"] = index == 0,
        ["last"] = index == items.Count - 1,
        ["length"] = (long)items.Count,
        ["previtem"] = index > 0 ? items[index - 1] : new Undefined("previtem"),
        ["nextitem"] = index + 1 < items.Count ? items[index + 1] : new Undefined("nextitem"),
        ["cycle"] = (Callable)((arguments, _) => arguments.Count == 0 ? null : arguments[index % arguments.Count]),
    };

    private void Bind(int line, IReadOnlyList<string> names, object? value)
    {
        if (names.Count == 1)
        {
            _scopes[^1][names[0]] = value;
            return;
        }

        if (value is not IReadOnlyList<object?> parts || parts.Count != names.Count) throw new JinjaException(line, $"a value does not come apart into {string.Join(", ", names)}");
        for (int part = 0; part < names.Count; part++) _scopes[^1][names[part]] = parts[part];
    }

    private void Assign(Set set)
    {
        object? value = Evaluate(set.Value);
        if (set.Key is null) Bind(set.Line, set.Names, value);
        else if (Find(set.Names[0]) is JinjaNamespace target) target[set.Key] = value;
        else throw new JinjaException(set.Line, $"'{set.Names[0]}' is no namespace and cannot be changed");
    }

    private string Captured(Action write)
    {
        StringBuilder outer = _output;
        _output = new StringBuilder();
        _captures++;
        write();
        _captures--;
        string text = _output.ToString();
        _output = outer;
        return text;
    }

    private object? Invoke(Macro macro, IReadOnlyList<object?> arguments, IReadOnlyDictionary<string, object?> named)
    {
        if (++_calls > MostCalls) throw new JinjaException(macro.Line, $"macros call each other deeper than {MostCalls}");
        // A macro sees what the template defines, not what its caller does.
        List<Dictionary<string, object?>> hidden = _scopes.GetRange(2, _scopes.Count - 2);
        _scopes.RemoveRange(2, hidden.Count);
        Dictionary<string, object?> scope = [];
        _scopes.Add(scope);
        for (int index = 0; index < macro.Parameters.Count; index++)
        {
            (string name, Expression? missing) = macro.Parameters[index];
            scope[name] = index < arguments.Count ? arguments[index] : named.TryGetValue(name, out object? given) ? given : missing is null ? new Undefined(name) : Evaluate(missing);
        }

        string text = Captured(() => Do(macro.Body));
        _scopes.RemoveAt(_scopes.Count - 1);
        _scopes.AddRange(hidden);
        _calls--;
        return text;
    }

    private object? Evaluate(Expression expression)
    {
        JinjaBudget.Enter(expression.Line);
        object? value = Compute(expression);
        JinjaBudget.Leave();
        if (value is string { Length: > JinjaBudget.LongestText }) throw new JinjaException(expression.Line, $"a text is longer than {JinjaBudget.LongestText} characters");
        // What is made costs by its size, or a short template could ask for any amount of memory.
        bool made = expression is Binary or Filtered or Call or Slice or ListOf;
        Count(expression.Line, 1 + value switch { string text when made => text.Length / 256, IReadOnlyList<object?> list when made => list.Count, _ => 0 });
        return value;
    }

    private object? Compute(Expression expression) => expression switch
    {
        Literal literal => literal.Value,
        Name name => Find(name.Identifier),
        ListOf list => list.Items.Select(Evaluate).ToList(),
        MapOf map => map.Entries.Select(entry => (Key: JinjaValues.Print(Evaluate(entry.Key)), Value: Evaluate(entry.Value))).Aggregate(new Dictionary<string, object?>(), (built, entry) =>
        {
            built[entry.Key] = entry.Value;
            return built;
        }),
        Attribute attribute => AttributeOf(attribute),
        Index index => ItemOf(index),
        Slice slice => SliceOf(slice),
        Call call => Called(call),
        Filtered filtered => At(filtered.Line, () => JinjaFilters.Apply(filtered.Filter, Taken(Evaluate(filtered.Target)), Arguments(filtered.Arguments), Named(filtered.Named))),
        Tested tested => At(tested.Line, () => JinjaFilters.Test(tested.Test, Evaluate(tested.Target), Arguments(tested.Arguments)) != tested.Negated),
        Unary unary => At(unary.Line, () => JinjaOperators.Apply(unary.Operator, Evaluate(unary.Operand))),
        Binary { Operator: "and" } both => Evaluate(both.Left) is var left && JinjaValues.Truth(left) ? Evaluate(both.Right) : left,
        Binary { Operator: "or" } either => Evaluate(either.Left) is var left && JinjaValues.Truth(left) ? left : Evaluate(either.Right),
        Binary binary => At(binary.Line, () => JinjaOperators.Apply(binary.Operator, Evaluate(binary.Left), Evaluate(binary.Right))),
        Choice choice => JinjaValues.Truth(Evaluate(choice.Condition)) ? Evaluate(choice.Then) : choice.Otherwise is null ? new Undefined("") : Evaluate(choice.Otherwise),
        _ => throw new JinjaException(expression.Line, "an unknown expression"),
    };

    private List<object?> Arguments(IReadOnlyList<Expression> arguments) => [.. arguments.Select(Evaluate)];

    private Dictionary<string, object?> Named(IReadOnlyList<(string Key, Expression Value)> named)
    {
        Dictionary<string, object?> values = [];
        foreach ((string key, Expression value) in named)
        {
            if (!values.TryAdd(key, Evaluate(value))) throw new JinjaException(value.Line, $"the argument '{key}' is given twice");
        }

        return values;
    }

    /// <summary>A value that something is done to: a text costs by its length, whatever is made of it.</summary>
    private static object? Taken(object? value)
    {
        if (value is string text) JinjaBudget.Read(text.Length);
        return value;
    }

    private object? Find(string name)
    {
        for (int scope = _scopes.Count - 1; scope >= 0; scope--)
        {
            if (_scopes[scope].TryGetValue(name, out object? value)) return value;
        }

        return JinjaFilters.Global(name) is { } known ? known : new Undefined(name);
    }

    private object? AttributeOf(Attribute attribute)
    {
        object? target = Evaluate(attribute.Target);
        if (target is Undefined missing) throw new JinjaException(attribute.Line, $"'{missing.Name}' is undefined and has no '{attribute.Key}'");
        if (At(attribute.Line, () => JinjaMethods.Find(target, attribute.Key)) is { } method) return method;
        return target is IReadOnlyDictionary<string, object?> map && map.TryGetValue(attribute.Key, out object? value) ? value : new Undefined(attribute.Key);
    }

    private object? ItemOf(Index index)
    {
        object? target = Evaluate(index.Target), key = Evaluate(index.Key);
        if (target is Undefined missing) throw new JinjaException(index.Line, $"'{missing.Name}' is undefined and has no items");
        if (target is IReadOnlyDictionary<string, object?> map) return map.TryGetValue(JinjaValues.Print(key), out object? value) ? value : new Undefined(JinjaValues.Print(key));
        if (key is string name && At(index.Line, () => JinjaMethods.Find(target, name)) is { } method) return method;
        if (key is not long place) return new Undefined(JinjaValues.Print(key));
        if (target is IReadOnlyList<object?> list)
        {
            if (place < 0) place += list.Count;
            return place >= 0 && place < list.Count ? list[(int)place] : new Undefined($"[{place}]");
        }

        if (target is not string text) return new Undefined($"[{place}]");
        Rune[] characters = Characters(index.Line, text);
        if (place < 0) place += characters.Length;
        return place >= 0 && place < characters.Length ? characters[place].ToString() : new Undefined($"[{place}]");
    }

    private object? SliceOf(Slice slice)
    {
        object? target = Evaluate(slice.Target);
        Rune[]? characters = target is string text ? Characters(slice.Line, text) : null;
        IReadOnlyList<object?> items = target as IReadOnlyList<object?> ?? (characters is null ? throw new JinjaException(slice.Line, "only lists and texts can be sliced") : []);
        long step = Bound(slice.Step, 1), count = characters?.Length ?? items.Count;
        if (step == 0) throw new JinjaException(slice.Line, "a slice's step is 0");
        long least = step > 0 ? 0 : -1, most = step > 0 ? count : count - 1;
        long from = Place(Bound(slice.From, step > 0 ? long.MinValue : long.MaxValue)), to = slice.To is null ? step > 0 ? count : -1 : Place(Bound(slice.To, 0));
        List<object?> taken = [];
        StringBuilder cut = new();
        // The last step may lead beyond the greatest number.
        for (Int128 place = from; step > 0 ? place < to : place > to; place += step)
        {
            if (characters is null) taken.Add(items[(int)place]);
            else cut.Append(characters[(int)place]);
        }

        return characters is null ? taken : cut.ToString();

        long Bound(Expression? given, long missing) => given is null || Evaluate(given) is not { } value ? missing : value as long? ?? throw new JinjaException(slice.Line, "a slice's bound is no whole number");
        long Place(long place) => Math.Clamp(place < 0 && place != long.MinValue ? place + count : place, least, most);
    }

    private object? Called(Call call)
    {
        object? target = Evaluate(call.Target);
        if (target is Undefined missing) throw new JinjaException(call.Line, $"'{missing.Name}' is undefined and cannot be called");
        if (target is not Callable callable) throw new JinjaException(call.Line, "what is called is no function");
        return At(call.Line, () => callable(Arguments(call.Arguments), Named(call.Named)));
    }

    /// <summary>Number of characters.</summary>
    internal static long Length(string text)
    {
        long length = 0;
        foreach (Rune _ in JinjaMethods.Search(text).EnumerateRunes()) length++;
        return length;
    }

    internal static IEnumerable<object?> Items(int line, object? value) => value switch
    {
        string text => Characters(line, text).Select(character => (object?)character.ToString()),
        IReadOnlyList<object?> list => list,
        // What the loop does may add keys.
        IReadOnlyDictionary<string, object?> map => [.. map.Keys],
        Undefined => [],
        _ => throw new JinjaException(line, $"'{JinjaValues.Print(value)}' cannot be looped over"),
    };

    private static Rune[] Characters(int line, string text)
    {
        JinjaBudget.Spend(line, text.Length / 16);
        return [.. text.EnumerateRunes()];
    }

    private void Write(int line, string text)
    {
        if (_output.Length + text.Length > JinjaBudget.LongestText) throw new JinjaException(line, $"it writes more than {JinjaBudget.LongestText} characters");
        _output.Append(text);
    }

    private static void Count(int line, int steps = 1) => JinjaBudget.Spend(line, steps);

    /// <summary>Gives failures of operations that know no line the line that they were asked for on.</summary>
    private static T At<T>(int line, Func<T> operation)
    {
        try
        {
            return operation();
        }
        catch (JinjaException failure) when (failure.Line == 0)
        {
            throw new JinjaException(line, failure.Message);
        }
    }
}

/// <summary>The one value that a template may change: <c>namespace()</c>.</summary>
internal sealed class JinjaNamespace : Dictionary<string, object?>;
