using System.Globalization;
using AgentSociety.Core;

namespace AgentSociety.Models.Patterns;

/// <summary>Reads regular expressions: the part of the usual syntax that a finite automaton can carry out.</summary>
/// <remarks>
/// Characters, <c>.</c> (all but a line feed), classes with ranges and <c>^</c>, <c>\d \w \s</c> and their complements (ASCII), escapes <c>\n \r \t \f \v \xHH \uHHHH</c>
/// and of punctuation, groups, <c>|</c>, and <c>* + ? {n} {n,} {n,m}</c>. A pattern holds for a whole text, so that <c>^</c> at its beginning and <c>$</c> at its
/// end say nothing new. What looks around, refers back or depends on letters' case is refused with its place.
/// </remarks>
internal sealed class PatternParser
{
    /// <summary>The greatest number of times that a part is repeated.</summary>
    public const int MostRepeats = 1000;

    /// <summary>Characters of the longest pattern that is read, schemas' written-out ones included.</summary>
    public const int Longest = 200_000;

    private const int DeepestNesting = 120;
    private const int LongestShown = 200;
    private readonly string _pattern;
    private int _place;
    private int _depth;

    private PatternParser(string pattern) => _pattern = pattern;

    /// <summary>The pattern as a tree.</summary>
    /// <exception cref="SocietyException">It is none, or asks for what is not supported.</exception>
    public static PatternNode Parse(string pattern)
    {
        RequireLength(pattern);
        string text = pattern.StartsWith('^') ? pattern[1..] : pattern;
        if (text.EndsWith('$') && (text.Length - text.AsSpan(0, text.Length - 1).TrimEnd('\\').Length) % 2 == 1) text = text[..^1];
        PatternParser parser = new(text);
        PatternNode node = parser.Choice();
        return parser._place == text.Length ? node : throw parser.Fault("a ) has no (");
    }

    private PatternNode Choice()
    {
        if (++_depth > DeepestNesting) throw Fault($"groups are nested more than {DeepestNesting} deep");
        List<PatternNode> parts = [Sequence()];
        while (Take('|')) parts.Add(Sequence());
        _depth--;
        return parts.Count == 1 ? parts[0] : new PatternNode.Choice(parts);
    }

    private PatternNode Sequence()
    {
        List<PatternNode> parts = [];
        while (_place < _pattern.Length && _pattern[_place] is not ('|' or ')')) parts.Add(Repeated());
        return parts.Count == 1 ? parts[0] : new PatternNode.Sequence(parts);
    }

    private PatternNode Repeated()
    {
        PatternNode node = Single();
        (int Least, int? Most)? times = Peek() switch
        {
            '*' => (0, null),
            '+' => (1, null),
            '?' => (0, 1),
            '{' => Times(),
            _ => null,
        };
        if (times is not { } found) return node;
        _place++;
        // Without a group around it, any number of repetitions could stand one on the other, deeper than groups may be nested.
        return Peek() switch
        {
            '?' or '+' => throw Fault("lazy and possessive repetition means nothing here, since the whole text must match; leave the second sign out"),
            '*' or '{' => throw Fault("a repetition stands on a repetition; put the first into a group"),
            _ => new PatternNode.Repeat(node, found.Least, found.Most),
        };
    }

    /// <summary>Reads <c>{n}</c>, <c>{n,}</c> or <c>{n,m}</c> up to its closing brace, which stays.</summary>
    private (int, int?) Times()
    {
        int end = _pattern.IndexOf('}', _place);
        string[] parts = end < 0 ? [] : _pattern[(_place + 1)..end].Split(',');
        if (parts.Length is not (1 or 2) || !Number(parts[0], out int least)) throw Fault("a { begins no {n}, {n,} or {n,m}; write \\{ for the character");
        int? most = parts.Length == 1 ? least : parts[1].Length == 0 ? null : Number(parts[1], out int given) ? given : throw Fault("a { begins no {n}, {n,} or {n,m}; write \\{ for the character");
        if (least > MostRepeats || most > MostRepeats || most < least) throw Fault($"a repetition runs from 0 to {MostRepeats}, the lesser number first");
        _place = end;
        return (least, most);
    }

