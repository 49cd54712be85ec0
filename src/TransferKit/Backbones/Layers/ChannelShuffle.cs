using TorchSharp;

namespace TransferKit;

/// <summary>
/// Takes the first channel of each group, then the second of each, and so on, so that the groups mix (Zhang et al., 2018).
/// </summary>
public sealed class ChannelShuffle : Layer
{
    private readonly int _groups;

    /// <summary>Creates a channel shuffle.</summary>
    /// <param name="groups">Groups of channels; divides their number.</param>
    public ChannelShuffle(int groups) => _groups = groups;

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input)
    {
        using var grouped = input.unflatten(1, [_groups, input.shape[1] / _groups]);
        using var swapped = grouped.transpose(1, 2);
        return swapped.flatten(1, 2);
    }

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => input[0] % _groups == 0
        ? input
        : throw new ArgumentException($"The channels of {input} can't be shuffled in {_groups} groups.", nameof(input));

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        long[] map = [.. input.Sizes.Skip(2)];
        var grouped = graph.Reshape(input, [OnnxValue.Batch, _groups, input.Sizes[1] / _groups, .. map]);
        var swapped = graph.Transpose(grouped, [0, 2, 1, .. Enumerable.Range(3, map.Length)]);
        return graph.Reshape(swapped, [.. input.Sizes]);
    }
}
