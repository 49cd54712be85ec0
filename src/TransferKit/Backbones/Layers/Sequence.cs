using TorchSharp;

namespace TransferKit;

/// <summary>Runs layers one after the other.</summary>
/// <param name="children">The layers, first to last.</param>
public sealed class Sequence(params IReadOnlyList<Child> children) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = children;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => Run(Children.Select(child => child.Layer), input);

    /// <summary>Runs layers one after the other, letting them overwrite what they made themselves, and nothing else.</summary>
    internal static torch.Tensor Run(IEnumerable<Layer> layers, torch.Tensor input)
    {
        var (current, isOwned) = (input, false);
        foreach (var layer in layers)
        {
            var next = isOwned ? layer.Consume(current) : layer.Forward(current);
            if (!isOwned && !ReferenceEquals(current, input) && !ReferenceEquals(current, next))
                current.Dispose();
            (current, isOwned) = (next, isOwned || !layer.MayAlias);
        }
        return current;
    }

    internal override bool MayAlias => Children.All(child => child.Layer.MayAlias);

    /// <inheritdoc/>
    protected internal override torch.Tensor Consume(torch.Tensor input)
    {
        foreach (var (_, layer) in Children)
            input = layer.Consume(input);
        return input;
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) =>
        Children.Aggregate(input, (shape, child) => child.Layer.OutputShape(shape, visit));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var layers = Network.Flatten(this).ToList();
        for (var i = 0; i < layers.Count; i++)
            input = graph.FoldsBatchNorm && layers[i] is Conv conv && layers.ElementAtOrDefault(i + 1) is BatchNorm norm
                ? Folded(conv, norm, ref i)
                : layers[i].Emit(graph, input);
        return input;

        OnnxValue Folded(Conv conv, BatchNorm norm, ref int position)
        {
            position++;
            return conv.Emit(graph, input, norm);
        }
    }
}
