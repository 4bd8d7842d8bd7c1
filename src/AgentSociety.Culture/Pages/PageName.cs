using System.Text;
using AgentSociety.Core.Text;

namespace AgentSociety.Culture;

/// <summary>What a page may be called: <c>namespace/name</c>, deeper where needed, such as <c>agents/solver-3/notes/operator-c</c>.</summary>
/// <remarks>A name is safe as a path of an exported file on every platform, as a link target, and as text on a screen.</remarks>
public static class PageName
{
    /// <summary>Characters of the longest name.</summary>
    public const int MaximumLength = 200;

    /// <summary>The first parts that names may have.</summary>
    public static IReadOnlyList<string> Namespaces { get; } = ["notes", "skills", "books", "problems", "agents", "talk"];

    /// <summary>Beginning of the notebooks that belong to a group and not to an agent.</summary>
    internal const string GroupNotebook = "group-";

    /// <summary>Beginning of the notebooks that belong to an era of the society and not to an agent.</summary>
    internal const string EraNotebook = "era-";

    /// <summary>Why a text is no page name; null where it is one.</summary>
    public static string? Fault(string name)
    {
        if (name.Length == 0) return "a page needs a name, such as notes/operator-c";
        if (name.Length > MaximumLength) return $"the page name has {name.Length} characters, {MaximumLength} are allowed";
        foreach (Rune rune in name.EnumerateRunes())
            if (rune == Rune.ReplacementChar || (!Rune.IsLetterOrDigit(rune) && Rune.GetUnicodeCategory(rune) is not System.Globalization.UnicodeCategory.NonSpacingMark && !"-_.+,=()' /".Contains((char)Math.Min(rune.Value, char.MaxValue))))
                return $"the page name holds {Shown(rune)}; letters, digits, spaces and -_.+,=()' are allowed, / between the parts";
        if (CanonicalComposition.Compose(name) != name) return "the page name is not in Unicode normal form C";
        string[] parts = name.Split('/');
        if (parts.Length < 2) return $"the page name '{name}' has no namespace; put one of {string.Join(", ", Namespaces)} before it, such as notes/{name}";
        if (!Namespaces.Contains(parts[0])) return $"'{parts[0]}' is no namespace; these are: {string.Join(", ", Namespaces)}";
        foreach (string part in parts)
        {
            if (part.Length == 0) return $"the page name '{name}' has an empty part";
            if (part[0] is '.' or ' ' || part[^1] is '.' or ' ') return $"the part '{part}' of the page name begins or ends with a dot or a space";
        }

        return null;
    }

    /// <summary>The namespace of a valid name.</summary>
    public static string Namespace(string name) => name[..name.IndexOf('/', StringComparison.Ordinal)];

    /// <summary>Whose notebook a page is in, for <c>agents/NAME</c> and what is below it; null for a page of the common namespaces.</summary>
    public static string? Notebook(string name) => name.Split('/', 3) is ["agents", { } owner, ..] ? owner : null;

    /// <summary>The name inside its notebook, such as <c>notes/operator-c</c> for <c>agents/solver-3/notes/operator-c</c>; a common page's own name.</summary>
    public static string InsideNotebook(string name) => name.Split('/', 3) is ["agents", _, { } inside] ? inside : name;

    /// <summary>The full name that a link on a page means: as it stands where it begins with a namespace, else a sibling of the page.</summary>
    /// <returns>Null where the link is no page name.</returns>
    public static string? Resolve(string page, string link)
    {
        string target = CanonicalComposition.Compose(link.Trim());
        int slash = target.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !Namespaces.Contains(target[..slash])) target = page[..(page.LastIndexOf('/') + 1)] + target;
        return Fault(target) is null ? target : null;
    }

    private static string Shown(Rune rune) => Rune.IsControl(rune) || rune == Rune.ReplacementChar ? $"the character U+{rune.Value:X4}" : $"'{rune}'";
}
