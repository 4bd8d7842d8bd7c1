using static TorchSharp.torch;

namespace AgentSociety.Models.Fused;

/// <summary>Cuts rows of q, k, v into heads: turns q and k by their positions, repeats k and v for the query heads of their group, and lays each head out by time.</summary>
internal sealed unsafe class FusedHeads : autograd.MultiTensorFunction<FusedHeads>
{
    public override string Name => nameof(FusedHeads);

    /// <summary>
    /// Takes [batch, time, (heads + 2 keyHeads) width], cosines and sines [batch, time, width / 2], all contiguous, and the two numbers of heads as
    /// ints; gives q, k, v, each [batch, heads, time, width].
    /// </summary>
    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor input = (Tensor)vars[0], cosines = (Tensor)vars[1], sines = (Tensor)vars[2];
        Layout layout = new(input.shape[0], input.shape[1], (int)vars[3], (int)vars[4], (int)cosines.shape[2] * 2);
        ctx.save_for_backward([cosines, sines]);
        ctx.save_data("layout", layout);
        Tensor[] heads = [.. Enumerable.Range(0, 3).Select(_ => Values.Like(layout.Batch, layout.Heads, layout.Time, layout.Width))];
        float* x = Values.Of(input), c = Values.Of(cosines), s = Values.Of(sines), q = Values.Of(heads[0]), k = Values.Of(heads[1]), v = Values.Of(heads[2]);
        long rows = layout.Batch * layout.Time;
        for (long row = 0; row < rows; row++)
        {
            float* source = x + row * layout.Row, cosine = c + row * (layout.Width / 2), sine = s + row * (layout.Width / 2);
            for (int head = 0; head < layout.Heads; head++)
            {
                long place = layout.Place(row, head);
                int shared = head / (layout.Heads / layout.KeyHeads);
                Turn(source + head * layout.Width, cosine, sine, 1, q + place, layout.Width, add: false);
                Turn(source + (layout.Heads + shared) * layout.Width, cosine, sine, 1, k + place, layout.Width, add: false);
                new ReadOnlySpan<float>(source + (layout.Heads + layout.KeyHeads + shared) * layout.Width, layout.Width).CopyTo(new(v + place, layout.Width));
            }
        }
        return [.. heads];
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        Layout layout = (Layout)ctx.get_data("layout");
        using Tensor queries = grad_outputs[0].contiguous(), keys = grad_outputs[1].contiguous(), values = grad_outputs[2].contiguous();
        Tensor gradient = zeros(layout.Batch, layout.Time, layout.Row, ScalarType.Float32, CPU);
        float* dx = Values.Of(gradient), c = Values.Of(saved[0]), s = Values.Of(saved[1]), q = Values.Of(queries), k = Values.Of(keys), v = Values.Of(values);
        long rows = layout.Batch * layout.Time;
        for (long row = 0; row < rows; row++)
        {
            float* target = dx + row * layout.Row, cosine = c + row * (layout.Width / 2), sine = s + row * (layout.Width / 2);
            for (int head = 0; head < layout.Heads; head++)
            {
                long place = layout.Place(row, head);
                int shared = head / (layout.Heads / layout.KeyHeads);
                // The gradient of a rotation is the rotation back.
                Turn(q + place, cosine, sine, -1, target + head * layout.Width, layout.Width, add: false);
                Turn(k + place, cosine, sine, -1, target + (layout.Heads + shared) * layout.Width, layout.Width, add: true);
                float* value = target + (layout.Heads + layout.KeyHeads + shared) * layout.Width;
                for (int index = 0; index < layout.Width; index++) value[index] += v[place + index];
            }
        }
        return [gradient, null!, null!, null!, null!];
    }

    private static void Turn(float* source, float* cosines, float* sines, float direction, float* target, int width, bool add)
    {
        int half = width / 2;
        for (int index = 0; index < half; index++)
        {
            float cosine = cosines[index], sine = sines[index] * direction, first = source[index], second = source[index + half];
            float newFirst = first * cosine - second * sine, newSecond = second * cosine + first * sine;
            target[index] = add ? target[index] + newFirst : newFirst;
            target[index + half] = add ? target[index + half] + newSecond : newSecond;
        }
    }

    private sealed record Layout(long Batch, long Time, int Heads, int KeyHeads, int Width)
    {
        public int Row => (Heads + 2 * KeyHeads) * Width;

        /// <summary>Where a head of a row (batch and time as one number) begins.</summary>
        public long Place(long row, int head) => ((row / Time * Heads + head) * Time + row % Time) * Width;
    }
}
