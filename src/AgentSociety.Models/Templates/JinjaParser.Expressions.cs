using System.Globalization;

namespace AgentSociety.Models.Templates;

/// <summary>Expressions, from what binds loosest to what binds tightest.</summary>
internal sealed partial class JinjaParser
{
    /// <summary>One expression, or several with commas as a list.</summary>
    private Expression Tuple()
    {
        int line = Current.Line;
        Expression first = Expression();
        if (Current is not { Kind: JinjaTokenKind.Sign, Text: "," }) return first;
        List<Expression> items = [first];
        while (IsSign(",") && Current.Kind != JinjaTokenKind.Close && Current.Text != ")") items.Add(Expression());
        return new ListOf(line, items);
    }

    private Expression Expression(bool choice = true)
    {
        Deepen(Current.Line, "an expression is");
        Expression value = Or();
        if (choice && Current is { Kind: JinjaTokenKind.Name, Text: "if" })
        {
            int line = Current.Line;
            _place++;
            Expression condition = Or();
            value = new Choice(line, condition, value, IsName("else") ? Expression() : null);
        }

        _depth--;
        return value;
    }

    private Expression Or()
    {
        Expression left = And();
        while (IsName("or")) left = new Binary(left.Line, "or", left, And());
        return left;
    }

    private Expression And()
    {
        Expression left = Not();
        while (IsName("and")) left = new Binary(left.Line, "and", left, Not());
        return left;
    }

    private Expression Not()
    {
        int line = Current.Line;
        if (!IsName("not")) return Comparison();
        Deepen(line, "an expression is");
        Expression operand = Not();
        _depth--;
        return new Unary(line, "not", operand);
    }

    private Expression Comparison()
    {
        Expression left = Sum(), compared = left;
        Expression? whole = null;
        while (true)
        {
            string? sign = Current is { Kind: JinjaTokenKind.Sign, Text: "==" or "!=" or "<" or ">" or "<=" or ">=" } ? Current.Text
                : Current is { Kind: JinjaTokenKind.Name, Text: "in" } ? "in"
                : Current is { Kind: JinjaTokenKind.Name, Text: "not" } && _tokens[_place + 1].Text == "in" ? "not in" : null;
            if (sign is null) return whole ?? left;
            _place += sign == "not in" ? 2 : 1;
            Expression right = Sum(), comparison = new Binary(right.Line, sign, compared, right);
            whole = whole is null ? comparison : new Binary(right.Line, "and", whole, comparison);
            compared = right;
        }
    }

    private Expression Sum()
    {
        Expression left = Concatenation();
        while (Current is { Kind: JinjaTokenKind.Sign, Text: "+" or "-" }) left = new Binary(Current.Line, _tokens[_place++].Text, left, Concatenation());
        return left;
    }

    private Expression Concatenation()
    {
        Expression left = Product();
        while (IsSign("~")) left = new Binary(left.Line, "~", left, Product());
        return left;
    }

    private Expression Product()
    {
        Expression left = Sign();
        while (Current is { Kind: JinjaTokenKind.Sign, Text: "*" or "/" or "//" or "%" }) left = new Binary(Current.Line, _tokens[_place++].Text, left, Sign());
        return left;
    }

    private Expression Sign()
    {
        int line = Current.Line;
        if (Current is not { Kind: JinjaTokenKind.Sign, Text: "-" or "+" }) return Filters(Power());
        Deepen(line, "an expression is");
        Expression signed = new Unary(line, _tokens[_place++].Text, Sign());
        _depth--;
        return signed;
    }

    private Expression Power()
    {
        Expression left = Postfix(Primary());
        while (IsSign("**"))
        {
            // Its right side reads the next one by itself.
            Deepen(left.Line, "an expression is");
            left = new Binary(left.Line, "**", left, Sign());
            _depth--;
        }

        return left;
    }

