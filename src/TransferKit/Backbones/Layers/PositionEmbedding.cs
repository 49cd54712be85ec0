using TorchSharp;

namespace TransferKit;

/// <summary>
/// Adds to each token what is learned for its position, <c>[N, T, F]</c> → <c>[N, T, F]</c>; the first token is a class token,
/// the others are a square of patches (Dosovitskiy et al., 2021). Weights for another number of patches are interpolated when
/// they are loaded.
/// </summary>
internal sealed class PositionEmbedding : Layer
{
    private readonly int _tokens, _features;
    private readonly Weight _embedding;

    /// <summary>Creates a position embedding; its parameter is named <c>pos_embedding</c>.</summary>
    /// <param name="tokens">Tokens, T: one more than a square number.</param>
    /// <param name="features">Features of a token, F.</param>
    public PositionEmbedding(int tokens, int features)
    {
        (_tokens, _features) = (tokens, features);
        _embedding = AddParameter("pos_embedding", [1, tokens, features], Initialize.Normal(0.02), decays: false);
        _embedding.ShapeAdapter = new(
            shape => shape is [1, var others, var width] && width == features && Side(others) is not null,
            loaded => Interpolate(loaded, tokens));
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[2] != _features)
            throw new ArgumentException($"A position embedding of {_features} features can't take a sample of shape "
                + $"{ops.Sample(input)}.", nameof(input));
        return sizes[1] == _tokens
            ? ops.AddInPlace(input, ops.Weight(_embedding, input))
            : throw new ArgumentException(
                $"The network was built for images of {_tokens - 1} patches; these have {sizes[1] - 1}.", nameof(input));
    }

    /// <summary>
    /// Resamples an embedding to another number of patches, bicubically with the corners kept in place, as torchvision's
    /// <c>interpolate_embeddings</c> does. The class token keeps its own.
    /// </summary>
    /// <param name="embedding"><c>[1, 1 + s · s, F]</c></param>
    /// <param name="tokens">1 + S · S</param>
    /// <returns>A new tensor <c>[1, 1 + S · S, F]</c> in float32.</returns>
    internal static torch.Tensor Interpolate(torch.Tensor embedding, int tokens)
    {
        var (from, to) = (Side(embedding.shape[1]), Side(tokens));
        if (from is null || to is null)
            throw new ArgumentException(
                $"{embedding.shape[1]} and {tokens} tokens are not both a class token and a square of patches.", nameof(tokens));
        using var scope = torch.NewDisposeScope();
        var values = embedding.to_type(torch.ScalarType.Float32);
        var map = values.narrow(1, 1, from.Value * from.Value).transpose(1, 2).unflatten(2, [from.Value, from.Value]);
        var resampled = torch.nn.functional.interpolate(
            map, size: [to.Value, to.Value], mode: torch.InterpolationMode.Bicubic, align_corners: true);
        return torch.cat([values.narrow(1, 0, 1), resampled.flatten(2).transpose(1, 2)], dim: 1).MoveToOuterDisposeScope();
    }

    /// <summary>Patches along a side; null where they make no square.</summary>
    private static long? Side(long tokens)
    {
        var side = (long)Math.Round(Math.Sqrt(tokens - 1));
        return side > 0 && side * side == tokens - 1 ? side : null;
    }
}
