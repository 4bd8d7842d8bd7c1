using AgentSociety.Core.Randomness;
using AgentSociety.Core.Scenarios;
using AgentSociety.Models.Cpu;
using CsCheck;

namespace AgentSociety.Models.Tests;

/// <summary>How the rows of a step are shared out among threads, and that nobody can tell from what comes out.</summary>
[Collection("Torch")]
public sealed class BlockOrderTests
{
    [Fact]
    public void Every_row_is_in_one_block_and_what_a_block_waits_for_is_taken_before_it() =>
        Gen.Select(Gen.Int[1, 90].Array[0, 40], Gen.Int[1, 6]).Sample((lengths, threads) =>
        {
            Row[] rows = Rows(lengths);
            BlockOrder order = new();
            order.Cut(rows, threads);
            List<(int Start, Row[] Rows)> taken = [];
            while (order.TryTake(0, out int block))
            {
                Row[] own = order.Rows(block).ToArray();
                int start = Array.IndexOf(rows, own[0]);
                Assert.InRange(own.Length, 1, BlockOrder.MostRows);
                if (start > 0 && rows[start - 1].Slot == own[0].Slot) Assert.Contains(rows[start - 1], taken.SelectMany(other => other.Rows));
                taken.Add((start, own));
            }

            Assert.Equal(order.Count, taken.Count);
            Assert.Equal(rows, taken.OrderBy(block => block.Start).SelectMany(block => block.Rows));
        }, iter: 2000, threads: 1);

    [Theory]
    [InlineData(1, 512, 8)]
    [InlineData(2, 512, 8)]
    [InlineData(2, 40, 2)]
    [InlineData(2, 200, 4)]
    [InlineData(3, 100, 3)]
    public void A_long_prompt_makes_blocks_for_every_thread(int threads, int length, int blocks)
    {
        BlockOrder order = new();
        order.Cut(Rows([length]), threads);
        Assert.Equal(blocks, order.Count);
    }

    [Fact]
    public void Sequences_are_cut_only_where_none_ends_nearby_and_all_begin_before_one_goes_on()
    {
        BlockOrder order = new();
        order.Cut(Rows([.. Enumerable.Repeat(10, 64)]), 2);
        while (order.TryTake(0, out int block)) Assert.Equal(0, order.Rows(block)[0].Position);
        order.Cut(Rows([128, 128]), 2);
        List<(int, int)> begun = [];
        while (order.TryTake(0, out int block)) begun.Add((order.Rows(block)[0].Slot, order.Rows(block)[0].Position));
        Assert.Equal([(0, 0), (1, 0), (0, 64), (1, 64)], begun);
    }

    [Fact]
    public void Where_no_sequence_is_cut_each_thread_begins_with_its_own_part_and_then_helps_the_others()
    {
        BlockOrder order = new();
        order.Cut(Rows([.. Enumerable.Repeat(1, 256)]), 2);
        Assert.True(order.Independent);
        Assert.Equal([128, 192, 0, 64], Enumerable.Range(0, 4).Select(_ => order.TryTake(1, out int block) ? order.Rows(block)[0].Slot : -1));
        Assert.False(order.TryTake(0, out _));
        order.Cut(Rows([.. Enumerable.Repeat(1, 200), 60]), 2);
        Assert.False(order.Independent);
        Assert.Equal(0, order.TryTake(1, out int first) ? order.Rows(first)[0].Slot : -1);
    }

    [Fact]
    public async Task Nobody_waits_for_a_thread_that_has_failed()
    {
        BlockOrder order = new();
        order.Cut(Rows([128]), 2);
        Assert.True(order.TryTake(0, out _));
        Assert.True(order.TryTake(0, out int second));
        Task waits = Task.Run(() => order.Stored(second, 0));
        NotSupportedException cause = new();
        order.Break(cause);
        InvalidOperationException told = await Assert.ThrowsAsync<InvalidOperationException>(() => waits.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Same(cause, told.InnerException);
    }

    [Theory]
    [InlineData("grouped")]
    [InlineData("windowed")]
    public void Logits_are_the_same_bits_on_any_number_of_threads(string shape)
    {
        using LanguageModel model = shape == "windowed" ? Architectures.Model("mistral, window of 20")
            : Torch.Loud(new ArchitectureSettings { Width = 64, Layers = 3, Heads = 4, KeyValueHeads = 2, FeedForward = 128, Context = 400 });
        int context = model.Decoder.Config.Context;
        // Long prompts, short ones and sequences that decode, side by side.
        Row[] rows = Rows([context - 1, 1, 70, 1, 1, 30, 100, 1, 64, 9, 9, 9]);
        float[] alone = Run(1);
        foreach (int threads in (int[])[2, 3, 5])
        {
            for (int repeat = 0; repeat < 5; repeat++) Assert.Equal(alone.Select(BitConverter.SingleToInt32Bits), Run(threads).Select(BitConverter.SingleToInt32Bits));
        }

        float[] Run(int threads)
        {
            using CpuPass pass = new(model, new PassSize(Slots: 12, context, Positions: 12L * context, Rows: 12), threads);
            pass.Refresh();
            pass.Run(rows);
            return [.. Enumerable.Range(0, 12).SelectMany(output => pass.Logits(output).ToArray())];
        }
    }

    /// <summary>Rows of sequences of these lengths, the logits of each last one wanted.</summary>
    private static Row[] Rows(int[] lengths)
    {
        KeyedRandom random = KeyedRandom.For(1, "rows");
        List<Row> rows = [];
        for (int slot = 0; slot < lengths.Length; slot++)
        {
            for (int position = 0; position < lengths[slot]; position++) rows.Add(new Row(random.Next(20), slot, position, null, position == lengths[slot] - 1 ? slot : -1));
        }

        return [.. rows];
    }
}
