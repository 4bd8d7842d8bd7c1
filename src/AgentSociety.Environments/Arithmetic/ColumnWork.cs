using System.Numerics;

namespace AgentSociety.Environments.Arithmetic;

/// <summary>Written arithmetic as a machine: what the next step must say, given what was written before it.</summary>
/// <remarks>
/// The next step follows from what stands written, right or wrong, so that one slip is one invalid step and not a cascade.
/// Multiplication goes row by row through the right operand's digits and adds each product to the digit already at its place.
/// </remarks>
sealed class ColumnWork
{
    private readonly string _left;
    private readonly string _right;
    private readonly int _first;
    private readonly int[] _written;
    private int _done;
    private int _carry;

    /// <param name="problem">Text of a problem that has been parsed.</param>
    /// <param name="first">Index of the letter of the least place.</param>
    public ColumnWork(string problem, int first)
    {
        int sign = problem.AsSpan().IndexOfAny('+', '-', '*');
        (_left, Operation, _right, _first) = (problem[..sign], problem[sign], problem[(sign + 1)..^1], first);
        int longer = Math.Max(_left.Length, _right.Length);
        Columns = Operation == '-' ? longer : longer + 1;
        Places = Operation == '*' ? Math.Max(Columns, _left.Length + _right.Length) : Columns;
        Steps = Operation == '*' ? _right.Length * (_left.Length + 1) : Columns;
        _written = new int[Places];
    }

    public char Operation { get; }

    /// <summary>Places that the prompt shows.</summary>
    public int Columns { get; }

    /// <summary>Places that the work may write to.</summary>
    public int Places { get; }

    /// <summary>Steps of the whole work.</summary>
    public int Steps { get; }

    public bool Complete => _done == Steps;

    /// <summary>Digit of the left operand at a place, 0 beyond its end.</summary>
    public int Left(int place) => place < _left.Length ? _left[^(place + 1)] - '0' : 0;

    /// <summary>Digit of the right operand at a place, 0 beyond its end.</summary>
    public int Right(int place) => place < _right.Length ? _right[^(place + 1)] - '0' : 0;

    /// <summary>The exact result, by a way that shares nothing with the steps.</summary>
    public BigInteger Truth()
    {
        BigInteger left = BigInteger.Parse(_left), right = BigInteger.Parse(_right);
        return Operation switch
        {
            '+' => left + right,
            '-' => left - right,
            _ => left * right,
        };
    }

    /// <summary>Writes the step that must come next into <paramref name="step"/>; false where the work is complete.</summary>
    public bool Next(Span<char> step)
    {
        if (Complete) return false;
        int value;
        if (Operation == '*')
        {
            (int row, int column) = Math.DivRem(_done, _left.Length + 1);
            value = Left(column) * Right(row) + _written[row + column] + (column == 0 ? 0 : _carry);
            step[0] = ColumnText.Letter(_first + column);
            step[1] = ColumnText.Digit(Left(column));
            step[2] = ColumnText.Letter(_first + row);
            step[3] = ColumnText.Digit(Right(row));
            step[4] = ColumnText.Letter(_first + row + column);
            step[5] = ColumnText.Digit(_written[row + column]);
        }
        else
        {
            int sign = Operation == '-' ? -1 : 1;
            value = Left(_done) + sign * (Right(_done) + _carry);
            step[0] = ColumnText.Letter(_first + _done);
            step[1] = ColumnText.Digit(Left(_done));
            step[2] = ColumnText.Digit(Right(_done));
        }

        int carry = value < 0 ? (9 - value) / 10 : value / 10;
        step[^2] = ColumnText.Digit(carry);
        step[^1] = ColumnText.Digit(value < 0 ? value + 10 * carry : value % 10);
        return true;
    }

    /// <summary>Takes note of a step that was written; false, and no change, where the text has not the shape of a step.</summary>
    public bool Write(ReadOnlySpan<char> step)
    {
        int place = ColumnText.IndexOf(step[Operation == '*' ? 4 : 0]) - _first;
        if (place < 0 || place >= Places || !Shaped(step)) return false;
        _carry = step[^2] - '0';
        _written[place] = step[^1] - '0';
        _done = Math.Min(_done + 1, Steps);
        return true;
    }

    /// <summary>The number that stands written.</summary>
    public string Written()
    {
        int top = Places - 1;
        while (top > 0 && _written[top] == 0) top--;
        return string.Create(top + 1, _written, static (text, written) =>
        {
            for (int place = 0; place < text.Length; place++) text[^(place + 1)] = ColumnText.Digit(written[place]);
        });
    }

    private bool Shaped(ReadOnlySpan<char> step)
    {
        for (int index = 0; index < step.Length; index++)
        {
            bool letter = index == 0 || (Operation == '*' && (index is 2 or 4));
            if (letter ? ColumnText.IndexOf(step[index]) < 0 : step[index] is < '0' or > '9') return false;
        }

        return true;
    }
}
