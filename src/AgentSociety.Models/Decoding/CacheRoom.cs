using System.Numerics;

namespace AgentSociety.Models;

/// <summary>How many positions the caches of all slots may have together, and how many each slot's has.</summary>
/// <remarks>
/// Where every slot can have the whole context, each gets it at once. Where that would be too much, as with published models of long contexts, a cache grows with its
/// sequence, by doubling, so that as many sequences run together as there are positions for and not as there are contexts.
/// </remarks>
internal sealed class CacheRoom
{
    /// <summary>Bytes of all caches together.</summary>
    public const long UsualBytes = 4L << 30;

    private const int Least = 256;
    private const int LeastContext = 16;
    private readonly int _context;
    private readonly int[] _held;

    public CacheRoom(DecoderConfig config, int slots, int context, long bytes)
    {
        _context = context;
        _held = new int[slots];
        long wanted = (long)slots * context;
        Positions = Math.Min(wanted, Math.Max(bytes / BytesOf(config), context));
        Tight = Positions < wanted;
    }

    /// <summary>Positions of all caches together.</summary>
    public long Positions { get; }

    /// <summary>True where the slots cannot all have the whole context.</summary>
    public bool Tight { get; }

    /// <summary>Positions that are taken.</summary>
    public long Held { get; private set; }

    /// <summary>Most tokens of a sequence: what is asked for, the model's context, or what fits by itself, whichever is least.</summary>
    public static int ContextOf(DecoderConfig config, int wanted, long bytes) => (int)Math.Min(Math.Min(config.Context, wanted), Math.Max(bytes / BytesOf(config), LeastContext));

    /// <summary>Positions of a cache that is to hold so many tokens.</summary>
    public int SizeFor(int tokens) => Tight ? (int)Math.Min(_context, Math.Max(Least, BitOperations.RoundUpToPowerOf2((uint)tokens))) : _context;

    /// <summary>Positions that a slot's cache has; 0 for none.</summary>
    public int Of(int slot) => _held[slot];

    /// <summary>A slot's cache has so many positions now.</summary>
    public void Take(int slot, int positions)
    {
        Held += positions - _held[slot];
        _held[slot] = positions;
    }

    private static long BytesOf(DecoderConfig config) => 2L * config.Layers * config.KeyValueHeads * config.HeadWidth * sizeof(float);
}
