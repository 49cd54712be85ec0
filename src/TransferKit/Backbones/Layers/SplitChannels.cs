namespace TransferKit;

/// <summary>
/// Gives each branch its own part of the channels, in order, and joins their feature maps along the channels: the unit of
/// ShuffleNet V2 (Ma et al., 2018), with equal parts, and convolutions of mixed kernels (Tan and Le, 2019).
/// </summary>
internal sealed class SplitChannels : Layer
{
    private readonly long[]? _lengths;

    /// <summary>Splits into equal parts.</summary>
    /// <param name="branches">The branches; their outputs agree in all but the first dimension of a sample.</param>
    public SplitChannels(params IReadOnlyList<Child> branches) => Children = branches;

    /// <summary>Splits into parts of given lengths.</summary>
    /// <param name="lengths">The channels of each branch.</param>
    /// <param name="branches">The branches.</param>
    public SplitChannels(IReadOnlyList<int> lengths, IReadOnlyList<Child> branches)
        : this(branches) => _lengths = [.. lengths];

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; }

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var channels = ops.Size(input, 1);
        if (_lengths is null ? channels % Children.Count != 0 : channels != _lengths.Sum())
            throw new ArgumentException(
                $"The channels of {ops.Sample(input)} can't be split into "
                + (_lengths is null ? $"{Children.Count} equal parts." : $"parts of {string.Join(", ", _lengths)} channels."),
                nameof(input));
        var parts = ops.Split(input, 1, _lengths ?? [.. Children.Select(_ => channels / Children.Count)]);
        return ops.Concat(1, [.. Children.Select((branch, i) => ops.Run(branch.Layer, parts[i]))]);
    }
}
