using AgentSociety.Core.Randomness;
using CsCheck;

namespace AgentSociety.Core.Tests;

public sealed class KeyedRandomTests
{
    // Known answers of the authors' reference implementation (Random123, kat_vectors, philox4x32-10).
    [Theory]
    [InlineData(0UL, 0UL, 0u, 0u, "6627e8d5 e169c58d bc57ac4c 9b00dbd8")]
    [InlineData(ulong.MaxValue, ulong.MaxValue, uint.MaxValue, uint.MaxValue, "408f276d 41c83b0e a20bc7c6 6d5451fd")]
    [InlineData(0x85a308d3243f6a88UL, 0x0370734413198a2eUL, 0xa4093822u, 0x299f31d0u, "d16cfe09 94fdcceb 5001e420 24126ea1")]
    public void Philox_gives_the_known_answers(ulong low, ulong high, uint key0, uint key1, string expected)
    {
        uint[] block = new uint[4];
        KeyedRandom.Philox(low, high, key0, key1, block);
        Assert.Equal(expected, string.Join(' ', block.Select(word => word.ToString("x8"))));
    }

    [Fact]
    public void The_same_key_gives_the_same_stream_and_any_other_key_another() => Gen.ULong.Select(Gen.Long, Gen.Long).Sample((seed, a, b) =>
    {
        ulong First(params long[] ids) => KeyedRandom.For(seed, "test", ids).NextUInt64();
        Assert.Equal(First(a, b), First(a, b));
        Assert.NotEqual(First(a, b), First(a, b, 0));
        Assert.NotEqual(First(a), KeyedRandom.For(seed, "other", a).NextUInt64());
        if (a != b) Assert.NotEqual(First(a, b), First(b, a));
    });

    [Fact]
    public void Next_is_uniform_over_its_range()
    {
        const int draws = 70_000, sides = 7;
        KeyedRandom random = KeyedRandom.For(1, "uniform");
        int[] counts = new int[sides];
        for (int draw = 0; draw < draws; draw++) counts[random.Next(sides)]++;
        double expected = (double)draws / sides;
        double chiSquare = counts.Sum(count => (count - expected) * (count - expected) / expected);
        Assert.InRange(chiSquare, 0, 22.46); // 99.9 % point with 6 degrees of freedom
    }

    [Fact]
    public void Permutation_holds_every_number_once() => Gen.ULong.Select(Gen.Int[1, 50]).Sample((seed, count) =>
        KeyedRandom.For(seed, "order").Permutation(count).Order().SequenceEqual(Enumerable.Range(0, count)));
}
