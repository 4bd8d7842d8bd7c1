using AgentSociety.Models.Cpu;
using CsCheck;

namespace AgentSociety.Models.Tests;

/// <summary>The kernels of this machine's vectors and those for narrower ones, beside sums that are written out number by number: equal to the bit.</summary>
public sealed unsafe class TileTests
{
    private const int Lane = 16;

    private static readonly Gen<(int Inputs, int Width, uint Seed)> Shapes = Gen.Select(Gen.Int[1, 70], Gen.Int[1, 4], Gen.UInt);

    private static readonly Gen<(int Inputs, int Width, int Rows, uint Seed)> NarrowShapes = Gen.Select(Gen.Int[1, 70], Gen.Int[3, 4], Gen.Int[1, 17], Gen.UInt);

    [Fact]
    public void Rows_of_float32_weights_give_the_same_bits_by_four_and_by_one() => Shapes.Sample(shape => HoldTiles<float>(shape.Inputs, shape.Width, shape.Seed));

    [Fact]
    public void Rows_of_bfloat16_weights_give_the_same_bits_by_four_and_by_one() => Shapes.Sample(shape => HoldTiles<BFloat16>(shape.Inputs, shape.Width, shape.Seed));

    [Fact]
    public void Any_number_of_rows_gives_the_same_bits_in_narrow_tiles_of_float32_weights() => NarrowShapes.Sample(shape => HoldNarrowTiles<float>(shape.Inputs, shape.Width, shape.Rows, shape.Seed));

    [Fact]
    public void Any_number_of_rows_gives_the_same_bits_in_narrow_tiles_of_bfloat16_weights() => NarrowShapes.Sample(shape => HoldNarrowTiles<BFloat16>(shape.Inputs, shape.Width, shape.Rows, shape.Seed));

    [Fact]
    public void Narrow_tiles_take_every_row_once_and_by_themselves_only_what_four_does_not_divide() => Gen.Int[0, 200].Sample(rows =>
    {
        int taken = 0, tiles = 0, alone = 0;
        for (int count; taken < rows; taken += count)
        {
            count = NarrowTile<float>.Rows(rows - taken);
            Assert.Contains(count, (int[])[1, 4, 6]);
            if (count == 1) alone++;
            else tiles++;
        }

        Assert.Equal(rows, taken);
        Assert.Equal(tiles, NarrowTile<float>.Tiles(rows));
        Assert.True(alone <= rows % 4, $"{alone} of {rows} rows by themselves");
    });

    [Fact]
    public void Low_rank_updates_in_float32_give_the_same_bits_in_narrow_tiles() => Shapes.Sample(shape => HoldLowRank<float>(shape.Inputs, shape.Width, shape.Seed, scale: 1));

    [Fact]
    public void Low_rank_updates_in_bfloat16_give_the_same_bits_in_narrow_tiles() => Shapes.Sample(shape => HoldLowRank<BFloat16>(shape.Inputs, shape.Width, shape.Seed, scale: 0.3f));

    /// <summary>So that a broken model is noticed; one in a whole vector, one in what is left over.</summary>
    [Fact]
    public void What_is_no_number_stays_none_in_the_gate_and_no_neighbour_is_touched()
    {
        const int Length = 40;
        using FloatBlock row = new(2 * Length);
        for (int index = 0; index < 2 * Length; index++) row.Start[index] = index / 16f - 2;
        row.Start[5] = row.Start[Length - 2] = float.NaN;
        Elementwise.Gate(row.Start, row.Start + Length, Length);
        for (int index = 0; index < Length; index++)
        {
            double gate = index / 16f - 2, expected = gate / (1 + Math.Exp(-gate)) * ((index + Length) / 16f - 2);
            if (index is 5 or Length - 2) Assert.True(float.IsNaN(row.Start[index]));
            else Assert.Equal(expected, row.Start[index], 1e-5);
        }
    }

    [Fact]
    public void Heads_of_every_width_are_turned_and_rows_of_every_length_scaled_as_one_number_after_another() =>
        Gen.Select(Gen.Int[1, 40], Gen.UInt).Sample((half, seed) =>
        {
            Random random = new((int)seed);
            using FloatBlock head = Random(2 * half, random), cosines = Random(half, random), sines = Random(half, random);
            float[] expected = new float[2 * half], scaled = new float[2 * half];
            for (int index = 0; index < half; index++)
            {
                float first = head.Start[index], second = head.Start[index + half];
                expected[index] = first * cosines.Start[index] - second * sines.Start[index];
                expected[index + half] = second * cosines.Start[index] + first * sines.Start[index];
            }

            Elementwise.Rotate(head.Start, cosines.Start, sines.Start, half);
            Same(expected, head.Start);
            for (int index = 0; index < scaled.Length; index++) scaled[index] = expected[index] * 0.3f;
            Elementwise.Scale(head.Start, 0.3f, scaled.Length);
            Same(scaled, head.Start);
        });

