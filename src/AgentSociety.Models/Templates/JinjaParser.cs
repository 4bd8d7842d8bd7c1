namespace AgentSociety.Models.Templates;

/// <summary>Reads a template into statements. What chat templates do not use (inheritance, inclusion, call blocks) is refused by name.</summary>
internal sealed partial class JinjaParser
{
    private const int Deepest = 100;
    private readonly List<JinjaToken> _tokens;
    private int _place;
    private int _depth;

    private JinjaParser(List<JinjaToken> tokens) => _tokens = tokens;

    private JinjaToken Current => _tokens[_place];

    /// <summary>Parses a whole template.</summary>
    /// <exception cref="JinjaException">The template is not of the language that is understood here.</exception>
    public static IReadOnlyList<Statement> Parse(string source)
    {
        JinjaParser parser = new(JinjaLexer.Read(source));
        List<Statement> statements = parser.Body();
        if (parser.Current.Kind != JinjaTokenKind.End) throw new JinjaException(parser.Current.Line, $"'{parser.Word()}' closes nothing");
        return statements;
    }

    /// <summary>Statements up to a tag that only an enclosing statement can read, or the end.</summary>
    private List<Statement> Body()
    {
        Deepen(Current.Line, "statements are");
        List<Statement> statements = [];
        while (Current.Kind != JinjaTokenKind.End)
        {
            JinjaToken token = Current;
            if (token.Kind == JinjaTokenKind.Text)
            {
                statements.Add(new Verbatim(token.Line, token.Text));
                _place++;
            }
            else if (token.Text == "{{")
            {
                _place++;
                statements.Add(new Output(token.Line, Expression()));
                Close();
            }
            else if (Word() is "elif" or "else" || Word().StartsWith("end", StringComparison.Ordinal)) break;
            else statements.AddRange(Tag());
        }

        _depth--;
        return statements;
    }

    /// <summary>The first word of the tag that is next.</summary>
    private string Word() => Current.Text == "{%" ? _tokens[_place + 1].Text : "";

    private IEnumerable<Statement> Tag()
    {
        int line = Current.Line;
        _place++;
        string word = Take(JinjaTokenKind.Name, "a statement");
        switch (word)
        {
            case "if":
                return [IfTag(line)];
            case "for":
                return [ForTag(line)];
            case "set":
                return [SetTag(line)];
            case "macro":
                return [MacroTag(line)];
            case "break" or "continue":
                Close();
                return [new Leap(line, word == "continue")];
            case "generation":
                Close();
                List<Statement> body = Body();
                End("endgeneration");
                return [new Generation(line, body)];
            default:
                throw new JinjaException(line, $"the statement '{word}' is not supported (if, for, set, macro, break, continue and generation are)");
        }
    }

    private If IfTag(int line)
    {
        List<(Expression, IReadOnlyList<Statement>)> branches = [];
        List<Statement> otherwise = [];
        Expression condition = Expression();
        Close();
        branches.Add((condition, Body()));
        while (Word() == "elif")
        {
            _place += 2;
            condition = Expression();
            Close();
            branches.Add((condition, Body()));
        }

        if (Word() == "else")
        {
            End("else");
            otherwise = Body();
        }

        End("endif");
        return new If(line, branches, otherwise);
    }

    private For ForTag(int line)
    {
        List<string> names = Names();
        if (Take(JinjaTokenKind.Name, "'in'") != "in") throw new JinjaException(line, "a for lacks its 'in'");
        Expression source = Expression(choice: false);
        Expression? condition = IsName("if") ? Expression() : null;
        if (IsName("recursive")) throw new JinjaException(line, "recursive loops are not supported");
        Close();
        List<Statement> body = Body(), otherwise = [];
        if (Word() == "else")
        {
            End("else");
            otherwise = Body();
        }

        End("endfor");
        return new For(line, names, source, condition, body, otherwise);
    }

    private Statement SetTag(int line)
    {
        List<string> names = Names();
        string? key = IsSign(".") ? Take(JinjaTokenKind.Name, "a name") : null;
        if (IsSign("="))
        {
            Expression value = Tuple();
            Close();
            return new Set(line, names, key, value);
        }

        Close();
        List<Statement> body = Body();
        End("endset");
        return new SetBlock(line, names[0], body);
    }

    private Macro MacroTag(int line)
    {
        string name = Take(JinjaTokenKind.Name, "a name");
        Expect("(");
        List<(string, Expression?)> parameters = [];
        while (!IsSign(")"))
        {
            string parameter = Take(JinjaTokenKind.Name, "a parameter");
            parameters.Add((parameter, IsSign("=") ? Expression() : null));
            if (!IsSign(",") && Current.Text != ")") throw new JinjaException(line, "a macro's parameters are not separated by commas");
        }

        Close();
        List<Statement> body = Body();
        End("endmacro");
        return new Macro(line, name, parameters, body);
    }

    private List<string> Names()
    {
        bool bracket = IsSign("(");
        List<string> names = [Take(JinjaTokenKind.Name, "a name")];
        while (IsSign(",")) names.Add(Take(JinjaTokenKind.Name, "a name"));
        if (bracket) Expect(")");
        return names;
    }

    /// <summary>One level more; who asked goes back by lowering the depth.</summary>
    private void Deepen(int line, string what)
    {
        if (++_depth > Deepest) throw new JinjaException(line, $"{what} nested deeper than {Deepest}");
    }

    private bool IsSign(string sign) => Is(JinjaTokenKind.Sign, sign);

    private bool IsName(string name) => Is(JinjaTokenKind.Name, name);

    private bool Is(JinjaTokenKind kind, string text)
    {
        bool found = Current.Kind == kind && Current.Text == text;
        if (found) _place++;
        return found;
    }

    private void Expect(string sign)
    {
        if (!IsSign(sign)) throw new JinjaException(Current.Line, $"'{sign}' is due where '{Current.Text}' stands");
    }

    private string Take(JinjaTokenKind kind, string what)
    {
        if (Current.Kind != kind) throw new JinjaException(Current.Line, $"{what} is due where '{Current.Text}' stands");
        return _tokens[_place++].Text;
    }

    private void Close()
    {
        if (Current.Kind != JinjaTokenKind.Close) throw new JinjaException(Current.Line, $"a tag should end where '{Current.Text}' stands");
        _place++;
    }

    private void End(string word)
    {
        if (Word() != word) throw new JinjaException(Current.Line, $"'{word}' is missing");
        _place += 2;
        Close();
    }
}
