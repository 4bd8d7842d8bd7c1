using System.Globalization;
using System.Text;
using Acornima;
using Acornima.Ast;

namespace AgentSociety.Environments.Code;

/// <summary>Programs as texts: what of a text is program, and when two texts are one program.</summary>
static class CodeText
{
    /// <summary>The program without its comments, which can tell a solver what no program tells. The text itself where it is not JavaScript.</summary>
    public static string WithoutComments(string program)
    {
        List<(int Start, int End)> comments = [];
        if (CodeShape.Tree(program, comment: (in Comment comment) => comments.Add((comment.Start, comment.End))) is null || comments.Count == 0) return program;
        StringBuilder text = new();
        int from = 0;
        foreach ((int start, int end) in comments)
        {
            if (start < from) continue;
            // Where a comment holds the end of a line, the line ends: a semicolon may be understood there.
            text.Append(program.AsSpan(from, start - from)).Append(program.AsSpan(start, end - start).Contains('\n') ? '\n' : ' ');
            from = end;
        }

        return string.Join('\n', text.Append(program.AsSpan(from)).ToString().Split('\n').Select(line => line.TrimEnd(' '))).Trim();
    }

    /// <summary>True where a statement of the program is a value that nothing becomes of, such as a directive: like a comment, it can tell a solver what no program tells.</summary>
    public static bool HasIdleStatement(string program) => CodeShape.Tree(program) is { } script && Idle(script);

    /// <summary>A text that two programs share where they differ in layout, needless parentheses, semicolons, comments, the writing of numbers and texts, or the names they give alone. The text itself where it is not JavaScript.</summary>
    public static string Form(string program)
    {
        List<(int Start, int End)> tokens = [];
        return CodeShape.Tree(program, token: (in Token token) => tokens.Add((token.Start, token.End))) is { } script ? new Writing(program, tokens, Named(script)).Of(script) : program;
    }

    private static bool Idle(Node node) => node is ExpressionStatement { Expression: Literal or TemplateLiteral { Expressions.Count: 0 } or Identifier } || node.ChildNodes.Any(Idle);

    private static HashSet<string> Named(Node script)
    {
        HashSet<string> names = [];
        Find(script);
        // The one name that the judge asks for.
        names.Remove("f");
        return names;

        void Find(Node node)
        {
            if (node is VariableDeclarator declared) Take(declared.Id);
            if (node is CatchClause { Param: { } caught }) Take(caught);
            if (node is IClass { Id: { } name }) Take(name);
            if (node is IFunction function)
            {
                if (function.Id is { } own) Take(own);
                foreach (Node parameter in function.Params) Take(parameter);
            }

            foreach (Node child in node.ChildNodes) Find(child);
        }

        void Take(Node pattern)
        {
            switch (pattern)
            {
                case Identifier name: names.Add(name.Name); break;
                case AssignmentPattern defaulted: Take(defaulted.Left); break;
                case Property property: Take(property.Value); break;
                case RestElement or ArrayPattern or ObjectPattern:
                    foreach (Node child in pattern.ChildNodes) Take(child);
                    break;
            }
        }
    }

    // Every token but grouping ones is written, in its order, and parentheses around every node stand for what grouping ones said.
    private sealed class Writing(string program, List<(int Start, int End)> tokens, HashSet<string> named)
    {
        private readonly StringBuilder _text = new();
        private readonly Dictionary<string, int> _names = [];
        private int _next;

        public string Of(Node script)
        {
            Write(script, isName: false);
            return _text.ToString().TrimStart();
        }

        private void Write(Node node, bool isName)
        {
            switch (node)
            {
                case EmptyStatement: Leaf(node, ""); return;
                case Identifier name: Leaf(node, !isName && named.Contains(name.Name) ? $" #{Number(name.Name)}" : $" {name.Name}"); return;
                case NumericLiteral number: Leaf(node, $" {number.Value.ToString("R", CultureInfo.InvariantCulture)}"); return;
                case StringLiteral text: Leaf(node, $" '{Uri.EscapeDataString(text.Value.Replace("%", "%%", StringComparison.Ordinal))}'"); return;
            }

            Node[] children = [.. node.ChildNodes.OrderBy(child => child.Start)];
            if (children.Length == 0)
            {
                Leaf(node, $" {program[node.Start..node.End]}");
                return;
            }

            _text.Append(" (").Append(node.Type);
            if (node is Property { Shorthand: true, Key: Identifier key }) _text.Append($" {key.Name} :");
            Node? word = node switch
            {
                MemberExpression { Computed: false } member => member.Property,
                IClassElement and IProperty { Computed: false } element => element.Key,
                Property { Computed: false, Shorthand: false } property => property.Key,
                LabeledStatement labeled => labeled.Label,
                BreakStatement ended => ended.Label,
                ContinueStatement continued => continued.Label,
                _ => null,
            };
            foreach (Node child in children)
            {
                Tokens(child.Start, written: true);
                Write(child, ReferenceEquals(child, word));
            }

            Tokens(node.End, written: true);
            _text.Append(')');
        }

        private void Leaf(Node node, string text)
        {
            _text.Append(text);
            Tokens(node.End, written: false);
        }

        private void Tokens(int end, bool written)
        {
            for (; _next < tokens.Count && tokens[_next].Start < end; _next++)
            {
                ReadOnlySpan<char> token = program.AsSpan(tokens[_next].Start, tokens[_next].End - tokens[_next].Start);
                if (written && token is not ("(" or ")" or ";")) _text.Append(' ').Append(token);
            }
        }

        private int Number(string name)
        {
            if (!_names.TryGetValue(name, out int number)) _names[name] = number = _names.Count;
            return number;
        }
    }
}
