using AgentSociety.Core.Environments;

namespace AgentSociety.Environments;

/// <summary>The state of the society as a proposer reads it: a character for each difficulty.</summary>
static class FrontierText
{
    /// <summary>Tenths of the solve rate, <c>9</c> for 0.9 and above, <c>-</c> where nothing of that difficulty was played.</summary>
    public static string Digits(Frontier frontier, int maximumDifficulty) => string.Create(maximumDifficulty, frontier, static (text, frontier) =>
    {
        for (int index = 0; index < text.Length; index++)
        {
            double? rate = index < frontier.SolveRates.Count ? frontier.SolveRates[index] : null;
            text[index] = rate is { } known && !double.IsNaN(known) ? (char)('0' + (int)Math.Clamp(known * 10, 0, 9)) : '-';
        }
    });
}
