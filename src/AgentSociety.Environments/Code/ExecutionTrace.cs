using Acornima;
using Acornima.Ast;

namespace AgentSociety.Environments.Code;

/// <summary>The run of a program of one expression of x, operation by operation, in the order in which JavaScript does them: <c>9+3=12</c>, <c>12*2=24</c>.</summary>
/// <remarks>
/// Knows <c>+ - * % &lt;</c>, signs and decisions over numbers. A decision has no line of its own: what it rests on has one, and the branch that is not taken has none. What the run comes to is for the
/// sandbox to say; this only tells the way there. Writing the way down: Nye et al. 2021, "Show Your Work".
/// </remarks>
public sealed class ExecutionTrace
{
    private readonly Expression _body;

    private ExecutionTrace(Expression body) => _body = body;

    /// <summary>Reads a program; null where it holds anything else, such as a power or a count that changes x.</summary>
    public static ExecutionTrace? Of(string program) =>
        CodeShape.Tree(program) is { Body: [FunctionDeclaration { Params: [Identifier parameter], Body.Body: [ReturnStatement { Argument: { } body }] }] } && Known(body, parameter.Name) ? new(body) : null;

    /// <summary>The lines of the run on an input, and what it comes to in canonical text.</summary>
    public (IReadOnlyList<string> Lines, string Value) On(double input)
    {
        List<string> lines = [];
        Value value = Run(_body, new(input, false), lines);
        return (lines, value.ToString());
    }

    private static bool Known(Node node, string parameter) => node switch
    {
        Identifier name => name.Name == parameter,
        NumericLiteral => true,
        UnaryExpression { Operator: Operator.UnaryPlus or Operator.UnaryNegation } sign => Known(sign.Argument, parameter),
        BinaryExpression { Operator: Operator.Addition or Operator.Subtraction or Operator.Multiplication or Operator.Remainder or Operator.LessThan } binary => Known(binary.Left, parameter) && Known(binary.Right, parameter),
        ConditionalExpression decision => Known(decision.Test, parameter) && Known(decision.Consequent, parameter) && Known(decision.Alternate, parameter),
        _ => false,
    };

    private static Value Run(Node node, Value x, List<string> lines)
    {
        switch (node)
        {
            case NumericLiteral number: return new(number.Value, false);
            case UnaryExpression sign:
                Value positive = Run(sign.Argument, x, lines);
                Value signed = new(sign.Operator == Operator.UnaryNegation ? -positive.Number : positive.Number, false);
                // The sign of a number is a way to write it.
                if (sign.Argument is not NumericLiteral) lines.Add($"{(sign.Operator == Operator.UnaryNegation ? '-' : '+')}{positive}={signed}");
                return signed;
            case BinaryExpression binary:
                Value left = Run(binary.Left, x, lines), right = Run(binary.Right, x, lines);
                (char mark, Value came) = binary.Operator switch
                {
                    Operator.Addition => ('+', new Value(left.Number + right.Number, false)),
                    Operator.Subtraction => ('-', new Value(left.Number - right.Number, false)),
                    Operator.Multiplication => ('*', new Value(left.Number * right.Number, false)),
                    Operator.Remainder => ('%', new Value(left.Number % right.Number, false)),
                    _ => ('<', new Value(left.Number < right.Number ? 1 : 0, true)),
                };
                lines.Add($"{left}{mark}{right}={came}");
                return came;
            case ConditionalExpression decision:
                double test = Run(decision.Test, x, lines).Number;
                return Run(test == 0 || double.IsNaN(test) ? decision.Alternate : decision.Consequent, x, lines);
            default: return x;
        }
    }

    // A truth counts as 1 or 0 in sums.
    private readonly record struct Value(double Number, bool IsTruth)
    {
        public override string ToString() => !IsTruth ? CanonicalValue.Number(Number) : Number == 0 ? "false" : "true";
    }
}
