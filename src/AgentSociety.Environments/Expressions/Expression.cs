using System.Globalization;
using System.Numerics;

namespace AgentSociety.Environments.Expressions;

/// <summary>An expression of whole numbers with + - * / % and parentheses, evaluated exactly; and the rules for working it out by one operation at a time.</summary>
/// <remarks>
/// A fraction in lowest terms, <c>3/2</c>, is a number and no operation that is left to do; <c>6/4</c> is one. <c>a%m</c> is the residue from 0 to m - 1 of a
/// whole number by a positive one. A minus sign of a number stands only at the beginning or after a parenthesis. A number may have a label, a letter before it; what comes
/// of two numbers keeps the first one's.
/// </remarks>
sealed class Expression
{
    /// <summary>Most digits of a number, above and below the bar.</summary>
    public const int LongestNumber = 60;

    private static readonly BigInteger TooLarge = BigInteger.Pow(10, LongestNumber);
    private const int Deepest = 64;
    private readonly Expression? _left;
    private readonly char _operator;
    private readonly Expression? _right;
    private readonly string _label = "";

    private Expression(Rational number, string label) => (Value, _label) = (number, label);

    private Expression(Expression left, char operation, Expression right)
    {
        (_left, _operator, _right) = (left, operation, right);
        Operations = left.Operations + right.Operations + 1;
        Value = left.Value is { } first && right.Value is { } second ? Applied(first, operation, second) : null;
    }

    // An expression of which nothing is left to do has a value.
    private Rational Written => Value!.Value;

    /// <summary>Operations that are left to do.</summary>
    public int Operations { get; }

    /// <summary>The exact value; null where it divides by zero or takes a residue of or by what it cannot.</summary>
    public Rational? Value { get; }

    public static Expression Number(BigInteger number) => new((Rational)number, "");

    public static Expression Of(Expression left, char operation, Expression right) =>
        operation == '/' && left is { _left: null, Written.Denominator.IsOne: true } && right is { _left: null, Written: { Denominator.IsOne: true, Numerator: { IsOne: false, Sign: > 0 } } }
            && BigInteger.GreatestCommonDivisor(left.Written.Numerator, right.Written.Numerator).IsOne
            ? new(left.Written / right.Written, left._label)
            : new(left, operation, right);

    /// <summary>Reads an expression; null where the text is none.</summary>
    public static Expression? Read(ReadOnlySpan<char> text)
    {
        int at = 0;
        Expression? whole = Sum(text, ref at, 0);
        return at == text.Length ? whole : null;
    }

    /// <summary>The same expression with the letters of a text as labels, from the left.</summary>
    public Expression Labelled(ReadOnlySpan<char> letters)
    {
        int next = 0;
        return Labelled(letters, ref next);
    }

    private Expression Labelled(ReadOnlySpan<char> letters, ref int next) => _left is null || _right is null
        ? new(Written, letters[next++].ToString())
        : new(_left.Labelled(letters, ref next), _operator, _right.Labelled(letters, ref next));

    /// <summary>The expression after one operation whose operands are numbers, for each of them from the left; none where nothing can be done.</summary>
    public IEnumerable<Expression> Reductions()
    {
        if (_left is null || _right is null) yield break;
        if (_left._left is null && _right._left is null)
        {
            if (Value is { } value) yield return new(value, _left._label);
            yield break;
        }

        foreach (Expression left in _left.Reductions()) yield return Of(left, _operator, _right);
        foreach (Expression right in _right.Reductions()) yield return Of(_left, _operator, right);
    }

    /// <summary>The operations that can be done next, with the labels and values of their operands, from the left.</summary>
    public IEnumerable<LabelledOperation> Doable()
    {
        if (_left is null || _right is null) return [];
        return _left._left is null && _right._left is null
            ? [new(_left._label, _left.Written, _operator, _right._label, _right.Written, Value)]
            : _left.Doable().Concat(_right.Doable());
    }

    /// <summary>The expression with a number, right or not, in place of the operation between the numbers of two labels; the number keeps the first label.</summary>
    public Expression With(string first, string second, Rational result)
    {
        if (_left is null || _right is null) return this;
        return _left._left is null && _right._left is null
            ? _left._label == first && _right._label == second ? new(result, first) : this
            // A quotient between two letters is an operation, in lowest terms too.
            : new(_left.With(first, second, result), _operator, _right.With(first, second, result));
    }

    /// <summary>True where another expression is one of the <see cref="Reductions"/> of this one. It compares what is written and makes nothing.</summary>
    public bool Becomes(Expression other)
    {
        if (_left is null || _right is null) return false;
        if (_left._left is null && _right._left is null) return Value is { } value && other.Is(value);
        // A quotient that has come to lowest terms is a number at once.
        if (other._left is null || other._right is null)
        {
            return _operator == '/' && !other.Written.Denominator.IsOne && other.Written is var quotient
                && ((_right.Is(quotient.Denominator) && _left.BecomesNumber(quotient.Numerator)) || (_left.Is(quotient.Numerator) && _right.BecomesNumber(quotient.Denominator)));
        }

        return _operator == other._operator && ((_right.Same(other._right) && _left.Becomes(other._left)) || (_left.Same(other._left) && _right.Becomes(other._right)));
    }

