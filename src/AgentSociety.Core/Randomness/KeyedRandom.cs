using System.Text;

namespace AgentSociety.Core.Randomness;

/// <summary>
/// A stream of random numbers that depends on nothing but its key: run seed, purpose and ids. Two actors that draw
/// in another order, or a run that was killed and resumed, get the same numbers.
/// </summary>
/// <remarks>
/// Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (SC 2011), section 3. The key is 64 bits
/// mixed from the ids by the SplitMix64 finaliser; the counter is 128 bits. Not for cryptography. Not thread-safe: make one
/// a purpose, they cost nothing.
/// </remarks>
public sealed class KeyedRandom
{
    private readonly uint _key0;
    private readonly uint _key1;
    private ulong _counter;
    private readonly uint[] _block = new uint[4];
    private int _used = 4;

    private KeyedRandom(ulong key)
    {
        _key0 = (uint)key;
        _key1 = (uint)(key >> 32);
    }

    /// <summary>The stream of one purpose in one run.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="purpose">What the numbers are for, such as <c>sample</c> or <c>held-out</c>; part of the key.</param>
    /// <param name="ids">What distinguishes this stream from others of the purpose: round, problem, attempt.</param>
    public static KeyedRandom For(ulong seed, string purpose, params ReadOnlySpan<long> ids) => new(Key(seed, purpose, ids));

    /// <summary>The 64-bit key that <see cref="For"/> would use; a seed for things that keep their own generator.</summary>
    public static ulong Key(ulong seed, string purpose, params ReadOnlySpan<long> ids)
    {
        ulong key = Mix(seed + 0x9E3779B97F4A7C15);
        foreach (byte value in Encoding.UTF8.GetBytes(purpose)) key = Mix(key ^ (value + 0x100UL));
        foreach (long id in ids) key = Mix(key + 0x9E3779B97F4A7C15 ^ (ulong)id);
        return key;
    }

    /// <summary>The stream of a key made by <see cref="Key"/>.</summary>
    public static KeyedRandom FromKey(ulong key) => new(key);

    /// <summary>32 random bits.</summary>
    public uint NextUInt32()
    {
        if (_used == 4)
        {
            Philox(_counter++, 0, _key0, _key1, _block);
            _used = 0;
        }

        return _block[_used++];
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64() => (ulong)NextUInt32() << 32 | NextUInt32();

    /// <summary>A number in [0, 1) with 53 random bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>An integer in [0, <paramref name="exclusiveMaximum"/>), without modulo bias (Lemire 2019, algorithm 5).</summary>
    public int Next(int exclusiveMaximum)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(exclusiveMaximum);
        uint range = (uint)exclusiveMaximum;
        ulong product = (ulong)NextUInt32() * range;
        if ((uint)product < range)
        {
            uint threshold = (0u - range) % range;
            while ((uint)product < threshold) product = (ulong)NextUInt32() * range;
        }

        return (int)(product >> 32);
    }

    /// <summary>An integer in [<paramref name="minimum"/>, <paramref name="inclusiveMaximum"/>].</summary>
    public int Next(int minimum, int inclusiveMaximum) => minimum + Next(inclusiveMaximum - minimum + 1);

    /// <summary>A standard normal number (Box-Muller).</summary>
    public double NextGaussian()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - NextDouble()));
        return radius * Math.Cos(2 * Math.PI * NextDouble());
    }

    /// <summary>One element, each equally likely.</summary>
    public T Choose<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>Shuffles in place, every order equally likely (Fisher-Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (int last = items.Length - 1; last > 0; last--)
        {
            int other = Next(last + 1);
            (items[last], items[other]) = (items[other], items[last]);
        }
    }

    /// <summary>A random order of 0 .. <paramref name="count"/> - 1.</summary>
    public int[] Permutation(int count)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        Shuffle(order.AsSpan());
        return order;
    }

    /// <summary>Ten rounds of Philox 4x32 over a 128-bit counter.</summary>
    internal static void Philox(ulong counterLow, ulong counterHigh, uint key0, uint key1, Span<uint> block)
    {
        uint a = (uint)counterLow, b = (uint)(counterLow >> 32), c = (uint)counterHigh, d = (uint)(counterHigh >> 32);
        for (int round = 0; round < 10; round++)
        {
            ulong first = 0xD2511F53UL * a, second = 0xCD9E8D57UL * c;
            (a, b, c, d) = ((uint)(second >> 32) ^ b ^ key0, (uint)second, (uint)(first >> 32) ^ d ^ key1, (uint)first);
            key0 += 0x9E3779B9;
            key1 += 0xBB67AE85;
        }

        block[0] = a;
        block[1] = b;
        block[2] = c;
        block[3] = d;
    }

    private static ulong Mix(ulong value)
    {
        value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9;
        value = (value ^ value >> 27) * 0x94D049BB133111EB;
        return value ^ value >> 31;
    }
}
