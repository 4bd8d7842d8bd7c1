using AgentSociety.Core.Randomness;

namespace AgentSociety.Learning;

/// <summary>Positions with random gaps, so that texts longer than the material meet positions that were seen.</summary>
public static class PositionGaps
{
    /// <summary>
    /// <paramref name="length"/> rising positions out of 0 .. length + slack - 1, every such choice equally likely (randomised positional
    /// encodings; Ruoss et al. 2023, section 3, with a range that follows the text's length). Plain positions where slack is 0.
    /// </summary>
    public static int[]? Draw(int length, int slack, KeyedRandom random)
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
