using AgentSociety.Models.Cpu;
using CsCheck;

namespace AgentSociety.Models.Tests;

public sealed unsafe class LookaheadTests
{
    [Fact]
    public void All_is_asked_for_in_as_many_parts_as_there_are_none_of_them_more_than_its_taker_can_ask_for_and_no_byte_that_is_not_there() =>
        Gen.Select(Gen.Int[1, 200], Gen.Int[1, 3_000].Array[1, 40], Gen.Int[1, 1_000]).Sample((parts, lengths, occasions) =>
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
            long fair = lengths.Sum() * sizeof(float) / parts + 64;
            for (int part = 0; part < parts; part++)
            {
                soon.Take(occasions, out byte* from, out byte* to);
                Assert.InRange(to - from, 0, Math.Min(fair, 64 * occasions));
                if (from != to) Assert.True(from >= (byte*)block.Start && to <= (byte*)at);
            }

            Assert.True(soon.Done);
            soon.Take(occasions, out byte* start, out byte* end);
            Assert.True(start == end);
        });
}
