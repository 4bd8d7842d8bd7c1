using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using AgentSociety.Core;

namespace AgentSociety.Models;

/// <summary>A tokenizer's pattern, matched by whole characters.</summary>
/// <remarks>
/// .NET's expressions see UTF-16 units, to which half of a character beyond U+FFFF is neither letter nor digit. Such characters are replaced,
/// for matching only, by one of the same category within U+FFFF; tokenizers' patterns ask for nothing but categories there.
/// </remarks>
internal sealed class WholeCharacterPattern
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly Regex _expression;

    /// <exception cref="ArgumentException">The pattern is none that .NET knows.</exception>
    public WholeCharacterPattern(string pattern)
    {
        Pattern = pattern;
        // Interpreted: a compiled one costs more than a short run saves.
        _expression = new Regex(pattern, RegexOptions.CultureInvariant, Patience);
    }

    /// <summary>The pattern's text.</summary>
    public string Pattern { get; }

    /// <summary>Start and length of each match, in order.</summary>
    /// <exception cref="SocietyException">The pattern takes unreasonably long on this text.</exception>
    public List<(int Start, int Length)> Matches(string text)
    {
        List<(int, int)> found = [];
        try
        {
            if (text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0)
            {
                foreach (ValueMatch match in _expression.EnumerateMatches(text)) found.Add((match.Index, match.Length));
                return found;
            }

            (string replaced, int[] places) = Replace(text);
            foreach (ValueMatch match in _expression.EnumerateMatches(replaced)) found.Add((places[match.Index], places[match.Index + match.Length] - places[match.Index]));
            return found;
        }
        catch (RegexMatchTimeoutException cause)
        {
            throw new SocietyException($"the tokenizer's pattern '{Pattern}' takes longer than {Patience.TotalSeconds} s on a text of {text.Length} characters; shorten the text or use another tokenizer", cause: cause);
        }
    }

    private static (string Replaced, int[] Places) Replace(string text)
    {
        StringBuilder replaced = new(text.Length);
        List<int> places = [];
        for (int index = 0; index < text.Length;)
        {
            places.Add(index);
            bool whole = Rune.TryGetRuneAt(text, index, out Rune rune);
            replaced.Append(!whole ? '\uFFFD' : rune.IsBmp ? text[index] : Alike(Rune.GetUnicodeCategory(rune)));
            index += whole ? rune.Utf16SequenceLength : 1;
        }

        places.Add(text.Length);
        return (replaced.ToString(), [.. places]);
    }

    private static char Alike(UnicodeCategory category) => category switch
    {
        UnicodeCategory.UppercaseLetter => '\u00C0',
        UnicodeCategory.LowercaseLetter => '\u00E0',
        UnicodeCategory.TitlecaseLetter => '\u01C5',
        UnicodeCategory.ModifierLetter => '\u02B0',
        UnicodeCategory.OtherLetter => '\u05D0',
        UnicodeCategory.NonSpacingMark => '\u0300',
        UnicodeCategory.SpacingCombiningMark => '\u0903',
        UnicodeCategory.EnclosingMark => '\u0488',
        UnicodeCategory.DecimalDigitNumber => '\u0660',
        UnicodeCategory.LetterNumber => '\u2160',
        UnicodeCategory.OtherNumber => '\u00B2',
        UnicodeCategory.OtherPunctuation => '\u00A1',
        UnicodeCategory.MathSymbol => '\u00AC',
        UnicodeCategory.CurrencySymbol => '\u00A3',
        UnicodeCategory.ModifierSymbol => '\u00A8',
        UnicodeCategory.OtherSymbol => '\u00A6',
        UnicodeCategory.Format => '\u00AD',
        UnicodeCategory.PrivateUse => '\uE000',
        _ => '\uFFFE',
    };
}
