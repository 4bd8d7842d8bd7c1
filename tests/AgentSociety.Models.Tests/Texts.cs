using System.Text;
using CsCheck;

namespace AgentSociety.Models.Tests;

/// <summary>Texts that tokenizers stumble over.</summary>
internal static class Texts
{
    public static readonly string[] Hard =
    [
        "", " ", "  ", "a", " a", "a ", "Hello, world!", "  leading and   inner  and trailing   ", "\n\n\n", " \n \n", "\t\tif (x) {\n\t\t\treturn 1;\n\t\t}\r\n",
        "def f(x):\n    return x ** 2  # squares\n\n\nprint(f(12345))", "I'm you're HE'LL we'd it's 'tis 'S'T 'Re", "1 12 123 1234 12345678901234567890 3.14159 1e-10 ٣٤٥ ½ Ⅷ ²",
        "Größe über Straße, naïve façade, Łódź", "Привет, мир! Съешь же ещё", "Γειά σου Κόσμε", "שלום עולם", "مرحبا بالعالم", "नमस्ते दुनिया", "สวัสดีชาวโลก", "你好，世界！今天天气很好。", "こんにちは世界カタカナ", "안녕하세요 세계",
        "e\u0301 vs \u00E9, A\u030A vs \u00C5, \u1112\u1161\u11AB vs \uD55C, q\u0307\u0323 vs q\u0323\u0307", "👍 👍🏽 👨‍👩‍👧‍👦 🇩🇪 🏴󠁧󠁢󠁥󠁮󠁧󠁿 ☃️", "𝒜𝓁𝓅𝒽𝒶 𝟙𝟚𝟛 𐐷 𠀀𠀁 𞤀", "zero\u200Bwidth\u200Djoin\uFEFFbom", "\u00A0non\u00A0breaking\u2003em\u3000ideographic", "\u0000\u0001\u001B[0m\u007F",
        "<|im_start|>user\n<|im_end|>", "<s>not a token</s>", "<|begin_of_text|><|eot_id|>", "<tool_call>{\"a\": 1}</tool_call>", "▁▁ ▁a", "<0x41><0xFF>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "!@#$%^&*()_+-=[]{}|;':\",./<>?`~", "http://example.org/path?query=1&other=%20#fragment",
        "don’t “quote” — dash…", "\r\n\r\n mixed \r line \n ends", "x\u2028y\u2029z\u0085w", "'ſ K 'K", "ﬁ ﬂ ǅ ʰ ª", "שּׁ ẛ̣ Å Ω", "\uFFFD\uFFFE", "end\n", "tab\there", "            deep\n        indent",
    ];

    private static readonly Gen<int> Point = Gen.OneOf(
        Gen.Int[0, 0x7F], Gen.Const(0x20), Gen.Const(0x0A), Gen.Int['0', '9'], Gen.Int[0x80, 0x24F], Gen.Int[0x300, 0x36F], Gen.Int[0x370, 0x5FF], Gen.Int[0x900, 0x97F], Gen.Int[0x1100, 0x11FF], Gen.Int[0x2000, 0x206F], Gen.Int[0x3040, 0x30FF], Gen.Int[0x4E00, 0x9FFF],
        Gen.Int[0xAC00, 0xD7A3], Gen.Int[0x1D400, 0x1D7FF], Gen.Int[0x1F300, 0x1FAFF], Gen.Int[0x20000, 0x200FF]);

    /// <summary>Whole characters of many scripts, blanks and digits often.</summary>
    public static readonly Gen<string> Any = Point.Array[0, 60].Select(points => points.Aggregate(new StringBuilder(), (text, point) => text.Append(char.ConvertFromUtf32(point))).ToString());

    /// <summary>A small library for training vocabularies.</summary>
    public static IEnumerable<string> Library => Hard.Concat(Enumerable.Range(0, 200).Select(index => $"The {(index % 3 == 0 ? "agent" : "solver")} writes page {index}: über die Größe von {index * 7} — the answer is {index * index}.\n"));
}
