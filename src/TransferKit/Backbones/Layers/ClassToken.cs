namespace TransferKit;

/// <summary>
/// Makes tokens of a feature map, row by row, and puts one that is learned in front of them,
/// <c>[N, F, H, W]</c> → <c>[N, 1 + H · W, F]</c> (Dosovitskiy et al., 2021).
/// </summary>
internal sealed class ClassToken : Layer
{
    private readonly int _features;
    private readonly Weight _token;

    /// <summary>Creates a class token; its parameter is named <c>class_token</c>.</summary>
    /// <param name="features">Features of a token, F.</param>
    public ClassToken(int features)
    {
        _features = features;
        _token = AddParameter("class_token", [1, 1, features], Initialize.Zeros, decays: false);
    }

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 4 || sizes[1] != _features)
            throw new ArgumentException(
                $"A class token of {_features} features can't join a sample of shape {ops.Sample(input)}.", nameof(input));
        var tokens = ops.Permute(ops.Reshape(input, sizes[0], _features, sizes[2] * sizes[3]), 0, 2, 1);
        return ops.Prepend(tokens, ops.Weight(_token, input));
    }
}
