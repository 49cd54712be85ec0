using TorchSharp;

namespace TransferKit;

/// <summary>
/// Makes tokens of a feature map, row by row, and puts one that is learnt in front of them,
/// <c>[N, F, H, W]</c> → <c>[N, 1 + H · W, F]</c> (Dosovitskiy et al., 2021).
/// </summary>
public sealed class ClassToken : Layer
{
    private readonly int _features;
    private readonly Weight _token;

    /// <summary>Creates a class token; its parameter is named <c>class_token</c>.</summary>
    /// <param name="features">Features of a token, F.</param>
    public ClassToken(int features)
    {
        _features = features;
        _token = AddParameter("class_token", [1, 1, features], Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var scope = torch.NewDisposeScope();
        var token = _token.For(input).expand(input.shape[0], 1, _features);
        return torch.cat([token, input.flatten(2).transpose(1, 2)], dim: 1).MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input.Rank == 3 && input[0] == _features
        ? new Shape(1 + input[1] * input[2], _features)
        : throw new ArgumentException(
            $"A class token of {_features} features can't join a sample of shape {input}.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var patches = input.Sizes[2] * input.Sizes[3];
        var tokens = graph.Transpose(graph.Reshape(input, OnnxValue.Batch, _features, patches), 0, 2, 1);
        // Zeros make room for it, to which it is added: so the graph needn't ask for the number of images, which not all runtimes
        // understand.
        var token = graph.Pad(graph.Parameter(_token), [0, 0, 0], [0, patches, 0]);
        return graph.Add(graph.Pad(tokens, [0, 1, 0], [0, 0, 0]), token);
    }
}
