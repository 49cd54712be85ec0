using TorchSharp;

namespace TransferKit;

/// <summary>
/// Gives each branch its own equal part of the channels, in order, and joins their feature maps along the channels: the unit
/// of ShuffleNet V2 (Ma et al., 2018).
/// </summary>
/// <param name="branches">The branches; their outputs agree in all but the first dimension of a sample.</param>
public sealed class Split(params IReadOnlyList<Child> branches) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = branches;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        var parts = input.chunk(Children.Count, dim: 1);
        var outputs = Children.Select((branch, i) => branch.Layer.Forward(parts[i])).ToArray();
        var joined = torch.cat(outputs, dim: 1);
        for (var i = 0; i < outputs.Length; i++)
        {
            if (!ReferenceEquals(outputs[i], parts[i]))
                outputs[i].Dispose();
            parts[i].Dispose();
        }
        return joined;
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit)
    {
        if (input[0] % Children.Count != 0)
            throw new ArgumentException(
                $"The channels of {input} can't be split into {Children.Count} equal parts.", nameof(input));
        var part = input.With(0, input[0] / Children.Count);
        var outputs = Children.Select(branch => branch.Layer.OutputShape(part, visit)).ToArray();
        return outputs[0].With(0, outputs.Sum(output => output[0]));
    }

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var lengths = new long[Children.Count];
        Array.Fill(lengths, input.Sizes[1] / Children.Count);
        var parts = graph.Split(input, 1, lengths);
        return graph.Concat(1, [.. Children.Select((branch, i) => branch.Layer.Emit(graph, parts[i]))]);
    }
}
