using TorchSharp;
using static TorchSharp.torch;

namespace AgentSociety.Models;

/// <summary>What a forward pass gives up for memory or speed while it is trained through.</summary>
/// <param name="HalfProducts">True to multiply matrices in bfloat16; weights, sums, norms and the loss stay float32 (mixed precision; Micikevicius et al. 2018, with a format that needs no loss scaling).</param>
/// <param name="Recomputed">True to keep the inputs of layers alone and compute what is inside them again for the gradient.</param>
public readonly record struct TrainingPass(bool HalfProducts, bool Recomputed);

/// <summary>A layer whose inner values are dropped after the forward pass and computed again for the backward one (Chen et al. 2016, "Training deep nets with sublinear memory cost"). The gradient is the same to the bit.</summary>
internal sealed class RecomputedLayer : autograd.SingleTensorFunction<RecomputedLayer>
{
    private const string Part = "layer";
    private const string Leaves = "leaves";

    private const string Texts = "texts";

    /// <summary>The layer as a function of the residual stream, the cosines, the sines, and the texts in a row where there are several.</summary>
    internal delegate Tensor Pass(Tensor stream, Tensor cosines, Tensor sines, Tensor? texts);

    public override string Name => nameof(RecomputedLayer);

    /// <summary>The layer's output, with a gradient to its input and to the leaves.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="leaves">Every weight that it uses and that is trained.</param>
    /// <param name="stream">Its input.</param>
    /// <param name="cosines">Of the positions.</param>
    /// <param name="sines">Of the positions.</param>
    /// <param name="texts">The number of each cell's text in its row; null where every row is one text.</param>
    public static Tensor Through(Pass layer, Tensor[] leaves, Tensor stream, Tensor cosines, Tensor sines, Tensor? texts) =>
        apply([stream, cosines, sines, .. texts is null ? Array.Empty<object>() : [texts], .. leaves, layer, leaves]);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor stream = (Tensor)vars[0], cosines = (Tensor)vars[1], sines = (Tensor)vars[2];
        Pass layer = (Pass)vars[^2];
        Tensor? texts = vars.Length - 2 > 3 + ((Tensor[])vars[^1]).Length ? (Tensor)vars[3] : null;
        ctx.save_for_backward([stream, cosines, sines, .. texts is null ? Array.Empty<Tensor>() : [texts]]);
        ctx.save_data(Texts, texts is not null);
        ctx.save_data(Part, layer);
        ctx.save_data(Leaves, vars[^1]);
        using DisposeScope scope = NewDisposeScope();
        using var frozen = no_grad();
        return layer(stream, cosines, sines, texts).MoveToOuterDisposeScope();
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor[] leaves = (Tensor[])ctx.get_data(Leaves);
        bool several = (bool)ctx.get_data(Texts);
        using DisposeScope scope = NewDisposeScope();
        using var learning = enable_grad();
        Tensor input = saved[0].detach().requires_grad_();
        Tensor output = ((Pass)ctx.get_data(Part))(input, saved[1], saved[2], several ? saved[3] : null);
        IList<Tensor> gradients = autograd.grad([output], [input, .. leaves], [grad_output]);
        foreach (Tensor gradient in gradients) gradient.MoveToOuterDisposeScope();
        return [gradients[0], null!, null!, .. several ? (Tensor[])[null!] : [], .. gradients.Skip(1), null!, null!];
    }
}