    private static bool Number(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private PatternNode Single()
    {
        char sign = _pattern[_place];
        switch (sign)
        {
            case '(':
                _place++;
                if (Take('?') && !Take(':')) throw Fault("only plain groups and (?: ) are supported, no names, options or looking around");
                PatternNode group = Choice();
                return Take(')') ? group : throw Fault("a ( has no )");
            case '[':
                _place++;
                return new PatternNode.Characters(Class());
            case '.':
                _place++;
                return new PatternNode.Characters(CharacterSet.Complement([('\n', '\n')]));
            case '\\':
                _place++;
                return new PatternNode.Characters(Escape());
            case '*' or '+' or '?' or '{':
                throw Fault($"a {sign} has nothing to repeat; write \\{sign} for the character");
            case '^' or '$':
                throw Fault($"a {sign} inside the pattern matches nothing; write \\{sign} for the character");
            default:
                int character = CodePoint();
                return new PatternNode.Characters([(character, character)]);
        }
    }

    private IReadOnlyList<(int First, int Last)> Class()
    {
        bool complement = Take('^');
        List<(int First, int Last)> ranges = [];
        // A ] at the beginning is itself, as everywhere.
        for (bool begin = true; begin || Peek() != ']'; begin = false)
        {
            if (_place >= _pattern.Length) throw Fault("a [ has no ]");
            IReadOnlyList<(int First, int Last)> item = Take('\\') ? Escape() : One(CodePoint());
            bool range = Peek() == '-' && _place + 1 < _pattern.Length && _pattern[_place + 1] != ']';
            if (!range || item is not [var (from, same)] || from != same)
            {
                ranges.AddRange(item);
                continue;
            }

            _place++;
            if ((Take('\\') ? Escape() : One(CodePoint())) is not [var (to, end)] || to != end || to < from) throw Fault("a range of a class does not run from a character to a greater one");
            ranges.Add((from, to));
        }

        _place++;
        IReadOnlyList<(int First, int Last)> set = complement ? CharacterSet.Complement(ranges) : CharacterSet.Ordered(ranges);
        return set.Count > 0 ? set : throw Fault("a class holds no character");
    }

    private IReadOnlyList<(int First, int Last)> Escape()
    {
        if (_place >= _pattern.Length) throw Fault("a \\ ends the pattern");
        char sign = _pattern[_place];
        if (!char.IsAsciiLetterOrDigit(sign)) return One(CodePoint());
        _place++;
        return sign switch
        {
            'd' => CharacterSet.Digits,
            'D' => CharacterSet.Complement(CharacterSet.Digits),
            'w' => CharacterSet.Word,
            'W' => CharacterSet.Complement(CharacterSet.Word),
            's' => CharacterSet.Space,
            'S' => CharacterSet.Complement(CharacterSet.Space),
            'n' => One('\n'),
            'r' => One('\r'),
            't' => One('\t'),
            'f' => One('\f'),
            'v' => One('\v'),
            'x' => One(Hexadecimal(2)),
            'u' => One(Hexadecimal(4)),
            _ => throw Fault($"\\{sign} is not supported"),
        };
    }

    private int Hexadecimal(int digits)
    {
        if (_place + digits > _pattern.Length || !int.TryParse(_pattern.AsSpan(_place, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value))
            throw Fault($"{digits} hexadecimal digits are missing");
        _place += digits;
        return value is >= 0xD800 and <= 0xDFFF ? throw Fault("half of a surrogate pair is no character") : value;
    }

    private int CodePoint()
    {
        if (!System.Text.Rune.TryGetRuneAt(_pattern, _place, out System.Text.Rune rune)) throw Fault("half of a surrogate pair is no character");
        _place += rune.Utf16SequenceLength;
        return rune.Value;
    }

    private static IReadOnlyList<(int First, int Last)> One(int character) => [(character, character)];

    private char Peek() => _place < _pattern.Length ? _pattern[_place] : '\0';

    private bool Take(char sign)
    {
        if (Peek() != sign || _place >= _pattern.Length) return false;
        _place++;
        return true;
    }

    /// <summary>Refuses what is too long to be read.</summary>
    /// <exception cref="SocietyException">It is.</exception>
    public static void RequireLength(string pattern)
    {
        if (pattern.Length > Longest) throw new SocietyException($"{Shown(pattern)}: it has {pattern.Length} characters, and {Longest} are read at most; ask for less at once");
    }

    /// <summary>A pattern as messages show it.</summary>
    public static string Shown(string pattern) => pattern.Length <= LongestShown ? $"pattern '{pattern}'" : $"pattern '{pattern[..LongestShown]}…'";

    private SocietyException Fault(string what) => new($"{Shown(_pattern)}, character {_place + 1}: {what}");
}
