namespace TransferKit;

/// <summary>Runs layers one after the other.</summary>
/// <param name="children">The layers, first to last.</param>
internal sealed class Sequence(params IReadOnlyList<Child> children) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = children;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Chain(Children.Select(child => child.Layer), input);
}
