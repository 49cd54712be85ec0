namespace TransferKit;

/// <summary>
/// Turns the features of queries and keys, pair by pair, by angles that grow with the patch's place in the image (Su et al.,
/// 2021; Heo et al., 2024), so that scores depend on how far patches lie apart. Tokens in front of the patches aren't turned.
/// </summary>
internal sealed class RotaryEmbedding
{
    private readonly int _tokens, _features;
    private readonly bool _isHalved;
    private readonly float[] _cosines, _sines;

    /// <summary>Creates the turns.</summary>
    /// <param name="angles">For each patch, row by row, the angle of each pair of a head's features, in radians.</param>
    /// <param name="prefix">Tokens in front of the patches.</param>
    /// <param name="isHalved">
    /// Whether a feature's partner is as many features further as a half has; otherwise neighbors are partners.
    /// </param>
    public RotaryEmbedding(IReadOnlyList<float[]> angles, int prefix, bool isHalved)
    {
        var pairs = angles[0].Length;
        (_tokens, _features, _isHalved) = (prefix + angles.Count, 2 * pairs, isHalved);
        (_cosines, _sines) = (new float[_tokens * _features], new float[_tokens * _features]);
        Array.Fill(_cosines, 1f, 0, prefix * _features);
        for (var token = prefix; token < _tokens; token++)
            for (var pair = 0; pair < pairs; pair++)
            {
                var (sine, cosine) = MathF.SinCos(angles[token - prefix][pair]);
                var first = token * _features + (isHalved ? pair : 2 * pair);
                var second = first + (isHalved ? pairs : 1);
                (_cosines[first], _cosines[second]) = (cosine, cosine);
                (_sines[first], _sines[second]) = (-sine, sine);
            }
    }

    /// <summary>Turns queries and keys.</summary>
    /// <param name="ops">The operations.</param>
    /// <param name="queries"><c>[N, heads, T, D]</c></param>
    /// <param name="keys">The same.</param>
    public (T Queries, T Keys) Turn<T>(Operations<T> ops, T queries, T keys)
        where T : class
    {
        var sizes = ops.Sizes(queries);
        if (sizes[2] != _tokens || sizes[3] != _features)
            throw new ArgumentException($"The network was built for {_tokens} tokens; these are {sizes[2]}.", nameof(queries));
        var sines = ops.Constant(queries, _sines, _tokens, _features);
        var cosines = ops.Constant(queries, _cosines, _tokens, _features);
        return (Turned(queries), Turned(keys));

        T Turned(T input) => ops.AddInPlace(ops.Multiply(Partners(ops, input), sines), ops.Multiply(input, cosines));
    }

    private T Partners<T>(Operations<T> ops, T input)
        where T : class
    {
        if (_isHalved)
            return ops.Roll(input, [_features / 2], [3]);
        var heads = ops.Size(input, 1);
        var pairs = ops.Reshape(input, Operations<T>.Unknown, heads, _tokens, _features / 2, 2);
        return ops.Reshape(ops.Roll(pairs, [1], [4]), Operations<T>.Unknown, heads, _tokens, _features);
    }
}
