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

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input) =>
        Children.Aggregate(input, (value, child) => child.Layer.Emit(graph, value));
}
