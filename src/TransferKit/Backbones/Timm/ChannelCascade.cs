namespace TransferKit.Timm;

/// <summary>
/// Runs layers on equal parts of the channels one after the other, each on its part plus what the one before gave, and joins the
/// results with the last part, which no layer runs on, <c>[N, C, H, W]</c> → <c>[N, C, H, W]</c> (Gao et al., 2021).
/// </summary>
/// <param name="steps">The layers, one fewer than there are parts; they keep the shape.</param>
internal sealed class ChannelCascade(IReadOnlyList<Child> steps) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = steps;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (channels, count) = (ops.Size(input, 1), Children.Count + 1);
        if (channels % count != 0)
            throw new ArgumentException(
                $"The channels of {ops.Sample(input)} can't be split into {count} equal parts.", nameof(input));
        var parts = ops.Split(input, 1, [.. Enumerable.Repeat(channels / count, count)]);
        for (var i = 0; i < Children.Count; i++)
            parts[i] = ops.Run(Children[i].Layer, i == 0 ? parts[0] : ops.Add(parts[i], parts[i - 1]));
        return ops.Concat(1, parts);
    }
}
