using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;

namespace AgentSociety.Learning;

/// <summary>Makes pairs of answers out of groups of attempts, of a log or of a round of play; a group gives no pair twice.</summary>
internal static class LogPairs
{
    /// <summary>Right answers beside wrong ones to the same problem; each right answer is used before any is used twice.</summary>
    public static IReadOnlyList<PreferencePair> RightOverWrong(IReadOnlyList<LoggedEpisode> log, bool sound, int perGroup, ulong seed) =>
        Pairs(log, sound, perGroup, seed, "dpo", right => !right);

    /// <summary>Right answers beside the model's own draws for the same problem, right or wrong, never beside themselves.</summary>
    public static IReadOnlyList<PreferencePair> RightOverOwn(IReadOnlyList<LoggedEpisode> log, bool sound, int perGroup, ulong seed) =>
        Pairs(log, sound, perGroup, seed, "spin", right => true);

    /// <summary>An episode as a text to imitate.</summary>
    public static TrainingSequence Text(LoggedEpisode logged) => Text(logged.Episode) with { Episode = null };

    public static bool IsRight(LoggedEpisode logged, bool sound) => sound ? logged.Episode.Sound : logged.Episode.Outcome == Outcome.Correct;

    /// <summary>The pairs of a round of play: rewarded answers of solvers beside others of the same problem, or beside the round's own draws.</summary>
    public static IReadOnlyList<PreferencePair> OfRound(IEnumerable<EpisodeRecord> round, bool overOwn, int perGroup, ulong seed, string purpose) =>
        Pairs(round.Where(episode => episode is { Role: Role.Solver, Problem: not null }).Select(episode => (episode, (string?)episode.Problem, episode.Reward > 0)), perGroup, seed, purpose, right => overOwn || !right);

    private static List<PreferencePair> Pairs(IReadOnlyList<LoggedEpisode> log, bool sound, int perGroup, ulong seed, string purpose, Func<bool, bool> canLose) =>
        // Reviews of one problem's attempts are of different texts: neither is an answer to the other's prompt.
        Pairs(log.Where(logged => logged.Group is not null && logged.Episode.Role != Role.Critic).Select(logged => (logged.Episode, logged.Group, IsRight(logged, sound))), perGroup, seed, purpose, canLose);

    private static List<PreferencePair> Pairs(IEnumerable<(EpisodeRecord Episode, string? Group, bool Right)> attempts, int perGroup, ulong seed, string purpose, Func<bool, bool> canLose)
    {
        List<PreferencePair> pairs = [];
        int number = 0;
        foreach (IGrouping<string?, (EpisodeRecord Episode, string? Group, bool Right)> group in attempts.GroupBy(attempt => attempt.Group))
        {
            KeyedRandom random = KeyedRandom.For(seed, $"pairs/{purpose}", number++);
            EpisodeRecord[] right = [.. group.Where(attempt => attempt.Right).Select(attempt => attempt.Episode)];
            EpisodeRecord[] losers = [.. group.Where(attempt => canLose(attempt.Right)).Select(attempt => attempt.Episode)];
            random.Shuffle(right.AsSpan());
            List<EpisodeRecord>[] worse = [.. right.Select(better => losers.Where(loser => !loser.Tokens.AsSpan().SequenceEqual(better.Tokens)).ToList())];
            int most = Math.Min(perGroup, worse.Sum(left => left.Count));
            for (int turn = 0, made = 0; made < most; turn++)
            {
                List<EpisodeRecord> left = worse[turn % right.Length];
                if (left.Count == 0) continue;
                EpisodeRecord loser = random.Choose(left);
                left.Remove(loser);
                pairs.Add(new PreferencePair(Text(right[turn % right.Length]), Text(loser)));
                made++;
            }
        }

        return pairs;
    }

    private static TrainingSequence Text(EpisodeRecord episode) => new() { Tokens = episode.Tokens, Mask = episode.LossMask, Role = episode.Role, Episode = episode.Id };
}