    private Expression Primary()
    {
        JinjaToken token = _tokens[_place++];
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return token.Text switch
                {
                    "true" or "True" => new Literal(token.Line, true),
                    "false" or "False" => new Literal(token.Line, false),
                    "none" or "None" => new Literal(token.Line, null),
                    _ => new Name(token.Line, token.Text),
                };
            case JinjaTokenKind.String:
                string text = token.Text;
                while (Current.Kind == JinjaTokenKind.String) text += _tokens[_place++].Text;
                return new Literal(token.Line, text);
            case JinjaTokenKind.Integer when long.TryParse(token.Text, out long whole):
                return new Literal(token.Line, whole);
            case JinjaTokenKind.Float:
                return new Literal(token.Line, double.Parse(token.Text, CultureInfo.InvariantCulture));
            case JinjaTokenKind.Sign when token.Text == "(":
                if (IsSign(")")) return new ListOf(token.Line, []);
                Expression inner = Tuple();
                Expect(")");
                return inner;
            case JinjaTokenKind.Sign when token.Text == "[":
                return new ListOf(token.Line, Items("]"));
            case JinjaTokenKind.Sign when token.Text == "{":
                return Map(token.Line);
            default:
                throw new JinjaException(token.Line, token.Kind == JinjaTokenKind.Close ? "an expression is missing" : $"'{token.Text}' does not begin an expression");
        }
    }

    private List<Expression> Items(string close)
    {
        List<Expression> items = [];
        while (!IsSign(close))
        {
            items.Add(Expression());
            if (!IsSign(",") && Current.Text != close) throw new JinjaException(Current.Line, $"a list is not closed by {close}");
        }

        return items;
    }

    private MapOf Map(int line)
    {
        List<(Expression, Expression)> entries = [];
        while (!IsSign("}"))
        {
            Expression key = Expression();
            Expect(":");
            entries.Add((key, Expression()));
            if (!IsSign(",") && Current.Text != "}") throw new JinjaException(line, "a dictionary is not closed by }");
        }

        return new MapOf(line, entries);
    }

    private Expression Postfix(Expression target)
    {
        while (true)
        {
            int line = Current.Line;
            if (IsSign(".")) target = Current.Kind == JinjaTokenKind.Integer ? new Index(line, target, new Literal(line, Place(_tokens[_place++]))) : new Attribute(line, target, Take(JinjaTokenKind.Name, "a name"));
            else if (IsSign("(")) target = CallOf(line, target);
            else if (IsSign("[")) target = Subscript(line, target);
            else return target;
        }
    }

    private static long Place(JinjaToken token) => long.TryParse(token.Text, NumberStyles.None, CultureInfo.InvariantCulture, out long place) ? place : throw new JinjaException(token.Line, $"{token.Text} is too large a number");

    private Call CallOf(int line, Expression target)
    {
        (List<Expression> arguments, List<(string, Expression)> named) = Arguments();
        return new Call(line, target, arguments, named);
    }

    private (List<Expression> Arguments, List<(string Key, Expression Value)> Named) Arguments()
    {
        List<Expression> arguments = [];
        List<(string, Expression)> named = [];
        while (!IsSign(")"))
        {
            if (Current.Kind == JinjaTokenKind.Name && _tokens[_place + 1] is { Kind: JinjaTokenKind.Sign, Text: "=" })
            {
                string key = Current.Text;
                _place += 2;
                named.Add((key, Expression()));
            }
            else
            {
                arguments.Add(Expression());
            }

            if (!IsSign(",") && Current.Text != ")") throw new JinjaException(Current.Line, "a call is not closed by )");
        }

        return (arguments, named);
    }

    private Expression Subscript(int line, Expression target)
    {
        Expression?[] parts = [null, null, null];
        int colons = 0;
        while (!IsSign("]"))
        {
            if (IsSign(":")) colons++;
            else parts[colons] = Expression();
            if (colons > 2 || Current.Kind is JinjaTokenKind.Close or JinjaTokenKind.End) throw new JinjaException(line, "a subscript is not closed by ]");
        }

        if (colons > 0) return new Slice(line, target, parts[0], parts[1], parts[2]);
        return new Index(line, target, parts[0] ?? throw new JinjaException(line, "a subscript is empty"));
    }

    /// <summary>Filters and tests, which bind tighter than arithmetic.</summary>
    private Expression Filters(Expression target)
    {
        while (true)
        {
            int line = Current.Line;
            if (IsSign("|"))
            {
                string filter = Take(JinjaTokenKind.Name, "a filter");
                (List<Expression> arguments, List<(string, Expression)> named) = IsSign("(") ? Arguments() : ([], []);
                target = Postfix(new Filtered(line, target, filter, arguments, named));
            }
            else if (IsName("is"))
            {
                bool negated = IsName("not");
                string test = Take(JinjaTokenKind.Name, "a test");
                List<Expression> arguments = IsSign("(") ? Arguments().Arguments
                    : Current.Kind is JinjaTokenKind.String or JinjaTokenKind.Integer || (Current.Kind == JinjaTokenKind.Name && Current.Text is not ("and" or "or" or "if" or "else" or "in" or "not" or "is")) ? [Postfix(Primary())] : [];
                target = new Tested(line, target, test, arguments, negated);
            }
            else
            {
                return target;
            }
        }
    }
}
