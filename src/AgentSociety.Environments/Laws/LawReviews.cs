using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments.Laws;

/// <summary>
/// How attempts are reviewed: the attempt, <c>@</c>, then for every step what was due, the step, and a mark, <c>=</c> where it holds and <c>-</c> where it does not:
/// <c>bac4=c4?2a7?5b5?1#1@c4c4?=a2a7?-a2b5?-a2#1-</c>.
/// </summary>
/// <remarks>
/// A reviewer walks the problem again, which is what it can do, and compares two neighbours. Marks alone would have to be counted off against the steps, and marks behind the steps ask for a judgement in
/// one stroke: small models learn neither, and praise everything.
/// </remarks>
static class LawReviews
{
    private const char Review = '@';
    private const char Holds = LawText.Ask;
    private const char Fails = LawText.Unknown;

    public static string Prompt(IReadOnlyList<Segment> transcript) => string.Concat(transcript.Select(segment => segment.Text)) + Review;

    /// <summary>The marks, where there are as many as steps and nothing stands behind the last; what is written before each is for the reviewer alone.</summary>
    public static IReadOnlyList<bool>? Read(string text, int steps)
    {
        bool[] marks = [.. text.Where(IsMark).Select(mark => mark == Holds)];
        return marks.Length == steps && text.Length > 0 && IsMark(text[^1]) ? marks : null;
    }

    /// <summary>A worked attempt in which some characters slipped, with the verifier's word on each step.</summary>
    /// <param name="law">The law.</param>
    /// <param name="problem">The problem.</param>
    /// <param name="world">The world that it was worked in.</param>
    /// <param name="worked">The attempt without slips.</param>
    /// <param name="random">How many slips, and where.</param>
    public static IReadOnlyList<Segment> Demonstrate(ILaw law, string problem, string[] world, IReadOnlyList<Segment> worked, KeyedRandom random)
    {
        Segment[] attempt = [.. worked];
        int[] written = [.. Enumerable.Range(0, attempt.Length).Where(index => attempt[index] is { Source: Source.Model, Text.Length: > 0 })];
        for (int slips = random.Next(2); slips > 0; slips--)
        {
            int index = random.Choose(written);
            char[] text = attempt[index].Text.ToCharArray();
            text[random.Next(text.Length)] = law.Symbols[random.Next(law.Symbols.Length)];
            attempt[index] = attempt[index] with { Text = new string(text) };
        }

        return [new(Source.Prompt, Prompt(attempt)), new(Source.Model, Of(law, problem, world, attempt))];
    }

    /// <summary>The review of an attempt that has the verifier's word on each step.</summary>
    public static string Of(ILaw law, string problem, string[] world, IReadOnlyList<Segment> attempt)
    {
        (Verdict verdict, IReadOnlyList<string> due) = LawVerifier.VerifyWithDue(law, problem, world, attempt);
        return string.Concat(verdict.Steps.Zip(due, Marked));

        string Marked(StepVerdict step, string expected) =>
            expected + string.Concat(attempt[step.Segment].Text.Substring(step.Start, step.Length).Where(character => !IsMark(character))) + (step.Valid ? Holds : Fails);
    }

    private static bool IsMark(char character) => character is Holds or Fails;
}