    private static void HoldTiles<TWeight>(int inputs, int width, uint seed)
        where TWeight : unmanaged
    {
        Random random = new((int)seed);
        const int Between = 5;
        int outputs = width * Lane, inputStride = inputs + 3, outputStride = outputs + Between;
        using FloatBlock x = Random(4 * inputStride, random), y = new(4 * outputStride), alone = new(4 * outputStride);
        using FloatBlock room = new(inputs * outputs);
        TWeight* weights = (TWeight*)room.Start;
        float[] plain = new float[inputs * outputs];
        for (int input = 0; input < inputs; input++)
        {
            for (int output = 0; output < outputs; output++) plain[input * outputs + output] = Put(weights + input * outputs + PackedWeight.Place<TWeight>(output, width), random);
        }

        switch (width)
        {
            case 4: Tile<TWeight>.Four4(weights, x.Start, inputStride, y.Start, outputStride, inputs, null, null); break;
            case 3: Tile<TWeight>.Four3(weights, x.Start, inputStride, y.Start, outputStride, inputs, null, null); break;
            case 2: Tile<TWeight>.Four2(weights, x.Start, inputStride, y.Start, outputStride, inputs); break;
            default: Tile<TWeight>.Four1(weights, x.Start, inputStride, y.Start, outputStride, inputs); break;
        }

        for (int row = 0; row < 4; row++)
        {
            float* from = x.Start + row * inputStride, to = alone.Start + row * outputStride;
            switch (width)
            {
                case 4: Tile<TWeight>.One4(weights, from, to, inputs); break;
                case 3: Tile<TWeight>.One3(weights, from, to, inputs); break;
                case 2: Tile<TWeight>.One2(weights, from, to, inputs); break;
                default: Tile<TWeight>.One1(weights, from, to, inputs); break;
            }

            float[] expected = [.. Enumerable.Range(0, outputs).Select(output => Product(from, plain, outputs, output, inputs, chains: width switch { 1 => 4, 2 => 2, _ => 1 }))];
            Same(expected, y.Start + row * outputStride);
            Same(expected, to);
            foreach (FloatBlock block in (FloatBlock[])[y, alone]) Same(new float[Between], block.Start + row * outputStride + outputs);
        }
    }

    private static void HoldNarrowTiles<TWeight>(int inputs, int width, int rows, uint seed)
        where TWeight : unmanaged
    {
        Random random = new((int)seed);
        const int Between = 5;
        int outputs = width * Lane, inputStride = inputs + 3, outputStride = outputs + Between;
        using FloatBlock x = Random(rows * inputStride, random), y = new(rows * outputStride), alone = new(rows * outputStride), room = new(inputs * outputs);
        TWeight* weights = (TWeight*)room.Start;
        float[] plain = new float[inputs * outputs];
        for (int index = 0; index < plain.Length; index++)
        {
            int input = index / outputs, output = index % outputs, place = PackedWeight.Place<TWeight>(output, width);
            plain[index] = Put(weights + (place / Lane * inputs + input) * Lane + place % Lane, random);
        }

        int together = 0;
        for (int part = 0; part < width; part++)
        {
            together = 0;
            for (int count; (count = NarrowTile<TWeight>.Rows(rows - together)) > 1; together += count)
                NarrowTile<TWeight>.Multiply(count, weights, width, part, x.Start + together * inputStride, inputStride, y.Start + together * outputStride, outputStride, inputs, null, null);
        }

        for (int row = 0; row < rows; row++)
        {
            NarrowTile<TWeight>.One(weights, width, x.Start + row * inputStride, alone.Start + row * outputStride, inputs);
            float[] expected = [.. Enumerable.Range(0, outputs).Select(output => Product(x.Start + row * inputStride, plain, outputs, output, inputs, chains: 1)), .. new float[Between]];
            Same(expected, alone.Start + row * outputStride);
            Same(row < together ? expected : new float[expected.Length], y.Start + row * outputStride);
        }
    }

