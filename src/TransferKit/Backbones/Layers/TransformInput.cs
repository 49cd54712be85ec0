namespace TransferKit;

/// <summary>
/// Takes images from ImageNet's mean and deviation to the range −1..1, in which networks that were ported from TensorFlow
/// were trained: torchvision's <c>transform_input</c>. It has no weights, and hands images on until it is switched on.
/// </summary>
internal sealed class TransformInput : Layer
{
    private static readonly float[] Scales = PerChannel((_, std) => std / 0.5);
    private static readonly float[] Shifts = PerChannel((mean, _) => (mean - 0.5) / 0.5);

    /// <summary>Whether images are changed; off at first, as weights trained elsewhere don't expect it.</summary>
    public bool IsOn { get; set; }

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        if (!IsOn)
            return input;
        if (ops.Size(input, 1) != Scales.Length)
            throw new ArgumentException(
                $"The weights expect images of 3 channels, not a sample of shape {ops.Sample(input)}.", nameof(input));
        var scaled = ops.Multiply(input, ops.Constant(input, Scales, Scales.Length, 1, 1));
        return ops.AddInPlace(scaled, ops.Constant(input, Shifts, Shifts.Length, 1, 1));
    }

    private static float[] PerChannel(Func<double, double, double> of)
    {
        var (mean, std) = (Preprocessing.ImageNet.Mean, Preprocessing.ImageNet.Std);
        return [(float)of(mean.Red, std.Red), (float)of(mean.Green, std.Green), (float)of(mean.Blue, std.Blue)];
    }
}
