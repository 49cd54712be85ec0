namespace TransferKit;

/// <summary>
/// Takes the first channel of each group, then the second of each, and so on, so that the groups mix (Zhang et al., 2018).
/// </summary>
internal sealed class ChannelShuffle : Layer
{
    private readonly int _groups;

    /// <summary>Creates a channel shuffle.</summary>
    /// <param name="groups">Groups of channels; divides their number.</param>
    public ChannelShuffle(int groups) => _groups = groups;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes[1] % _groups != 0)
            throw new ArgumentException(
                $"The channels of {ops.Sample(input)} can't be shuffled in {_groups} groups.", nameof(input));
        long[] map = [.. sizes.Skip(2)];
        var grouped = ops.Reshape(input, [sizes[0], _groups, sizes[1] / _groups, .. map]);
        var swapped = ops.Permute(grouped, [0, 2, 1, .. Enumerable.Range(3, map.Length)]);
        return ops.Reshape(swapped, [.. sizes]);
    }
}
