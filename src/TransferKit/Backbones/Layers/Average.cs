namespace TransferKit;

/// <summary>
/// Averages what branches give: of one vector that all of them see, <c>[N, F]</c> → <c>[N, F']</c>, or of as many vectors as
/// there are branches, <c>[N, K, F]</c> → <c>[N, F']</c>.
/// </summary>
/// <param name="branches">The branches, K: <c>[N, F]</c> → <c>[N, F']</c>.</param>
internal sealed class Average(params IReadOnlyList<Child> branches) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = branches;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count == 3 ? sizes[1] != Children.Count : sizes.Count != 2)
            throw new ArgumentException(
                $"An average of {Children.Count} branches can't take a sample of shape {ops.Sample(input)}.", nameof(input));
        var outputs = Children.Select((branch, i) => ops.Run(branch.Layer, sizes.Count == 2
            ? input : ops.Reshape(ops.Slice(input, 1, i, 1), sizes[0], sizes[2])));
        return ops.Scale(outputs.Aggregate(ops.AddInPlace), 1.0 / Children.Count);
    }
}
