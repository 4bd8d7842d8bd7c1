using System.Globalization;
using System.Text;

namespace AgentSociety.Culture;

/// <summary>Files that stand for pages, on any file system: <c>NAME.md</c>, with what two names would collide by written as <c>%XX</c> of its UTF-8 bytes.</summary>
/// <remarks>
/// No page name holds a %, so that a file says which page it is by itself. Encoded are: capitals where names differ in them only; the
/// dot of a folder <c>x.md</c>, which the file of page <c>x</c> would be called as; the beginning of names that Windows keeps for devices.
/// A part that is too long for a file system is cut into folders, of which all but the last end with a %.
/// </remarks>
public static class PageFile
{
    // File systems allow 255 bytes; the rest is room for ".md" and the mark of a cut.
    private const int LongestPart = 200;

    private static readonly HashSet<string> Devices = new(
        ["con", "prn", "aux", "nul", .. Enumerable.Range(0, 10).SelectMany(number => (string[])[$"com{number}", $"lpt{number}"])], StringComparer.OrdinalIgnoreCase);

    /// <summary>The file of each page, with / between the parts.</summary>
    public static IReadOnlyDictionary<string, string> Of(IEnumerable<string> pages)
    {
        string[] names = [.. pages];
        // Parts that differ only in capitals, below parts that do: the whole beginning of a name is compared.
        HashSet<string> colliding = [.. names.SelectMany(Beginnings).Distinct(StringComparer.Ordinal).GroupBy(Plain, StringComparer.Ordinal).Where(same => same.Skip(1).Any()).SelectMany(same => same)];
        return names.ToDictionary(name => name, name =>
        {
            string[] beginnings = [.. Beginnings(name)], parts = name.Split('/');
            return string.Join('/', parts.Select((part, index) => Cut(Encode(part, colliding.Contains(beginnings[index]), folder: index < parts.Length - 1)))) + ".md";
        }, StringComparer.Ordinal);
    }

    /// <summary>The page that a file stands for; null where a % in it stands for no character.</summary>
    /// <param name="file">Its path in the exported folder, with / between the parts.</param>
    public static string? Page(string file)
    {
        string name = file[..^".md".Length].Replace("%/", "", StringComparison.Ordinal);
        List<byte> bytes = [];
        for (int index = 0; index < name.Length; index++)
        {
            if (name[index] != '%')
            {
                int length = char.IsHighSurrogate(name[index]) && index + 1 < name.Length ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(name.Substring(index, length)));
                index += length - 1;
            }
            else if (index + 2 < name.Length && byte.TryParse(name.AsSpan(index + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte encoded) && encoded != '/')
            {
                bytes.Add(encoded);
                index += 2;
            }
            else
            {
                return null;
            }
        }

        string page = Encoding.UTF8.GetString([.. bytes]);
        return page.Contains(Rune.ReplacementChar.ToString(), StringComparison.Ordinal) ? null : page;
    }

    private static IEnumerable<string> Beginnings(string name)
    {
        for (int slash = name.IndexOf('/', StringComparison.Ordinal); slash >= 0; slash = name.IndexOf('/', slash + 1)) yield return name[..slash];
        yield return name;
    }

    /// <summary>What a file system that does not tell capitals makes of a name.</summary>
    private static string Plain(string name) => name.ToUpperInvariant().ToLowerInvariant();

    private static string Encode(string part, bool collides, bool folder)
    {
        StringBuilder encoded = new();
        int dot = part.IndexOf('.', StringComparison.Ordinal);
        bool device = Devices.Contains(dot < 0 ? part : part[..dot]);
        int extension = folder && part.EndsWith(".md", StringComparison.OrdinalIgnoreCase) ? part.Length - ".md".Length : -1, index = 0;
        foreach (Rune rune in part.EnumerateRunes())
        {
            string character = rune.ToString();
            if ((device && index == 0) || index == extension || (collides && Plain(character) != character))
                foreach (byte one in Encoding.UTF8.GetBytes(character)) encoded.Append(CultureInfo.InvariantCulture, $"%{one:X2}");
            else
                encoded.Append(character);
            index += rune.Utf16SequenceLength;
        }

        return encoded.ToString();
    }

    private static string Cut(string part)
    {
        if (Encoding.UTF8.GetByteCount(part) <= LongestPart) return part;
        StringBuilder cut = new();
        int bytes = 0;
        for (int index = 0; index < part.Length;)
        {
            int length = part[index] == '%' ? 3 : char.IsHighSurrogate(part[index]) ? 2 : 1, size = Encoding.UTF8.GetByteCount(part.AsSpan(index, length));
            if (bytes + size > LongestPart)
            {
                cut.Append("%/");
                bytes = 0;
            }

            cut.Append(part, index, length);
            bytes += size;
            index += length;
        }

        return cut.ToString();
    }
}
