using TorchSharp;
using static TorchSharp.torch.nn;
using static TransferKit.Nodes;

namespace TransferKit;

/// <summary>
/// The window attention of Swin V2 (Liu et al., 2022): scores are scaled cosines, and a small network makes the bias of the
/// logarithm of the offset between two pixels.
/// </summary>
public sealed class SwinV2Attention : WindowAttention
{
    // The paper's: biases lie in 0..16, scales stay below 100, and offsets of a whole window count 8 before the logarithm.
    private const double LargestBias = 16, LargestScale = 100, LargestOffset = 8;
    private const int Hidden = 512;

    private readonly int _features;
    private readonly Layer _bias;
    private readonly Weight _scale, _offsets, _index;

    /// <inheritdoc cref="SwinAttention(int, int, int, bool)"/>
    public SwinV2Attention(int features, int heads, int size, bool shifted)
        : base(features, heads, size, shifted)
    {
        _features = features;
        _scale = AddParameter("logit_scale", [heads, 1, 1], Initialize.Constant(Math.Log(10)));
        _offsets = AddBuffer("relative_coords_table", [1, 2 * size - 1, 2 * size - 1, 2], Offsets(size));
        _index = AddBuffer("relative_position_index", [Tokens * Tokens], RelativePosition.Index(size), torch.ScalarType.Int64);
        var initializer = Initialize.TruncatedNormal(0.02);
        _bias = Sequential(
            Linear(2, Hidden, true, initializer, Initialize.Zeros), Relu, Linear(Hidden, heads, bias: false, initializer));
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [.. base.Children, ("cpb_mlp", _bias)];

    private protected override (torch.Tensor Queries, torch.Tensor Keys, torch.Tensor Values) Project(torch.Tensor windows)
    {
        // Keys have no bias, though the parameter has room for one.
        var parts = Projection.Bias!.For(windows).chunk(3);
        var bias = torch.cat([parts[0], torch.zeros_like(parts[1]), parts[2]]);
        var (queries, keys, values) =
            AttentionHeads.Split(functional.linear(windows, Projection.Matrix.For(windows), bias), Heads);
        // The attention divides by the root of a head's features, which cosines don't want.
        var scale = _scale.Value.ClampMax(Math.Log(LargestScale)).exp().Multiply(Math.Sqrt((double)_features / Heads));
        scale = scale.to_type(windows.dtype);
        return (functional.normalize(queries, dim: -1) * scale, functional.normalize(keys, dim: -1), values);
    }

    private protected override torch.Tensor PositionBias()
    {
        var table = _bias.Forward(_offsets.Value).view(-1, Heads);
        return RelativePosition.Bias(table, _index.Value, Tokens).sigmoid().Multiply(LargestBias);
    }

    private protected override void VisitPositionBias(ShapeVisitor? visit) =>
        _bias.OutputShape(new Shape([.. _offsets.Shape.Skip(1)]), visit);

    /// <summary>For each offset between two pixels ±log₂(1 + 8 · offset / (size − 1)) / log₂(8), down and to the right.</summary>
    private static Initializer Offsets(int size) => offsets =>
    {
        var steps = TensorArithmetic.Range(1 - size, size).Multiply(LargestOffset / (size - 1));
        var logarithms = (steps.sign() * steps.abs().Add(1).log2()).Divide(Math.Log2(LargestOffset));
        var sides = 2 * size - 1;
        offsets.copy_(torch.stack([
            logarithms.unsqueeze(1).expand(sides, sides), logarithms.unsqueeze(0).expand(sides, sides)], dim: -1).unsqueeze(0));
    };

    private protected override (OnnxValue Queries, OnnxValue Keys, OnnxValue Values) Project(OnnxGraph graph, OnnxValue windows)
    {
        using var withoutKeys = torch.cat([torch.ones(_features), torch.zeros(_features), torch.ones(_features)]);
        var bias = graph.Multiply(graph.Parameter(Projection.Bias!), graph.Constant(withoutKeys));
        var (queries, keys, values) =
            AttentionHeads.Split(graph, graph.Linear(windows, graph.Parameter(Projection.Matrix), bias), Heads);
        var scale = graph.Map("Exp", graph.Combine("Min", graph.Parameter(_scale), graph.Scalar(Math.Log(LargestScale))));
        // The attention multiplies by one over the root of a head's features, which cosines don't want.
        var whole = graph.Multiply(scale, graph.Scalar(Math.Sqrt((double)_features / Heads)));
        return (graph.Multiply(Normalize(queries), whole), Normalize(keys), values);

        // To length 1, as torch's normalize does it.
        OnnxValue Normalize(OnnxValue vectors)
        {
            var length = graph.Node("ReduceL2", [.. vectors.Sizes.SkipLast(1), 1], [vectors],
                ("axes", new[] { -1L }), ("keepdims", 1));
            return graph.Combine("Div", vectors, graph.Combine("Max", length, graph.Scalar(1e-12)));
        }
    }
}
