using TorchSharp;

namespace TransferKit;

/// <summary>
/// Writes quantized layers as nodes of a graph, in the form of which runtimes make integer kernels: a pair of
/// <c>QuantizeLinear</c> and <c>DequantizeLinear</c> around every value that is rounded (QDQ), and weights that are stored in 8
/// bits.
/// </summary>
/// <param name="graph">The graph.</param>
/// <param name="quantization">What is rounded, and how.</param>
internal sealed class OnnxQuantization(OnnxGraph graph, Quantization quantization)
    : QuantizedOperations<OnnxValue>(new OnnxOperations(graph))
{
    private readonly Dictionary<OnnxValue, OnnxValue> _rounded = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<int, (OnnxValue Scale, OnnxValue ZeroPoint)> _ranges = [];

    public override IReadOnlyList<long> Sizes(OnnxValue value) => value.Sizes;

    protected override bool IsQuantized(Weight kernel) => quantization.Kernels.Contains(kernel);

    protected override OnnxValue Round(OnnxValue value, int range)
    {
        if (_rounded.TryGetValue(value, out var known))
            return known;
        var (scale, zeroPoint) = ConstantsOf(range);
        var steps = graph.Node("QuantizeLinear", value.Sizes, [value, scale, zeroPoint]);
        return _rounded[value] = graph.Node("DequantizeLinear", value.Sizes, [steps, scale, zeroPoint]);
    }

    protected override OnnxValue Convolution(OnnxValue input, int range, QuantizedWeights layer, Kernel2d window, int groups)
    {
        var scales = layer.Scales(quantization.Ranges[range].Scale);
        return Inner.Convolution(Round(input, range), Kernel(layer, scales), Bias(layer, scales, range), window, groups);
    }

    protected override OnnxValue Linear(OnnxValue input, int range, QuantizedWeights layer)
    {
        var scales = layer.Scales(quantization.Ranges[range].Scale);
        var rounded = Round(input, range);
        if (input.Sizes.Count == 2)
            return Inner.Linear(rounded, Kernel(layer, scales), Bias(layer, scales, range));
        // The product of more than two dimensions takes the matrix the other way around, and a bias in float32.
        var product = graph.MatMul(rounded, Transposed(layer, scales));
        return layer.Bias is null ? product : graph.Add(product, graph.Parameter(layer.Bias));
    }

    private (OnnxValue Scale, OnnxValue ZeroPoint) ConstantsOf(int range)
    {
        if (_ranges.TryGetValue(range, out var known))
            return known;
        var (scale, zeroPoint) = quantization.Ranges[range];
        using var zero = torch.tensor(zeroPoint, torch.ScalarType.Byte);
        return _ranges[range] = (graph.Scalar(scale), graph.Constant(zero));
    }

    private OnnxValue Kernel(QuantizedWeights layer, torch.Tensor scales) => Stored(
        layer.Kernel, layer.Kernel.Shape, torch.ScalarType.Int8, () => layer.Steps(scales), scales, axis: 0);

    private OnnxValue Transposed(QuantizedWeights layer, torch.Tensor scales) => Stored(
        layer.Kernel, [.. layer.Kernel.Shape.Reverse()], torch.ScalarType.Int8, () => layer.Steps(scales).t(), scales, axis: 1);

    /// <summary>In the steps in which products of input and kernel are added up.</summary>
    private OnnxValue? Bias(QuantizedWeights layer, torch.Tensor scales, int range)
    {
        if (layer.Bias is not { } bias)
            return null;
        var steps = scales.Multiply(quantization.Ranges[range].Scale);
        return Stored(bias, bias.Shape, torch.ScalarType.Int32, () => (bias.Value.detach() / steps).round_(), steps, axis: 0);
    }

    private OnnxValue Stored(Weight weight, IReadOnlyList<long> shape, torch.ScalarType type, Func<torch.Tensor> steps,
        torch.Tensor scales, int axis)
    {
        var stored = graph.Stored(weight, shape, type, steps);
        return graph.Node("DequantizeLinear", shape, [stored, graph.Constant(scales)], ("axis", axis));
    }
}
