using TorchSharp;

namespace TransferKit;

/// <summary>
/// Puts learned tokens (a class token, registers) in front of those of a square of patches and adds to each what is learned for
/// its position, <c>[N, S · S, F]</c> → <c>[N, P + S · S, F]</c> (Dosovitskiy et al., 2021; Darcet et al., 2024). Positions for
/// another number of patches are interpolated when they are loaded.
/// </summary>
internal sealed class TokenEmbedding : Layer
{
    private readonly int _side, _features;
    private readonly PositionKind _kind;
    private readonly IReadOnlyList<Weight> _prefix;
    private readonly Weight? _positions;

    /// <summary>Creates the embedding; the positions' parameter is named <c>pos_embed</c>.</summary>
    /// <param name="side">Patches along each side of the image, S.</param>
    /// <param name="features">Features of a token, F.</param>
    /// <param name="kind">Which tokens have positions.</param>
    /// <param name="prefix">The parameters in front of the patches: their names, numbers of tokens, and how they start.</param>
    public TokenEmbedding(
        int side, int features, PositionKind kind, params IReadOnlyList<(string Name, int Count, Initializer Start)> prefix)
    {
        (_side, _features, _kind) = (side, features, kind);
        _prefix =
        [
            .. prefix.Where(token => token.Count > 0)
                .Select(token => AddParameter(token.Name, [1, token.Count, features], token.Start, decays: false)),
        ];
        if (kind == PositionKind.None)
            return;
        var fixedTokens = kind == PositionKind.All ? prefix.Sum(token => token.Count) : 0;
        _positions = AddParameter(
            "pos_embed", [1, fixedTokens + side * side, features], Initialize.TruncatedNormal(0.02), decays: false);
        _positions.ShapeAdapter = new(
            shape => shape is [1, var tokens, var width] && width == features && Side(tokens - fixedTokens) is not null,
            loaded => Resample(loaded, fixedTokens, side));
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[1] != _side * _side || sizes[2] != _features)
            throw new ArgumentException($"The network was built for {_side} × {_side} patches of {_features} features, and can't "
                + $"take a sample of shape {ops.Sample(input)}.", nameof(input));
        if (_kind == PositionKind.Patches)
            input = ops.AddInPlace(input, ops.Weight(_positions!, input));
        if (_prefix.Count > 0)
        {
            T[] first = [.. _prefix.Select(weight => ops.Weight(weight, input))];
            input = ops.Prepend(input, first is [var only] ? only : ops.Concat(1, first));
        }
        return _kind == PositionKind.All ? ops.AddInPlace(input, ops.Weight(_positions!, input)) : input;
    }

    /// <summary>
    /// Resamples positions to another number of patches, bicubically and antialiased, as timm's <c>resample_abs_pos_embed</c>
    /// does. The tokens in front of the patches keep their own.
    /// </summary>
    /// <param name="positions"><c>[1, P + s · s, F]</c></param>
    /// <param name="prefix">Tokens in front of the patches, P.</param>
    /// <param name="side">S</param>
    /// <returns>A new tensor <c>[1, P + S · S, F]</c> in float32.</returns>
    internal static torch.Tensor Resample(torch.Tensor positions, int prefix, int side)
    {
        using var scope = torch.NewDisposeScope();
        var values = positions.to_type(torch.ScalarType.Float32);
        var old = Side(values.shape[1] - prefix)!.Value;
        var map = values.narrow(1, prefix, old * old).transpose(1, 2).unflatten(2, [old, old]);
        var resampled = ResampleMap(map, side, side);
        return torch.cat([values.narrow(1, 0, prefix), resampled.flatten(2).transpose(1, 2)], dim: 1).MoveToOuterDisposeScope();
    }

    /// <summary>Resamples a map <c>[N, C, h, w]</c> to <c>[N, C, H, W]</c>, bicubically and antialiased.</summary>
    internal static torch.Tensor ResampleMap(torch.Tensor map, long height, long width) => torch.nn.functional.interpolate(
        map, size: [height, width], mode: torch.InterpolationMode.Bicubic, align_corners: false, antialias: true);

    /// <summary>Patches along a side; null where they make no square.</summary>
    internal static long? Side(long patches)
    {
        var side = (long)Math.Round(Math.Sqrt(Math.Max(0, patches)));
        return side > 0 && side * side == patches ? side : null;
    }
}

/// <summary>Which tokens have learned positions.</summary>
internal enum PositionKind
{
    /// <summary>No token.</summary>
    None,

    /// <summary>The patches alone.</summary>
    Patches,

    /// <summary>The patches, and the tokens in front of them.</summary>
    All,
}
