using Acornima;
using Acornima.Ast;

namespace AgentSociety.Environments.Code;

/// <summary>Measures of a program that need no execution.</summary>
/// <param name="Nodes">Nodes of its syntax tree.</param>
/// <param name="Depth">Depth of its syntax tree.</param>
/// <param name="Kinds">Distinct kinds of nodes.</param>
/// <param name="Cyclomatic">Independent paths: one more than its decisions (McCabe 1976).</param>
/// <param name="Operations">Operators, calls and decisions: how much it does, and the difficulty of understanding it.</param>
/// <param name="Forbidden">What it uses that the sandbox does not run; null where nothing.</param>
public sealed record CodeShape(int Nodes, int Depth, int Kinds, int Cyclomatic, int Operations, string? Forbidden)
{
    private const int DeepestTree = 200;

    /// <summary>Measures a program; null where it is not JavaScript.</summary>
    public static CodeShape? Of(string program)
    {
        if (Tree(program) is not { } script) return null;
        Measure measure = new();
        measure.Walk(script, 1);
        return new(measure.Nodes, measure.Depth, measure.Kinds.Count, measure.Decisions + 1, measure.Operations, measure.Depth > DeepestTree ? "nested too deeply" : measure.Forbidden);
    }

    /// <summary>The program's syntax tree; null where it is not JavaScript.</summary>
    internal static Script? Tree(string program, OnTokenHandler? token = null, OnCommentHandler? comment = null)
    {
        // Brackets and operators nest; a parser that recurses is given no text that nests further than it can.
        int open = 0, deepest = 0, chained = 0;
        foreach (char character in program)
        {
            if (character is '(' or '[' or '{') deepest = Math.Max(deepest, ++open);
            else if (character is ')' or ']' or '}') open--;
            else if (character is '!' or '~' or '+' or '-' or '?' or '=' or '*') chained++;
        }

        if (deepest > 100 || chained > 2000) return null;
        try
        {
            return new Parser(new ParserOptions { Tolerant = false, OnToken = token, OnComment = comment }).ParseScript(program, strict: true);
        }
        catch (Exception failure) when (failure is ParseErrorException or InsufficientExecutionStackException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>The pairs of kinds of a node and its child that the program's tree holds: what it is made of, by which programs are told apart.</summary>
    public static IReadOnlySet<string> Edges(string program)
    {
        HashSet<string> edges = [];
        if (Tree(program) is { } script) Collect(script, edges, 1);
        return edges;
    }

    private static void Collect(Node node, HashSet<string> edges, int depth)
    {
        if (depth > DeepestTree) return;
        foreach (Node child in node.ChildNodes)
        {
            edges.Add($"{Kind(node)}>{Kind(child)}");
            Collect(child, edges, depth + 1);
        }
    }

    // An addition is another thing than a product.
    private static string Kind(Node node) => node is BinaryExpression binary ? binary.Operator.ToString() : node.Type.ToString();

    private sealed class Measure
    {
        public int Nodes { get; private set; }

        public int Depth { get; private set; }

        public HashSet<NodeType> Kinds { get; } = [];

        public int Decisions { get; private set; }

        public int Operations { get; private set; }

        public string? Forbidden { get; private set; }

        public void Walk(Node node, int depth)
        {
            Nodes++;
            Depth = Math.Max(Depth, depth);
            if (depth > DeepestTree) return;
            Kinds.Add(node.Type);
            switch (node)
            {
                case BigIntLiteral: Forbidden ??= "big integers are not run"; break;
                case AwaitExpression or YieldExpression or ImportExpression: Forbidden ??= "await, yield and import are not run"; break;
                case IFunction { Async: true } or IFunction { Generator: true }: Forbidden ??= "async functions and generators are not run"; break;
                case IfStatement or ConditionalExpression or ForStatement or WhileStatement or DoWhileStatement or ForInStatement or ForOfStatement or SwitchCase { Test: not null } or CatchClause or LogicalExpression: Decisions++; Operations++; break;
                case BinaryExpression or UnaryExpression { Argument: not UnaryExpression } or UpdateExpression or AssignmentExpression or CallExpression or NewExpression or MemberExpression: Operations++; break;
            }

            foreach (Node child in node.ChildNodes) Walk(child, depth + 1);
        }
    }
}
