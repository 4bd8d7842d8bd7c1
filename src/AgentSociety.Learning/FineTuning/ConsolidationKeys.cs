using AgentSociety.Core;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Which settings a distillation of notes heeds: what has no effect must not pass in silence.</summary>
public static class ConsolidationKeys
{
    private const string Block = "consolidation";

    private static readonly string[] Heeded = ["method", "batch", "learningRate", "warmupSteps", "gradientNorm", "weights", "lora", "policy", Block];

    private static readonly string[] OfNotes = ["lessons", "problemsPerDifficulty", "steps", "replayShare", "replayWeight"];

    /// <summary>Holds changes of <see cref="FineTuneSettings"/> against the method.</summary>
    /// <param name="changes">What a user set, as <c>key=value</c>.</param>
    /// <param name="method">The method.</param>
    /// <exception cref="SocietyException">A key has no effect: why, and what to set.</exception>
    public static void Require(IEnumerable<string> changes, FineTuneMethod method)
    {
        foreach (string path in changes.Select(change => change.Split('=', 2)[0].Trim()))
        {
            string[] keys = path.Split('.', '[');
            bool ofNotes = keys[0] == Block;
            if (ofNotes && method != FineTuneMethod.Distillation) throw new SocietyException($"{path} belongs to distillation, and the method is {NamedMethod.NameOf(method)}; leave it out, or use distillation");
            if (ofNotes && keys.Length == 1) throw new SocietyException($"{Block}: set its keys one by one, as {Block}.KEY=VALUE");
            if (ofNotes && !OfNotes.Contains(keys[1])) throw new SocietyException($"{path}: has no effect where a run's notes are distilled; {(Heeded.Contains(keys[1]) ? $"set {path[(Block.Length + 1)..]}" : "leave it out")}");
            if (method != FineTuneMethod.Distillation || Heeded.Contains(keys[0])) continue;
            throw new SocietyException($"{path}: has no effect where a run's notes are distilled; {(keys[0] == "epochs" ? $"set {Block}.steps" : "leave it out")}");
        }
    }
}
