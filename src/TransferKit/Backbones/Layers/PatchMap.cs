namespace TransferKit;

/// <summary>
/// Puts the tokens behind the class token back to where their patches lie in the image,
/// <c>[N, 1 + S · S, F]</c> → <c>[N, F, S, S]</c>, and drops the class token.
/// </summary>
/// <param name="size">Patches along each side of the image, S.</param>
internal sealed class PatchMap(int size) : Layer
{
    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var sizes = ops.Sizes(input);
        if (sizes.Count != 3 || sizes[1] != 1 + size * size)
            throw new ArgumentException(
                $"The tokens {ops.Sample(input)} are not those of {size} × {size} patches.", nameof(input));
        var patches = ops.Permute(ops.Slice(input, 1, 1, size * size), 0, 2, 1);
        return ops.Reshape(patches, sizes[0], sizes[2], size, size);
    }
}
