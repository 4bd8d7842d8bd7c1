using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;

namespace AgentSociety.Learning;

/// <summary>Positions with random gaps, so that texts longer than the material meet positions that were seen.</summary>
/// <param name="Slack">Positions that may be skipped anywhere.</param>
/// <param name="Jump">The most positions that are skipped at one place, out of what room slack leaves.</param>
public readonly record struct PositionGaps(int Slack, int Jump)
{
    /// <summary>Those of base material.</summary>
    public static PositionGaps Of(PretrainSettings settings) => new(settings.PositionSlack, settings.PositionJump);

    /// <summary>Rising positions of a text, below <paramref name="context"/>; null for plain ones.</summary>
    /// <param name="length">Tokens of the text.</param>
    /// <param name="context">Positions that there are.</param>
    /// <param name="random">Where draws come from; none is made where there are no gaps.</param>
    public int[]? Draw(int length, int context, KeyedRandom random)
    {
        int room = Math.Max(0, context - length), slack = Math.Min(Slack, room), jump = Math.Min(Jump, room - slack);
        int[]? positions = Spread(length, slack, random);
        if (jump <= 0 || length < 2) return positions;
        positions ??= [.. Enumerable.Range(0, length)];
        int skipped = random.Next(jump + 1);
        for (int place = 1 + random.Next(length - 1); place < length; place++) positions[place] += skipped;
        return positions;
    }

    /// <summary>
    /// <paramref name="length"/> rising positions out of 0 .. length + slack - 1, every such choice equally likely (randomised positional
    /// encodings; Ruoss et al. 2023, section 3, with a range that follows the text's length). Plain positions where slack is 0.
    /// </summary>
    private static int[]? Spread(int length, int slack, KeyedRandom random)
    {
        if (slack == 0) return null;
        int[] positions = new int[length];
        int taken = 0, range = length + slack;
        for (int position = 0; taken < length; position++)
        {
            // Selection sampling (Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S).
            if (random.Next(range - position) < length - taken) positions[taken++] = position;
        }

        return positions;
    }
}
