using AgentSociety.Core.Play;
using AgentSociety.Core.Randomness;

namespace AgentSociety.Core.Environments;

/// <summary>An environment whose finished attempts can be put before their author again, who marks step by step what holds.</summary>
/// <remarks>The steps are those into which the verifier divides an attempt; whether they hold is for the reviewer to say, who is told neither the verdict nor anything of the world.</remarks>
public interface IReviewed
{
    /// <summary>What a reviewer sees of an attempt, to write its marks after.</summary>
    /// <param name="transcript">The attempt, prompt first.</param>
    string ReviewPrompt(IReadOnlyList<Segment> transcript);

    /// <summary>Characters of a review of an attempt that says beside each step what was due.</summary>
    /// <param name="problem">What was attempted.</param>
    /// <param name="transcript">The attempt, prompt first.</param>
    int ReviewLength(Problem problem, IReadOnlyList<Segment> transcript);

    /// <summary>Reads a review: true for each step that holds; null where the text has not the form of a review of so many steps. Never throws.</summary>
    IReadOnlyList<bool>? ReadReview(string text, int steps);

    /// <summary>A review of an attempt that may have slips, in a world made up for it, prompt first.</summary>
    IReadOnlyList<Segment> DemonstrateReview(int difficulty, KeyedRandom random);
}
