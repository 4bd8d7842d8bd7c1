using System.Globalization;
using System.Text;

namespace AgentSociety.Models.Templates;

/// <summary>What a token of a template is.</summary>
internal enum JinjaTokenKind
{
    /// <summary>Text outside of tags.</summary>
    Text,

    /// <summary><c>{{</c> or <c>{%</c>.</summary>
    Open,

    /// <summary><c>}}</c> or <c>%}</c>.</summary>
    Close,

    /// <summary>A name or keyword.</summary>
    Name,

    /// <summary>A quoted text.</summary>
    String,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A number with a point or an exponent.</summary>
    Float,

    /// <summary>An operator or bracket.</summary>
    Sign,

    /// <summary>The end of the template.</summary>
    End,
}

/// <summary>A token with the line that it stands on.</summary>
internal readonly record struct JinjaToken(JinjaTokenKind Kind, string Text, int Line);

/// <summary>Cuts a template into tokens, with the white space rules that chat templates are written for: <c>trim_blocks</c> and <c>lstrip_blocks</c>.</summary>
internal sealed class JinjaLexer
{
    private static readonly string[] Signs = ["**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|"];
    private readonly string _source;
    private readonly List<JinjaToken> _tokens = [];
    private int _place;
    private int _line = 1;

    private JinjaLexer(string source) => _source = source;

    /// <summary>All tokens, the end last.</summary>
    /// <exception cref="JinjaException">A tag is not closed, or a character has no place in it.</exception>
    public static List<JinjaToken> Read(string source)
    {
        source = source.ReplaceLineEndings("\n");
        JinjaLexer lexer = new(source.EndsWith('\n') ? source[..^1] : source);
        lexer.Read();
        return lexer._tokens;
    }

    private void Read()
    {
        bool trimNext = false, newlineEaten = false;
        while (_place < _source.Length)
        {
            int open = Next(_place);
            string text = _source[_place..open];
            string raw = text;
            if (trimNext) text = text.TrimStart();
            else if (newlineEaten && text.StartsWith('\n')) text = text[1..];
            (trimNext, newlineEaten) = (false, false);
            if (open < _source.Length)
            {
                char kind = _source[open + 1], mark = open + 2 < _source.Length ? _source[open + 2] : ' ';
                if (mark == '-') text = text.TrimEnd();
                else if (kind != '{' && mark != '+') text = StripIndent(text, open);
            }

            if (text.Length > 0) _tokens.Add(new JinjaToken(JinjaTokenKind.Text, text, _line));
            _line += raw.Count(character => character == '\n');
            _place = open;
            if (open < _source.Length) (trimNext, newlineEaten) = Tag();
        }

        _tokens.Add(new JinjaToken(JinjaTokenKind.End, "", _line));
    }

    private int Next(int from)
    {
        for (int place = from; place + 1 < _source.Length; place++)
        {
            if (_source[place] == '{' && _source[place + 1] is '{' or '%' or '#') return place;
        }

        return _source.Length;
    }

    /// <summary>Drops blanks between a line's beginning and the tag that follows.</summary>
    private string StripIndent(string text, int open)
    {
        int start = text.Length;
        while (start > 0 && text[start - 1] is ' ' or '\t') start--;
        bool beginsLine = start > 0 ? text[start - 1] == '\n' : open - text.Length == 0 || _source[open - text.Length - 1] == '\n';
        return beginsLine ? text[..start] : text;
    }

