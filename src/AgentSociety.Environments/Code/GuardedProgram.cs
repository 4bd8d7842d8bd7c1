using System.Text;
using Acornima;
using Acornima.Ast;

namespace AgentSociety.Environments.Code;

/// <summary>Puts a call around every part of a program that can make a long text or much memory in one stroke, so that what it made is looked at.</summary>
/// <remarks>
/// The interpreter looks at its limits before each statement. One statement can hold hundreds of concatenations, and a callback that is an expression is no statement at all:
/// each would come too late. Sums, templates, calls and spreads become <c>guard(...)</c>, which gives back what it is given. Sums of what can only be numbers are left alone.
/// </remarks>
sealed class GuardedProgram
{
    /// <summary>The name of the guard. A program that holds it is refused.</summary>
    public const string Guard = "$guard$";

    private readonly int[] _opened;
    private readonly int[] _closed;

    private GuardedProgram(int length) => (_opened, _closed) = (new int[length + 1], new int[length + 1]);

    /// <param name="program">The program.</param>
    /// <param name="tree">Its syntax tree, not so deep that it cannot be walked.</param>
    public static string Of(string program, Node tree)
    {
        GuardedProgram guarded = new(program.Length);
        guarded.Walk(tree, bare: false);
        StringBuilder text = new(program.Length + 256);
        for (int at = 0; at <= program.Length; at++)
        {
            text.Append(')', guarded._closed[at]);
            // The space keeps the name apart from a word before it, as in return'a'+x.
            for (int count = 0; count < guarded._opened[at]; count++) text.Append(' ').Append(Guard).Append('(');
            if (at < program.Length) text.Append(program[at]);
        }

        return text.ToString();
    }

    // Bare is what may not be wrapped: a link of an optional chain, what 'new' or 'delete' takes, what a call takes its 'this' from.
    private void Walk(Node node, bool bare)
    {
        switch (node)
        {
            case ChainExpression chain:
                Walk(chain.Expression, bare: true);
                Wrap(node, bare);
                break;
            case CallExpression call:
                Walk(call.Callee, bare || call.Callee is ChainExpression);
                foreach (Expression argument in call.Arguments) Walk(argument, bare: false);
                Wrap(node, bare);
                break;
            case NewExpression made:
                Walk(made.Callee, bare: true);
                foreach (Expression argument in made.Arguments) Walk(argument, bare: false);
                Wrap(node, bare);
                break;
            case TaggedTemplateExpression tagged:
                Walk(tagged.Tag, bare: true);
                foreach (Expression expression in tagged.Quasi.Expressions) Walk(expression, bare: false);
                Wrap(node, bare);
                break;
            case MemberExpression member:
                Walk(member.Object, bare);
                if (member.Computed) Walk(member.Property, bare: false);
                break;
            case UnaryExpression { Operator: Operator.Delete } deleted:
                Walk(deleted.Argument, bare: true);
                break;
            case Property { Computed: false } property:
                Walk(property.Value, bare: false);
                break;
            default:
                foreach (Node child in node.ChildNodes) Walk(child, bare: false);
                if (Grows(node)) Wrap(node, bare);
                // What a pattern takes apart is copied.
                if (node is VariableDeclarator { Id: ObjectPattern, Init: { } copied }) Wrap(copied, bare: false);
                if (node is AssignmentExpression { Left: ObjectPattern, Right: var taken }) Wrap(taken, bare: false);
                break;
        }
    }

    private void Wrap(Node node, bool bare)
    {
        if (bare) return;
        _opened[node.Start]++;
        _closed[node.End]++;
    }

    private static bool Grows(Node node) => node switch
    {
        BinaryExpression { Operator: Operator.Addition } sum => !(Numeric(sum.Left) && Numeric(sum.Right)),
        AssignmentExpression { Operator: Operator.AdditionAssignment } => true,
        TemplateLiteral { Expressions.Count: > 0 } => true,
        ObjectExpression made => made.Properties.Any(property => property is SpreadElement),
        ArrayExpression made => made.Elements.Any(element => element is SpreadElement),
        _ => false,
    };

    private static bool Numeric(Node node) => node switch
    {
        NumericLiteral or UpdateExpression => true,
        UnaryExpression { Operator: Operator.UnaryPlus or Operator.UnaryNegation or Operator.BitwiseNot } => true,
        BinaryExpression { Operator: Operator.Subtraction or Operator.Multiplication or Operator.Division or Operator.Remainder or Operator.Exponentiation or Operator.BitwiseAnd or Operator.BitwiseOr or Operator.BitwiseXor } => true,
        BinaryExpression { Operator: Operator.Addition } sum => Numeric(sum.Left) && Numeric(sum.Right),
        _ => false,
    };
}
