namespace AgentSociety.Environments.Games;

/// <summary>What board games share in writing moves.</summary>
static class BoardMoves
{
    /// <summary>The moves <c>1</c> to <c>9</c>.</summary>
    public static string[] Digits { get; } = [.. Enumerable.Range(1, 9).Select(number => number.ToString())];

    public static ArgumentException Illegal(string move, string view) =>
        new($"'{(move.Length > 20 ? move[..20] + "..." : move)}' is not a legal move at {view}", nameof(move));
}
