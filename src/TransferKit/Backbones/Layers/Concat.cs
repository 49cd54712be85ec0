using TorchSharp;

namespace TransferKit;

/// <summary>Runs branches on the same input and joins their feature maps along the channels.</summary>
/// <param name="branches">The branches; their outputs agree in all but the first dimension of a sample.</param>
public sealed class Concat(params IReadOnlyList<Child> branches) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = branches;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        var outputs = Children.Select(branch => branch.Layer.Forward(input)).ToArray();
        var joined = torch.cat(outputs, dim: 1);
        foreach (var output in outputs)
            if (!ReferenceEquals(output, input))
                output.Dispose();
        return joined;
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        var outputs = Children.Select(branch => branch.Layer.OutputShape(input, visit)).ToArray();
        return outputs[0].With(0, outputs.Sum(output => output[0]));
    }

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) =>
        graph.Concat(1, [.. Children.Select(branch => branch.Layer.Emit(graph, input))]);
}
