using System.Text;

namespace AgentSociety.Models;

/// <summary>The printable character that stands for each byte in byte-level vocabularies.</summary>
/// <remarks>Radford et al. (2019), section 2.2, as published with GPT-2: printable Latin-1 stands for itself, the others follow from U+0100 on.</remarks>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = Build();
    private static readonly Dictionary<char, byte> Bytes = Enumerable.Range(0, 256).ToDictionary(value => Characters[value], value => (byte)value);

    /// <summary>The character of a byte.</summary>
    public static char Of(byte value) => Characters[value];

    /// <summary>A text's UTF-8 bytes as such characters.</summary>
    public static string Write(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return string.Create(bytes.Length, bytes, static (characters, source) =>
        {
            for (int index = 0; index < source.Length; index++) characters[index] = Characters[source[index]];
        });
    }

    /// <summary>The bytes that a token's characters stand for; null where a character stands for none.</summary>
    public static byte[]? Read(string token)
    {
        byte[] bytes = new byte[token.Length];
        for (int index = 0; index < token.Length; index++)
        {
            if (!Bytes.TryGetValue(token[index], out bytes[index])) return null;
        }

        return bytes;
    }

    private static char[] Build()
    {
        char[] characters = new char[256];
        int next = 256;
        for (int value = 0; value < 256; value++) characters[value] = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE ? (char)value : (char)next++;
        return characters;
    }
}
