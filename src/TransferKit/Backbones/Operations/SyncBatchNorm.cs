using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Batch normalization by the statistics of what all processes of a group have of a batch, as PyTorch's <c>SyncBatchNorm</c>: the
/// numbers that one process with the whole batch would get, up to rounding.
/// </summary>
internal sealed class SyncBatchNorm : autograd.SingleTensorFunction<SyncBatchNorm>
{
    public override string Name => nameof(SyncBatchNorm);

    /// <summary>Normalizes, and tracks the statistics.</summary>
    /// <param name="norm">The batch norm, in training mode.</param>
    /// <param name="input"><c>[N, C, H, W]</c> or <c>[N, C]</c>.</param>
    /// <param name="group">The processes.</param>
    /// <param name="momentum">The share of the batch in the tracked statistics; 0: none.</param>
    public static Tensor Run(BatchNorm norm, Tensor input, ProcessGroup group, double momentum)
    {
        var values = input.to_type(ScalarType.Float32);
        var (mean, variance, count) = Statistics(values, group);
        using (no_grad())
        {
            // As PyTorch, which tracks the variance of the population that the batch is a sample of.
            norm.Mean.Value.MultiplyInPlace(1 - momentum).AddInPlace(mean, momentum);
            norm.Variance.Value.MultiplyInPlace(1 - momentum)
                .AddInPlace(variance, momentum * count / Math.Max(count - 1, 1));
        }
        var root = variance.Add(norm.Epsilon).rsqrt();
        return apply(values, norm.Scale.Value, norm.Shift.Value, mean, root, count, group).to_type(input.dtype);
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (input, scale, shift) = ((Tensor)vars[0], (Tensor)vars[1], (Tensor)vars[2]);
        var (mean, root) = ((Tensor)vars[3], (Tensor)vars[4]);
        ctx.save_for_backward([input, scale, mean, root]);
        ctx.save_data("count", vars[5]);
        ctx.save_data("group", vars[6]);
        using var scope = NewDisposeScope();
        var factor = root * scale;
        return (input * Spread(factor, input)).AddInPlace(Spread(shift - mean * factor, input)).MoveToOuterDisposeScope();
    }

    public override List<Tensor?> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var saved = ctx.get_saved_variables();
        var (input, scale, mean, root) = (saved[0], saved[1], saved[2], saved[3]);
        var (count, group) = ((double)ctx.get_data("count"), (ProcessGroup)ctx.get_data("group"));
        using var scope = NewDisposeScope();
        var normalized = (input - Spread(mean, input)) * Spread(root, input);
        var ofShift = grad_output.sum(Others(input));
        var ofScale = (grad_output * normalized).sum(Others(input));
        // Those of the weights are summed with all other gradients.
        var means = SumOver(group, cat([ofShift, ofScale])).Divide(count).chunk(2);
        var centered = grad_output - Spread(means[0], input) - normalized * Spread(means[1], input);
        Tensor[] gradients = [centered * Spread(scale * root, input), ofScale, ofShift];
        return [.. gradients.Select(gradient => gradient.DetachFromDisposeScope()), null, null, null, null];
    }

    /// <summary>Mean and variance of each channel, float32 <c>[C]</c>, and how many values there are of each.</summary>
    private static (Tensor Mean, Tensor Variance, double Count) Statistics(Tensor input, ProcessGroup group)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        // float64, in which the difference of squares loses nothing that float32 has.
        var (channels, own) = (input.shape[1], input.numel() / (double)input.shape[1]);
        var mean = input.mean(Others(input)).to_type(ScalarType.Float64);
        var variance = input.var(Others(input), unbiased: false).to_type(ScalarType.Float64);
        var ofSquares = variance.Add(mean * mean).Multiply(own);
        var sums = SumOver(group, cat([mean.Multiply(own), ofSquares, tensor([own], device: input.device)]));
        var count = sums[2 * channels].item<double>();
        var means = sums.narrow(0, 0, channels).Divide(count);
        var variances = sums.narrow(0, channels, channels).Divide(count) - means * means;
        return (means.to_type(ScalarType.Float32).MoveToOuterDisposeScope(),
            variances.ClampMin(0).to_type(ScalarType.Float32).MoveToOuterDisposeScope(), count);
    }

    private static Tensor SumOver(ProcessGroup group, Tensor own)
    {
        var numbers = own.to_type(ScalarType.Float64).cpu().data<double>().ToArray();
        group.Sum(numbers);
        return tensor(numbers, own.dtype, own.device);
    }

    /// <summary>All dimensions but the channels'.</summary>
    private static long[] Others(Tensor input) =>
        [0, .. Enumerable.Range(2, (int)input.dim() - 2).Select(dimension => (long)dimension)];

    private static Tensor Spread(Tensor channels, Tensor over) =>
        channels.view([1, -1, .. Enumerable.Repeat(1L, (int)over.dim() - 2)]);
}
