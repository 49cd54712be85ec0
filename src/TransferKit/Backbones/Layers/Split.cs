namespace TransferKit;

/// <summary>
/// Gives each branch its own equal part of the channels, in order, and joins their feature maps along the channels: the unit
/// of ShuffleNet V2 (Ma et al., 2018).
/// </summary>
/// <param name="branches">The branches; their outputs agree in all but the first dimension of a sample.</param>
internal sealed class Split(params IReadOnlyList<Child> branches) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = branches;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var channels = ops.Size(input, 1);
        if (channels % Children.Count != 0)
            throw new ArgumentException(
                $"The channels of {ops.Sample(input)} can't be split into {Children.Count} equal parts.", nameof(input));
        var lengths = new long[Children.Count];
        Array.Fill(lengths, channels / Children.Count);
        var parts = ops.Split(input, 1, lengths);
        return ops.Concat(1, [.. Children.Select((branch, i) => ops.Run(branch.Layer, parts[i]))]);
    }
}
