namespace TransferKit.Timm;

/// <summary>
/// Averages M feature maps that lie one behind the other along the channels, each channel by itself, by the softmax of scores
/// that a layer makes of the average of the maps' sum, <c>[N, M · C, H, W]</c> → <c>[N, C, H, W]</c> (Li et al., 2019; Zhang et
/// al., 2022).
/// </summary>
/// <param name="maps">How many maps there are, M.</param>
/// <param name="groups">Groups of channels whose scores lie together, those of all maps.</param>
/// <param name="scores">Makes the scores, <c>[N, C, 1, 1]</c> → <c>[N, M · C, 1, 1]</c>.</param>
internal sealed class SplitAttention(int maps, int groups, Layer scores) : Layer
{
    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; } = [scores];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[1] % (maps * groups) != 0)
            throw new ArgumentException($"{ops.Sample(input)} aren't {maps} maps of {groups} groups of channels.", nameof(input));
        var channels = sizes[1] / maps;
        var averages = ops.Split(ops.GlobalPool(input, PoolKind.Average), 1, [.. Enumerable.Repeat(channels, maps)]);
        var scored = ops.Reshape(
            ops.Run(Children[0].Layer, averages.Aggregate(ops.Add)), sizes[0], groups, maps, channels / groups);
        var keys = ops.Reshape(ops.Permute(scored, 0, 1, 3, 2), sizes[0], channels, maps, 1);
        var values = ops.Permute(ops.Reshape(input, sizes[0], maps, channels, sizes[2] * sizes[3]), 0, 2, 1, 3);
        return ops.Reshape(AttentionHeads.Average(ops, keys, values), sizes[0], channels, sizes[2], sizes[3]);
    }
}
