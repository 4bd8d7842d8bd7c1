using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Learning;

/// <summary>Makes pairs of answers out of groups of attempts.</summary>
internal static class LogPairs
{
    /// <summary>Right answers beside wrong ones to the same problem; each right answer is used before any is used twice.</summary>
    public static IReadOnlyList<PreferencePair> RightOverWrong(IReadOnlyList<LoggedEpisode> log, bool sound, int perGroup, ulong seed) =>
        Pairs(log, sound, perGroup, seed, "dpo", (logged, right) => !right);

    /// <summary>Right answers beside the model's own draws for the same problem, right or wrong, never beside themselves.</summary>
    public static IReadOnlyList<PreferencePair> RightOverOwn(IReadOnlyList<LoggedEpisode> log, bool sound, int perGroup, ulong seed) =>
        Pairs(log, sound, perGroup, seed, "spin", (logged, right) => true);

    /// <summary>An episode as a text to imitate.</summary>
    public static TrainingSequence Text(LoggedEpisode logged) =>
        new() { Tokens = logged.Episode.Tokens, Mask = logged.Episode.LossMask, Role = logged.Episode.Role };

    public static bool IsRight(LoggedEpisode logged, bool sound) => sound ? logged.Episode.Sound : logged.Episode.Outcome == Outcome.Correct;

    private static List<PreferencePair> Pairs(
        IReadOnlyList<LoggedEpisode> log, bool sound, int perGroup, ulong seed, string purpose, Func<LoggedEpisode, bool, bool> canLose)
    {
        List<PreferencePair> pairs = [];
        int number = 0;
        // Reviews of one problem's attempts are of different texts: neither is an answer to the other's prompt.
        foreach (IGrouping<string?, LoggedEpisode> group in log.Where(logged => logged.Group is not null && logged.Episode.Role != Role.Critic).GroupBy(logged => logged.Group))
        {
            KeyedRandom random = KeyedRandom.For(seed, $"pairs/{purpose}", number++);
            LoggedEpisode[] right = [.. group.Where(logged => IsRight(logged, sound))];
            LoggedEpisode[] losers = [.. group.Where(logged => canLose(logged, IsRight(logged, sound)))];
            random.Shuffle(right.AsSpan());
            for (int pair = 0; pair < perGroup && right.Length > 0; pair++)
            {
                LoggedEpisode better = right[pair % right.Length];
                LoggedEpisode[] worse = [.. losers.Where(loser => !loser.Episode.Tokens.AsSpan().SequenceEqual(better.Episode.Tokens))];
                if (worse.Length > 0) pairs.Add(new PreferencePair(Text(better), Text(random.Choose(worse))));
            }
        }

        return pairs;
    }
}
