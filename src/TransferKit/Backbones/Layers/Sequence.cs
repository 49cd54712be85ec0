using TorchSharp;

namespace TransferKit;

/// <summary>Runs layers one after the other.</summary>
/// <param name="children">The layers, first to last.</param>
public sealed class Sequence(params IReadOnlyList<Child> children) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = children;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        var current = input;
        foreach (var (_, layer) in Children)
            current = ReferenceEquals(current, input) ? layer.Forward(current) : layer.Consume(current);
        return current;
    }

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
}
