using System.Globalization;
using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
using AgentSociety.Core.Records;
using AgentSociety.Models;

namespace AgentSociety.Learning.Tests;

/// <summary>Material of the smallest kind: count on from a digit. <c>3:</c> is solved by <c>456</c>, a proposal writes the digit.</summary>
internal sealed class CountingWorld : IDemonstrator
{
    public const string Alphabet = "0123456789:?";
    public const int EndOfText = 12;
    public const int Vocabulary = 13;

    public static TextCode Text { get; } = new(new CharacterTokenizer(Alphabet), Context: 16);

    public IReadOnlyList<Segment> DemonstrateSolution(int difficulty, KeyedRandom random)
    {
        int first = random.Next(10);
        return [new(Source.Prompt, $"{first}:"), new(Source.Model, string.Concat(Enumerable.Range(1, difficulty).Select(step => (first + step) % 10)))];
    }

    public IReadOnlyList<Segment> DemonstrateProposal(int difficulty, KeyedRandom random) =>
        [new(Source.Prompt, "?"), new(Source.Model, $"{random.Next(10)}:")];

    /// <summary>A logged attempt to count one on from twice the problem's number; right where that was written.</summary>
    public static LoggedEpisode Attempt(int problem, int attempt, int written, Func<int[], float[]> logProbabilities)
    {
        int first = problem * 2;
        bool right = written == (first + 1) % 10;
        int[] tokens = [first, 10, written, EndOfText];
        return new LoggedEpisode(
            "first",
            new EpisodeRecord
            {
                Id = $"1/solve/{problem}/{attempt}",
                Round = 1,
                Agent = "ada",
                Role = Role.Solver,
                Problem = $"1/{problem}",
                Attempt = attempt,
                Checkpoint = "base",
                Segments = [new(Source.Prompt, $"{first}:"), new(Source.Model, written.ToString(CultureInfo.InvariantCulture))],
                Tokens = tokens,
                LogProbabilities = logProbabilities(tokens),
                LossMask = [false, false, true, true],
                Outcome = right ? Outcome.Correct : Outcome.Wrong,
                Reason = "",
                Sound = right,
                Reward = right ? 1 : 0,
            },
            new ProblemRecord { Id = $"1/{problem}", Round = 1, Text = $"{first}:", Difficulty = 1, CanonicalForm = $"{first}:", SolveRate = 0.25 });
    }
}
