using TorchSharp;

namespace TransferKit.Timm;

/// <summary>
/// Pools a feature map by the attention of its average over the average and all pixels, with learned positions,
/// <c>[N, C, S, S]</c> → <c>[N, C]</c> (Radford et al., 2021): timm's <c>AttentionPool2d</c>.
/// </summary>
internal sealed class MapAttentionPool : Layer
{
    private const int HeadFeatures = 64;

    private readonly int _channels, _side;
    private readonly Weight _positions;
    private readonly Layer _query, _key, _value;

    /// <summary>Creates a pooling.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="side">Height and width of the map, S, in pixels.</param>
    public MapAttentionPool(int channels, int side)
    {
        (_channels, _side) = (channels, side);
        var start = Initialize.TruncatedNormal(1 / Math.Sqrt(channels));
        _positions = AddParameter("pos_embed", [side * side + 1, channels], start, decays: false);
        _positions.ShapeAdapter = new(
            shape => shape is [var tokens, var width] && width == channels && TokenEmbedding.Side(tokens - 1) is not null,
            loaded => Resample(loaded, side));
        (_query, _key, _value) = (Project(), Project(), Project());

        Layer Project() => new Linear(channels, channels, true, start, Initialize.Zeros);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [("q", _query), ("k", _key), ("v", _value)];

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[1] != _channels || sizes[2] != _side || sizes[3] != _side)
            throw new ArgumentException(
                $"The network was built for a last map of {_side} × {_side} pixels of {_channels} channels, and can't take a "
                + $"sample of shape {ops.Sample(input)}.", nameof(input));
        long pixels = _side * _side;
        var all = ops.Concat(
            2, ops.Reshape(ops.GlobalPool(input, PoolKind.Average), sizes[0], _channels, 1),
            ops.Reshape(input, sizes[0], _channels, pixels));
        var tokens = ops.Add(ops.Permute(all, 0, 2, 1), ops.Weight(_positions, input));
        var attended = ops.Attention(
            Heads(_query, ops.Slice(tokens, 1, 0, 1), 1), Heads(_key, tokens, pixels + 1), Heads(_value, tokens, pixels + 1));
        return ops.Reshape(attended, sizes[0], _channels);

        T Heads(Layer projection, T of, long length) => ops.Permute(
            ops.Reshape(ops.Run(projection, of), sizes[0], length, _channels / HeadFeatures, HeadFeatures), 0, 2, 1, 3);
    }

    private static torch.Tensor Resample(torch.Tensor positions, int side)
    {
        using var scope = torch.NewDisposeScope();
        return TokenEmbedding.Resample(positions.unsqueeze(0), 1, side).squeeze(0).MoveToOuterDisposeScope();
    }
}
