namespace TransferKit;

/// <summary>Runs branches on the same input and joins their feature maps along the channels.</summary>
/// <param name="branches">The branches; their outputs agree in all but the first dimension of a sample.</param>
internal sealed class Concat(params IReadOnlyList<Child> branches) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = branches;

    protected internal override T Compute<T>(Operations<T> ops, T input) =>
        ops.Concat(1, [.. Children.Select(branch => ops.Run(branch.Layer, input))]);
}
