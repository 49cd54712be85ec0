using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit;

/// <summary>
/// The window attention of Swin V2 (Liu et al., 2022): scores are scaled cosines, and a small network makes the bias of the
/// logarithm of the offset between two pixels.
/// </summary>
internal sealed class SwinV2Attention : WindowAttention
{
    // The paper's: biases lie in 0..16, scales stay below 100, and offsets of a whole window count 8 before the logarithm.
    private const double LargestBias = 16, LargestScale = 100, LargestOffset = 8;
    private const int Hidden = 512;

    private readonly int _features;
    private readonly Layer _perceptron, _bias;
    private readonly Weight _scale, _offsets;
    private readonly float[] _keysApart;

    /// <inheritdoc cref="SwinAttention(int, int, int, bool)"/>
    public SwinV2Attention(int features, int heads, int size, bool shifted)
        : base(features, heads, size, shifted)
    {
        _features = features;
        _keysApart = [.. Enumerable.Range(0, 3 * features).Select(i => i / features == 1 ? 0f : 1f)];
        _scale = AddParameter("logit_scale", [heads, 1, 1], Initialize.Constant(Math.Log(10)), decays: false);
        _offsets = AddBuffer("relative_coords_table", [1, 2 * size - 1, 2 * size - 1, 2], Offsets(size));
        var index = AddBuffer("relative_position_index", [Tokens * Tokens], RelativePosition.Index(size), torch.ScalarType.Int64);
        var initializer = Initialize.TruncatedNormal(0.02);
        _perceptron = Sequential(
            new Linear(2, Hidden, true, initializer, Initialize.Zeros) { KeepsFloat32 = true }, Relu,
            new Linear(Hidden, heads, bias: false, initializer) { KeepsFloat32 = true });
        _bias = new OffsetBias(_perceptron, new RelativePositionBias(index, Tokens));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [.. base.Children, ("cpb_mlp", _perceptron)];

    private protected override (T Queries, T Keys, T Values) Project<T>(Operations<T> ops, T windows)
    {
        // Keys have no bias, though the parameter has room for one.
        var bias = ops.Multiply(ops.Weight(Projection.Bias!, windows), ops.Constant(windows, _keysApart, _keysApart.Length));
        var projected = ops.Linear(windows, ops.Weight(Projection.Matrix, windows), bias);
        var (queries, keys, values) = AttentionHeads.Split(ops, projected, Heads);
        var scale = ops.Exp(ops.Minimum(ops.Weight(_scale), Math.Log(LargestScale)));
        // The attention divides by the root of a head's features, which cosines don't want.
        var whole = ops.Cast(ops.Scale(scale, Math.Sqrt((double)_features / Heads)), windows);
        return (ops.Multiply(ops.Normalize(queries), whole), ops.Normalize(keys), values);
    }

    private protected override T PositionBias<T>(Operations<T> ops) => ops.Run(_bias, ops.Weight(_offsets));

    /// <summary>For each offset between two pixels ±log₂(1 + 8 · offset / (size − 1)) / log₂(8), down and to the right.</summary>
    private static Initializer Offsets(int size) => offsets =>
    {
        var steps = TensorArithmetic.Range(1 - size, size).Multiply(LargestOffset / (size - 1));
        var logarithms = (steps.sign() * steps.abs().Add(1).log2()).Divide(Math.Log2(LargestOffset));
        var sides = 2 * size - 1;
        offsets.copy_(torch.stack([
            logarithms.unsqueeze(1).expand(sides, sides), logarithms.unsqueeze(0).expand(sides, sides)], dim: -1).unsqueeze(0));
    };

    /// <summary>Makes biases of offsets, <c>[1, offsets, offsets, 2]</c> → <c>[1, heads, tokens, tokens]</c>.</summary>
    private sealed class OffsetBias(Layer perceptron, RelativePositionBias lookUp) : Layer
    {
        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            var biases = ops.Run(perceptron, input);
            var table = ops.Reshape(biases, Operations<T>.Unknown, ops.Size(biases, 3));
            return ops.Scale(ops.Activate(ActivationFunction.Sigmoid, ops.Run(lookUp, table)), LargestBias);
        }
    }
}
