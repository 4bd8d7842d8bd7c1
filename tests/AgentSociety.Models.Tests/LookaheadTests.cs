using AgentSociety.Models.Cpu;
using CsCheck;

namespace AgentSociety.Models.Tests;

public sealed unsafe class LookaheadTests
{
    [Fact]
    public void All_is_asked_for_in_as_many_parts_as_there_are_none_of_them_large_and_no_byte_that_is_not_there() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 3_000].Array[1, 40]).Sample((parts, lengths) =>
        {
            using FloatBlock block = new(lengths.Sum());
            Lookahead soon = new();
            float* at = block.Start;
            foreach (int length in lengths)
            {
                soon.Add((byte*)at, length * sizeof(float));
                at += length;
            }

            soon.Spread(parts);
            long fair = lengths.Sum() * sizeof(float) / parts + 256;
            for (int part = 0; part < parts; part++)
            {
                soon.Take(out byte* from, out byte* to);
                Assert.InRange(to - from, 0, fair);
                if (from != to) Assert.True(from >= (byte*)block.Start && to <= (byte*)at);
            }

            Assert.True(soon.Done);
            soon.Take(out byte* start, out byte* end);
            Assert.True(start == end);
        });
}
