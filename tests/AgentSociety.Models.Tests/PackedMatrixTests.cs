using AgentSociety.Models.Cpu;
using CsCheck;

namespace AgentSociety.Models.Tests;

/// <summary>Packed matrices in either layout, whichever this machine's processor would choose: the same bits, and every row given back.</summary>
public sealed unsafe class PackedMatrixTests
{
    private static readonly Gen<(int Inputs, int Outputs, int Rows, uint Seed)> Shapes = Gen.Select(Gen.Int[1, 70], Gen.Int[1, 300], Gen.Int[1, 17], Gen.UInt);

    [Fact]
    public void Products_are_the_same_to_the_bit_in_both_formats_and_layouts_and_close_to_sums_of_more_digits() => Shapes.Sample(shape => Hold(shape.Inputs, shape.Outputs, shape.Rows, shape.Seed));

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(32)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(80)]
    [InlineData(200)]
    public void A_matrix_of_any_width_gives_back_its_rows_and_the_same_products_in_both_formats(int outputs) => Hold(inputs: 37, outputs, rows: 7, seed: 3);

    [Theory]
    [InlineData(80, false)]
    [InlineData(80, true)]
    [InlineData(208, false)]
    [InlineData(208, true)]
    public void A_product_of_four_rows_or_more_asks_for_all_that_is_read_next(int outputs, bool inParts)
    {
        const int Inputs = 64;
        using PackedMatrix matrix = new(Inputs, outputs, halved: false, inParts);
        using FloatBlock next = new(10_000), further = new(333);
        for (int rows = 4; rows <= 17; rows++)
        {
            using FloatBlock x = new(rows * Inputs), y = new(rows * matrix.PaddedOutputs);
            Lookahead soon = new();
            soon.Add((byte*)next.Start, next.Length * sizeof(float));
            soon.Add((byte*)further.Start, further.Length * sizeof(float));
            matrix.Multiply(x.Start, Inputs, y.Start, matrix.PaddedOutputs, rows, soon);
            Assert.True(soon.Done, $"not all was asked for with {rows} rows");
        }
    }

    private static void Hold(int inputs, int outputs, int rows, uint seed)
    {
        Random random = new((int)seed);
        float[] weights = [.. Enumerable.Range(0, inputs * outputs).Select(_ => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(random.NextSingle() * 2 - 1) & 0xFFFF0000))];
        BFloat16[] rounded = [.. weights.Select(weight => new BFloat16((ushort)(BitConverter.SingleToUInt32Bits(weight) >> 16)))];
        using FloatBlock x = new(rows * inputs), row = new(inputs);
        for (int index = 0; index < x.Length; index++) x.Start[index] = random.NextSingle() * 2 - 1;
        float[]? first = null;
        foreach ((bool halved, bool inParts) in ((bool, bool)[])[(false, false), (false, true), (true, false), (true, true)])
        {
            using PackedMatrix matrix = new(inputs, outputs, halved, inParts);
            if (halved) matrix.Pack<BFloat16>(rounded, 0);
            else matrix.Pack<float>(weights, 0);
            using FloatBlock y = new(rows * matrix.PaddedOutputs);
            matrix.Multiply(x.Start, inputs, y.Start, matrix.PaddedOutputs, rows);
            float[] found = new Span<float>(y.Start, (int)y.Length).ToArray();
            first ??= found;
            Assert.Equal(first, found);
            for (int output = 0; output < outputs; output++)
            {
                matrix.CopyRow(output, row.Start);
                Assert.True(weights.AsSpan(output * inputs, inputs).SequenceEqual(new Span<float>(row.Start, inputs)));
            }
        }

        for (int index = 0; index < rows * outputs; index++)
        {
            int from = index / outputs, output = index % outputs;
            double sum = Enumerable.Range(0, inputs).Sum(input => (double)x.Start[from * inputs + input] * weights[output * inputs + input]);
            Assert.Equal(sum, first![from * ((outputs + 15) / 16 * 16) + output], 1e-4);
        }
    }
}
