using TorchSharp;

namespace TransferKit;

/// <summary>
/// Takes images from ImageNet's mean and deviation to the range −1..1, in which networks that were ported from TensorFlow
/// were trained: torchvision's <c>transform_input</c>. It has no weights, and hands images on until it is switched on.
/// </summary>
public sealed class TransformInput : Layer
{
    private static readonly float[] Scales = PerChannel((_, std) => std / 0.5);
    private static readonly float[] Shifts = PerChannel((mean, _) => (mean - 0.5) / 0.5);

    /// <summary>Whether images are changed; off at first, as weights trained elsewhere don't expect it.</summary>
    public bool IsOn { get; set; }

    internal override bool MayAlias => true;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        if (!IsOn)
            return input;
        using var scale = torch.tensor(Scales, [3, 1, 1], input.dtype, input.device);
        using var shift = torch.tensor(Shifts, [3, 1, 1], input.dtype, input.device);
        return (input * scale).AddInPlace(shift);
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => !IsOn || (input.Rank == 3 && input[0] == 3)
        ? input
        : throw new ArgumentException($"The weights expect images of 3 channels, not a sample of shape {input}.", nameof(input));

    private static float[] PerChannel(Func<double, double, double> of)
    {
        var (mean, std) = (Preprocessing.ImageNet.Mean, Preprocessing.ImageNet.Std);
        return [(float)of(mean.Red, std.Red), (float)of(mean.Green, std.Green), (float)of(mean.Blue, std.Blue)];
    }

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        if (!IsOn)
            return input;
        using var scale = torch.tensor(Scales, [3, 1, 1]);
        using var shift = torch.tensor(Shifts, [3, 1, 1]);
        return graph.Add(graph.Multiply(input, graph.Constant(scale)), graph.Constant(shift));
    }
}
