using AgentSociety.Core.Environments;
using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;
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
}