    private bool BecomesNumber(Rational number) => _left is { _left: null } && _right is { _left: null } && Value == number;

    private bool Is(Rational number) => _left is null && Written == number;

    private bool Same(Expression other) => _left is null || _right is null
        ? other.Is(Written)
        : other._left is not null && other._right is not null && _operator == other._operator && Operations == other.Operations && _left.Same(other._left) && _right.Same(other._right);

    /// <summary>True where working it out passes a number that is too long to be read again.</summary>
    public bool PassesTooLong => (Value is { } value && (BigInteger.Abs(value.Numerator) >= TooLarge || value.Denominator >= TooLarge)) || (_left is not null && _right is not null && (_left.PassesTooLong || _right.PassesTooLong));

    /// <summary>The same expression with the terms of each sum and the factors of each product in one order.</summary>
    public Expression Ordered()
    {
        if (_left is null || _right is null) return this;
        if (_operator is not ('+' or '*')) return Of(_left.Ordered(), _operator, _right.Ordered());
        List<Expression> parts = [];
        Gather(_operator, parts);
        return parts.Select(part => part.Ordered()).OrderBy(part => part.ToString(), StringComparer.Ordinal).Aggregate((sum, part) => Of(sum, _operator, part));
    }

    private void Gather(char operation, List<Expression> parts)
    {
        if (_left is null || _right is null || _operator != operation) parts.Add(this);
        else
        {
            _left.Gather(operation, parts);
            _right.Gather(operation, parts);
        }
    }

    /// <inheritdoc />
    public override string ToString() => _left is null || _right is null ? $"{_label}{Written}" : $"{_left.Within(Precedence)}{_operator}{_right.Within(Precedence + 1)}";

    private int Precedence => _left is null ? Written.Numerator.Sign < 0 ? 0 : Written.Denominator.IsOne ? 3 : 2 : _operator is '+' or '-' ? 1 : 2;

    private string Within(int least) => Precedence >= least ? ToString() : $"({this})";

    private static Rational? Applied(Rational left, char operation, Rational right) => operation switch
    {
        '+' => left + right,
        '-' => left - right,
        '*' => left * right,
        '/' => right.Numerator.IsZero ? null : left / right,
        _ => left.Denominator.IsOne && right.Denominator.IsOne && right.Numerator.Sign > 0 ? (Rational)Residue(left.Numerator, right.Numerator) : null,
    };

    private static BigInteger Residue(BigInteger number, BigInteger modulus)
    {
        BigInteger rest = BigInteger.Remainder(number, modulus);
        return rest.Sign < 0 ? rest + modulus : rest;
    }

    private static Expression? Sum(ReadOnlySpan<char> text, ref int at, int depth)
    {
        Expression? sum = Product(text, ref at, depth, negative: at < text.Length && text[at] == '-');
        while (sum is not null && at < text.Length && text[at] is '+' or '-')
        {
            char operation = text[at++];
            sum = Product(text, ref at, depth, negative: false) is { } next ? Of(sum, operation, next) : null;
        }

        return sum;
    }

    private static Expression? Product(ReadOnlySpan<char> text, ref int at, int depth, bool negative)
    {
        Expression? product = negative ? Literal(text, ref at, negative) : Factor(text, ref at, depth);
        while (product is not null && at < text.Length && text[at] is '*' or '/' or '%')
        {
            char operation = text[at++];
            product = Factor(text, ref at, depth) is { } next ? Of(product, operation, next) : null;
        }

        return product;
    }

    private static Expression? Factor(ReadOnlySpan<char> text, ref int at, int depth)
    {
        if (at >= text.Length || text[at] != '(') return Literal(text, ref at, negative: false);
        if (depth == Deepest) return null;
        at++;
        Expression? inner = Sum(text, ref at, depth + 1);
        if (at >= text.Length || text[at] != ')') return null;
        at++;
        return inner;
    }

    // ASCII digits without leading zeros, behind the sign.
    private static Expression? Literal(ReadOnlySpan<char> text, ref int at, bool negative)
    {
        if (negative) at++;
        int start = at;
        while (at < text.Length && text[at] is >= '0' and <= '9') at++;
        ReadOnlySpan<char> digits = text[start..at];
        if (digits.Length is 0 or > LongestNumber || (digits[0] == '0' && (digits.Length > 1 || negative))) return null;
        BigInteger number = digits.Length < 10 ? int.Parse(digits, CultureInfo.InvariantCulture) : BigInteger.Parse(digits, CultureInfo.InvariantCulture);
        return Number(negative ? -number : number);
    }
}

/// <summary>An operation between two numbers that have labels.</summary>
/// <param name="First">The first number's label.</param>
/// <param name="Left">The first number.</param>
/// <param name="Operator">One of <c>+ - * / %</c>.</param>
/// <param name="Second">The second number's label.</param>
/// <param name="Right">The second number.</param>
/// <param name="Value">What comes of it; null where it divides by zero or takes a residue of or by what it cannot.</param>
sealed record LabelledOperation(string First, Rational Left, char Operator, string Second, Rational Right, Rational? Value)
{
    /// <summary>As it is written: <c>a6-b2</c>.</summary>
    public override string ToString() => $"{First}{Left}{Operator}{Second}{Right}";
}
