using AgentSociety.Core.Randomness;

namespace AgentSociety.Environments;

/// <summary>The letters that name places and numbers of a prompt, so that what comes next is found and not counted: index hints (Zhou et al. 2023, "What algorithms can transformers learn?").</summary>
static class IndexLetters
{
    /// <summary>All of them, in their order.</summary>
    public const string All = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    /// <summary>The first twice as many letters as are shown at most: which one is the first is drawn anew each time, so that short prompts show every letter.</summary>
    public static string For(int most) => All[..Math.Min(All.Length, 2 * most)];

    /// <summary>Draws so many letters in a row from some.</summary>
    public static string Draw(string letters, int count, KeyedRandom random) => letters.Substring(random.Next(letters.Length - count + 1), count);
}
