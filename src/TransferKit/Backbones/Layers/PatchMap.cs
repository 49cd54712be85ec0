namespace TransferKit;

/// <summary>
/// Puts the tokens of patches back to where they lie in the image, <c>[N, P + S · S, F]</c> → <c>[N, F, S, S]</c>, and drops the
/// class token, or all P tokens in front of them.
/// </summary>
/// <param name="size">Patches along each side of the image, S.</param>
/// <param name="prefix">Tokens in front of them, P.</param>
internal sealed class PatchMap(int size, int prefix = 1) : Layer
{
    /// <summary>Tokens in front of those of the patches, P; the first is the class token.</summary>
    public int Prefix => prefix;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[1] != prefix + size * size)
            throw new ArgumentException(
                $"The tokens {ops.Sample(input)} are not those of {size} × {size} patches.", nameof(input));
        var patches = ops.Permute(ops.Slice(input, 1, prefix, size * size), 0, 2, 1);
        return ops.Reshape(patches, sizes[0], sizes[2], size, size);
    }
}
