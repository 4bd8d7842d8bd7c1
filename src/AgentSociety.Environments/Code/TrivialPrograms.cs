using System.Globalization;

namespace AgentSociety.Environments.Code;

/// <summary>Tells programs that do nothing with their input: they give it back, or give the same whatever it is.</summary>
static class TrivialPrograms
{
    /// <summary>Why a program is trivial; null where it is not. It is run on the inputs and on others of their kind, until one shows that it does something.</summary>
    /// <param name="inputs">Canonical JSON values.</param>
    /// <param name="run">What it gives; null where it gives nothing.</param>
    public static string? Reason(IReadOnlyList<string> inputs, Func<string, string?> run)
    {
        bool copies = true, ignores = true;
        string? first = null;
        int ran = 0;
        foreach (string input in inputs.Concat(Like(inputs[0])).Distinct())
        {
            if (run(input) is not { } output) continue;
            // A product with nothing is -0 for what is negative.
            if (output == "-0") output = "0";
            ran++;
            first ??= output;
            copies &= output == input;
            ignores &= output == first;
            if (!copies && !ignores) return null;
        }

        return ran < 2 ? null : copies ? "the program gives back its input" : "the program gives the same whatever its input";
    }

    private static string[] Like(string input) => input[0] switch
    {
        '"' => ["\"\"", "\"a\"", "\"ba\"", "\"abc\"", "\"Zz 9\"", "\"hello world\"", "\"12\"", "\"a,b\""],
        '[' => ["[]", "[1]", "[2,1]", "[1,2,3]", "[5,-3,8,0]", "[\"b\",\"a\"]", "[[1,2],[3]]", "[0,0]"],
        '{' => ["{}", "{\"a\":1}", "{\"a\":2,\"b\":1}", "{\"a\":9,\"b\":-3,\"k\":4}", "{\"a\":\"x\",\"c\":[1,2]}"],
        't' or 'f' => ["true", "false"],
        'n' => [],
        _ => Numbers(double.Parse(input, CultureInfo.InvariantCulture)),
    };

    private static string[] Numbers(double number) =>
    [
        .. new double[] { 0, 1, 2, 3, 5, 10, 17, 100, -1, -7, number + 1, number - 1, 2 * number }.Select(one => one.ToString("R", CultureInfo.InvariantCulture)).Where(text => text != "-0" && double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture))),
    ];
}
