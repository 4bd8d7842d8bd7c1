using System.Globalization;
using System.Text;

namespace AgentSociety.Models;

/// <summary>A token that is found in the text before anything else is done with it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its text.</param>
/// <param name="Special">True for one that steers the model and is not text.</param>
/// <param name="Normalised">True where it is looked for after normalisation.</param>
/// <param name="StripLeft">Takes the white space before it.</param>
/// <param name="StripRight">Takes the white space behind it.</param>
/// <param name="SingleWord">Counts only where no letter, digit or underscore stands beside it.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalised, bool StripLeft, bool StripRight, bool SingleWord);

/// <summary>Finds added tokens: leftmost first, the longest where several begin at one place.</summary>
internal sealed class AddedTokens
{
    private readonly Dictionary<char, AddedToken[]> _byFirst;

    public AddedTokens(IEnumerable<AddedToken> tokens) =>
        _byFirst = tokens.GroupBy(token => token.Content[0]).ToDictionary(group => group.Key, group => group.OrderByDescending(token => token.Content.Length).ToArray());

    /// <summary>Cuts a text into tokens and the text between them, in order; a piece has either an id or text.</summary>
    public IEnumerable<(string Text, int? Id)> Split(string text)
    {
        int done = 0;
        for (int place = 0; place < text.Length; place++)
        {
            if (!_byFirst.TryGetValue(text[place], out AddedToken[]? candidates) || Array.Find(candidates, candidate => Fits(text, place, candidate)) is not { } token) continue;
            int start = place, end = place + token.Content.Length;
            while (token.StripLeft && start > done && char.IsWhiteSpace(text[start - 1])) start--;
            while (token.StripRight && end < text.Length && char.IsWhiteSpace(text[end])) end++;
            if (start > done) yield return (text[done..start], null);
            yield return (token.Content, token.Id);
            done = end;
            place = end - 1;
        }

        if (done < text.Length) yield return (text[done..], null);
    }

    private static bool Fits(string text, int place, AddedToken token)
    {
        if (string.CompareOrdinal(text, place, token.Content, 0, token.Content.Length) != 0) return false;
        int end = place + token.Content.Length;
        return !token.SingleWord || ((place == 0 || !InWord(text, place - 1)) && (end == text.Length || !InWord(text, end)));
    }

    private static bool InWord(string text, int place)
    {
        if (char.IsLowSurrogate(text[place]) && place > 0) place--;
        return Rune.TryGetRuneAt(text, place, out Rune rune) && (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.EnclosingMark or UnicodeCategory.ConnectorPunctuation);
    }
}
