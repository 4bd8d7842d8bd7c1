using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentSociety.Environments.Code;

/// <summary>Tells programs that do nothing with their input: they give it back, or give the same whatever it is.</summary>
static class TrivialPrograms
{
    // Parts of an input that are changed one by one.
    private const int MostParts = 6;

    /// <summary>Why a program is trivial; null where it is not. It is run on the inputs, on others of their kind and on the first with a part changed, until one shows that it does something.</summary>
    /// <param name="inputs">Canonical JSON values.</param>
    /// <param name="run">What it gives; null where it gives nothing.</param>
    public static string? Reason(IReadOnlyList<string> inputs, Func<string, string?> run)
    {
        bool copies = true, ignores = true;
        string? first = null;
        int ran = 0;
        foreach (string input in inputs.Concat(Like(inputs[0])).Concat(Changed(inputs[0])).Distinct())
        {
            if (run(input) is not { } output) continue;
            // A product with nothing is -0 for what is negative.
            if (output == "-0") output = "0";
            ran++;
            first ??= output;
            copies = copies && Same(output, input);
            ignores &= output == first;
            if (!copies && !ignores) return null;
        }

        return ran < 2 ? "the program runs on no other input, so that nothing shows what it does with it" : copies ? "the program gives back its input" : "the program gives the same whatever its input";
    }

    /// <summary>Why another program, one that does nothing with its input, agrees with all examples of induction; null where none does, and for other kinds of task.</summary>
    /// <remarks>What is hidden must ask for more than one known value, and for more than the input itself: shown outputs can be learned by heart, and a constant stands for all others.</remarks>
    /// <param name="task">The task.</param>
    /// <param name="outputs">What its program gives, input by input.</param>
    public static string? Untold(CodeTask task, IReadOnlyList<string> outputs)
    {
        if (task.Kind != CodeKind.Induce) return null;
        string[] hidden = [.. outputs.Skip(task.Shown)];
        if (Array.TrueForAll(hidden, hidden[0].Equals) && outputs.Take(task.Shown).Contains(hidden[0])) return $"the outputs of its hidden inputs (the last {hidden.Length} of {outputs.Count}) are all {Short(hidden[0])}, which is shown too, so that a program which ignores its input would be right";
        return outputs.Zip(task.Inputs).All(pair => Same(pair.First, pair.Second)) ? "its examples give back their inputs, so that a program which does nothing would be right" : null;
    }

    private static string Short(string output) => output.Length > 20 ? $"{output.AsSpan(0, 20)}..." : output;

    private static string[] Like(string input) => input[0] switch
    {
        '"' => ["\"\"", "\"a\"", "\"ba\"", "\"abc\"", "\"Zz 9\"", "\"hello world\"", "\"12\"", "\"a,b\""],
        '[' => ["[]", "[1]", "[2,1]", "[1,2,3]", "[5,-3,8,0]", "[\"b\",\"a\"]", "[[1,2],[3]]", "[0,0]"],
        '{' => ["{}", "{\"a\":1}", "{\"a\":2,\"b\":1}", "{\"a\":9,\"b\":-3,\"k\":4}", "{\"a\":\"x\",\"c\":[1,2]}"],
        't' or 'f' => ["true", "false"],
        // Nothing is like nothing: what asks whether it has anything shows it so.
        'n' => ["0", "1", "\"a\"", "true", "[1,2]", "{\"a\":1}"],
        _ => Numbers(double.Parse(input, CultureInfo.InvariantCulture)),
    };

    // Programs that need the make of their input, such as a property of it, throw on everything else.
    private static List<string> Changed(string input)
    {
        List<string> changed = [];
        if (input[0] is not ('"' or '[' or '{')) return changed;
        try
        {
            int parts = Parts(JsonNode.Parse(input)!).Count();
            foreach (int part in Enumerable.Range(0, Math.Min(parts, MostParts)).Append(-1))
            {
                for (int way = 0; way < 2; way++)
                {
                    // The one value of a text, say, is all of it.
                    JsonArray root = [JsonNode.Parse(input)];
                    foreach ((int index, JsonNode leaf) in Parts(root).ToArray().Index().Where(at => part < 0 || at.Index == part)) leaf.ReplaceWith(Other(leaf, way));
                    changed.Add(root[0]!.ToJsonString(Written));
                }
            }

            if (JsonNode.Parse(input) is JsonArray { Count: > 1 } list)
            {
                list.RemoveAt(0);
                changed.Add(list.ToJsonString(Written));
            }
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is a text here and none to this reader.
        }

        return changed;
    }

    // What was changed here need not be written in the canonical way.
    private static bool Same(string output, string input)
    {
        if (output == input) return true;
        try
        {
            return JsonNode.DeepEquals(JsonNode.Parse(output), JsonNode.Parse(input));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static JsonSerializerOptions Written { get; } = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static IEnumerable<JsonNode> Parts(JsonNode node) => node switch
    {
        JsonArray list => list.OfType<JsonNode>().SelectMany(Parts),
        JsonObject named => named.Select(one => one.Value).OfType<JsonNode>().SelectMany(Parts),
        _ => [node],
    };

    private static JsonNode Other(JsonNode leaf, int way) => leaf.GetValueKind() switch
    {
        JsonValueKind.String => way == 0 ? $"{leaf.GetValue<string>()}a" : new string([.. leaf.GetValue<string>().Reverse()]),
        JsonValueKind.Number => Other(leaf.GetValue<double>(), way),
        JsonValueKind.True => false,
        JsonValueKind.False => true,
        _ => way,
    };

    // What would be beyond all numbers has no writing in JSON; half of it has.
    private static double Other(double number, int way) => way == 0 ? number + 1 : (-2 * number) - 1 is var changed && double.IsFinite(changed) ? changed : number / 2;

    private static string[] Numbers(double number) =>
    [
        .. new double[] { 0, 1, 2, 3, 5, 10, 17, 100, -1, -7, number + 1, number - 1, 2 * number }.Select(one => one.ToString("R", CultureInfo.InvariantCulture)).Where(text => text != "-0" && double.IsFinite(double.Parse(text, CultureInfo.InvariantCulture))),
    ];
}