    private static void HoldLowRank<TWeight>(int inputs, int vectors, uint seed, float scale)
        where TWeight : unmanaged
    {
        const int Rank = 8;
        Random random = new((int)seed);
        int inputVectors = (inputs + Lane - 1) / Lane, outputs = vectors * Lane;
        using FloatBlock room = new(Rank * Lane * Math.Max(inputVectors, vectors));
        using FloatBlock x = Random(inputVectors * Lane, random), x1 = Random(inputVectors * Lane, random), y = Random(outputs, random), y1 = Random(outputs, random);
        using FloatBlock sums = new(Rank), narrowSums = new(Rank), firstSums = new(Rank), secondSums = new(Rank);
        TWeight* weights = (TWeight*)room.Start;
        float[] down = new float[Rank * inputVectors * Lane];
        for (int place = 0; place < down.Length; place++)
        {
            int vector = place / (Rank * Lane), row = place / Lane % Rank, lane = place % Lane;
            down[row * inputVectors * Lane + vector * Lane + lane] = Put(weights + vector * Rank * Lane + PackedWeight.Place<TWeight>(row * Lane + lane, Rank), random);
        }

        LowRankTile<TWeight>.DownEight(weights, x.Start, inputs, sums.Start);
        LowRankTile<TWeight>.DownEightNarrow(weights, x.Start, inputs, narrowSums.Start);
        LowRankTile<TWeight>.DownEightOfTwo(weights, x.Start, x1.Start, inputs, firstSums.Start, secondSums.Start);
        float[] Middle(float* row) => [.. Enumerable.Range(0, Rank).Select(rank => Sum(row, down.AsSpan(rank * inputVectors * Lane, inputs)))];
        float[] middle = Middle(x.Start), middle1 = Middle(x1.Start);
        foreach (FloatBlock found in (FloatBlock[])[sums, narrowSums, firstSums]) Same(middle, found.Start);
        Same(middle1, secondSums.Start);

        float[] up = new float[Rank * outputs];
        for (int place = 0; place < up.Length; place++)
        {
            int vector = place / (Rank * Lane), rank = place / Lane % Rank, lane = place % Lane;
            float weight = Put(weights + vector * Rank * Lane + PackedWeight.Place<TWeight>(rank * Lane + lane, Rank), random);
            up[rank * outputs + vector * Lane + lane] = typeof(TWeight) == typeof(float) ? weight : weight * scale;
        }

        float[] expected = Up(up, middle, y.Start, outputs), expected1 = Up(up, middle1, y1.Start, outputs);
        using FloatBlock narrow = Copy(y, outputs), one = Copy(y, outputs);
        LowRankTile<TWeight>.UpEightNarrow(weights, scale, sums.Start, narrow.Start, vectors);
        LowRankTile<TWeight>.UpEight(weights, scale, sums.Start, one.Start, vectors);
        LowRankTile<TWeight>.UpEightOfTwo(weights, scale, firstSums.Start, secondSums.Start, y.Start, y1.Start, vectors);
        foreach (FloatBlock found in (FloatBlock[])[narrow, one, y]) Same(expected, found.Start);
        Same(expected1, y1.Start);
    }

    /// <summary>Outputs and what eight ranks add to them: those of even number and those of odd number in chains of their own.</summary>
    private static float[] Up(float[] weights, float[] middle, float* y, int outputs)
    {
        float[] sums = new float[outputs];
        for (int output = 0; output < outputs; output++)
        {
            float even = MathF.FusedMultiplyAdd(weights[output], middle[0], y[output]), odd = weights[outputs + output] * middle[1];
            for (int rank = 2; rank < middle.Length; rank += 2)
            {
                even = MathF.FusedMultiplyAdd(weights[rank * outputs + output], middle[rank], even);
                odd = MathF.FusedMultiplyAdd(weights[(rank + 1) * outputs + output], middle[rank + 1], odd);
            }

            sums[output] = even + odd;
        }

        return sums;
    }

    private static FloatBlock Copy(FloatBlock block, int length)
    {
        FloatBlock copy = new(length);
        new ReadOnlySpan<float>(block.Start, length).CopyTo(new(copy.Start, length));
        return copy;
    }

    /// <summary>Chains of fused multiply-adds over every so many-th input, added in pairs; what is left over belongs to the first.</summary>
    private static float Product(float* x, float[] weights, int outputs, int output, int inputs, int chains)
    {
        float[] sums = new float[chains];
        int whole = inputs / chains * chains;
        for (int input = 0; input < inputs; input++)
        {
            ref float sum = ref sums[input < whole ? input % chains : 0];
            sum = MathF.FusedMultiplyAdd(weights[input * outputs + output], x[input], sum);
        }

        return chains switch { 4 => sums[0] + sums[1] + (sums[2] + sums[3]), 2 => sums[0] + sums[1], _ => sums[0] };
    }

    /// <summary>A chain for each of 16 lanes, which are added by halves.</summary>
    private static float Sum(float* x, ReadOnlySpan<float> weights)
    {
        float[] lanes = new float[Lane];
        for (int index = 0; index < weights.Length; index++) lanes[index % Lane] = MathF.FusedMultiplyAdd(weights[index], x[index], lanes[index % Lane]);
        float Quarter(int lane) => lanes[lane] + lanes[lane + 8] + (lanes[lane + 4] + lanes[lane + 12]);
        return Quarter(0) + Quarter(1) + (Quarter(2) + Quarter(3));
    }

    /// <summary>Writes a weight and gives what is read of it.</summary>
    private static float Put<TWeight>(TWeight* place, Random random)
        where TWeight : unmanaged
    {
        float value = random.NextSingle() * 2 - 1;
        if (typeof(TWeight) == typeof(float)) return *(float*)place = value;
        *(ushort*)place = (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        return BitConverter.UInt32BitsToSingle((uint)*(ushort*)place << 16);
    }

    private static FloatBlock Random(int length, Random random)
    {
        FloatBlock block = new(length);
        for (int index = 0; index < length; index++) block.Start[index] = random.NextSingle() * 2 - 1;
        return block;
    }

    private static void Same(float[] expected, float* values) => Assert.Equal(expected, new ReadOnlySpan<float>(values, expected.Length).ToArray());
}