    /// <summary>Reads a tag and says whether all white space behind it goes, or one line end.</summary>
    private (bool TrimNext, bool NewlineEaten) Tag()
    {
        char kind = _source[_place + 1];
        if (kind == '#')
        {
            int end = _source.IndexOf("#}", _place, StringComparison.Ordinal);
            if (end < 0) throw new JinjaException(_line, "a comment is not closed");
            _line += _source.AsSpan(_place, end - _place).Count('\n');
            _place = end + 2;
            return (_source[end - 1] == '-', true);
        }

        string close = kind == '{' ? "}}" : "%}";
        _tokens.Add(new JinjaToken(JinjaTokenKind.Open, _source.Substring(_place, 2), _line));
        _place += 2;
        if (_place < _source.Length && _source[_place] is '-' or '+') _place++;
        int depth = 0;
        while (true)
        {
            while (_place < _source.Length && char.IsWhiteSpace(_source[_place])) _line += _source[_place++] == '\n' ? 1 : 0;
            if (_place >= _source.Length) throw new JinjaException(_line, $"a tag is not closed by {close}");
            bool minus = _source[_place] is '-' or '+' && string.CompareOrdinal(_source, _place + 1, close, 0, 2) == 0;
            if (depth == 0 && (minus || string.CompareOrdinal(_source, _place, close, 0, 2) == 0))
            {
                char mark = _source[_place];
                _place += minus ? 3 : 2;
                _tokens.Add(new JinjaToken(JinjaTokenKind.Close, close, _line));
                return (minus && mark == '-', kind == '%' && !(minus && mark == '+'));
            }

            JinjaToken token = Token();
            if (token is { Kind: JinjaTokenKind.Sign, Text: "{" or "[" or "(" }) depth++;
            if (token is { Kind: JinjaTokenKind.Sign, Text: "}" or "]" or ")" }) depth--;
            _tokens.Add(token);
        }
    }

    private JinjaToken Token()
    {
        char first = _source[_place];
        if (first is '\'' or '"') return new JinjaToken(JinjaTokenKind.String, Quoted(first), _line);
        int start = _place;
        if (char.IsAsciiLetter(first) || first == '_')
        {
            while (_place < _source.Length && (char.IsAsciiLetterOrDigit(_source[_place]) || _source[_place] == '_')) _place++;
            return new JinjaToken(JinjaTokenKind.Name, _source[start.._place], _line);
        }

        if (char.IsAsciiDigit(first))
        {
            while (_place < _source.Length && char.IsAsciiDigit(_source[_place])) _place++;
            if (_place + 1 >= _source.Length || _source[_place] != '.' || !char.IsAsciiDigit(_source[_place + 1])) return new JinjaToken(JinjaTokenKind.Integer, _source[start.._place], _line);
            _place++;
            while (_place < _source.Length && char.IsAsciiDigit(_source[_place])) _place++;
            return new JinjaToken(JinjaTokenKind.Float, _source[start.._place], _line);
        }

        string? sign = Array.Find(Signs, sign => string.CompareOrdinal(_source, _place, sign, 0, sign.Length) == 0);
        if (sign is null) throw new JinjaException(_line, $"'{first}' has no place in a tag");
        _place += sign.Length;
        return new JinjaToken(JinjaTokenKind.Sign, sign, _line);
    }

    private string Quoted(char quote)
    {
        StringBuilder text = new();
        for (_place++; _place < _source.Length && _source[_place] != quote; _place++)
        {
            char character = _source[_place];
            if (character == '\n') _line++;
            if (character != '\\' || _place + 1 >= _source.Length)
            {
                text.Append(character);
                continue;
            }

            char escaped = _source[++_place];
            if (escaped is 'u' or 'x')
            {
                int length = escaped == 'u' ? 4 : 2;
                if (_place + length >= _source.Length || !int.TryParse(_source.AsSpan(_place + 1, length), NumberStyles.AllowHexSpecifier, null, out int code)) throw new JinjaException(_line, $"'\\{escaped}' is not followed by {length} hexadecimal digits");
                text.Append((char)code);
                _place += length;
                continue;
            }

            text.Append(escaped switch { 'n' => "\n", 't' => "\t", 'r' => "\r", '\\' => "\\", '\'' => "'", '"' => "\"", '\n' => "", _ => "\\" + escaped });
        }

        if (_place >= _source.Length) throw new JinjaException(_line, "a quoted text is not closed");
        _place++;
        return text.ToString();
    }
}
