using TorchSharp;

namespace TransferKit;

/// <summary>
/// Layer normalisation over the last dimension of <c>[N, …, F]</c> (Ba et al., 2016): each vector by its own mean and variance.
/// </summary>
public sealed class LayerNorm : Layer
{
    private readonly int _features;
    private readonly double _epsilon;
    private readonly Weight _weight, _bias;

    /// <summary>Creates a layer normalisation.</summary>
    /// <param name="features">The length of the vectors, F.</param>
    /// <param name="epsilon">Added to the variance before the root.</param>
    public LayerNorm(int features, double epsilon = 1e-5)
    {
        (_features, _epsilon) = (features, epsilon);
        _weight = AddParameter("weight", [features], Initialize.Ones);
        _bias = AddParameter("bias", [features], Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        // On the CPU, 16-bit vectors are normalised with float32 weights, which then needn't be rounded; GPUs take one type.
        var isMixed = input.device_type == DeviceType.CPU;
        var (weight, bias) = isMixed ? (_weight.Value, _bias.Value) : (_weight.For(input), _bias.For(input));
        return torch.nn.functional.layer_norm(input, [_features], weight, bias, _epsilon);
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input[^1] == _features
        ? input
        : throw new ArgumentException(
            $"A layer norm over {_features} features can't take a sample of shape {input}.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) => graph.Node("LayerNormalization", input.Sizes,
        [input, graph.Parameter(_weight), graph.Parameter(_bias)], ("axis", -1), ("epsilon", (float)_epsilon));
}
