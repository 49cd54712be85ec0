namespace TransferKit;

/// <summary>
/// Runs the last blocks of a transformer and puts side by side the class token behind each of them and the average of the patches
/// behind the last, all through the network's norm, <c>[N, P + T, F]</c> → <c>[N, (K + 1) · F]</c> (Oquab et al., 2024).
/// </summary>
internal sealed class LastBlocks : Layer
{
    private readonly IReadOnlyList<Child> _blocks;
    private readonly Sequence _norm;
    private readonly FirstToken _classToken = new();
    private readonly TokenAverage _patches;

    /// <summary>Creates the layer.</summary>
    /// <param name="blocks">The blocks, K.</param>
    /// <param name="norm">What tokens go through behind them, each by itself.</param>
    /// <param name="prefix">Tokens in front of the patches, P; the first is the class token.</param>
    public LastBlocks(IReadOnlyList<Child> blocks, IReadOnlyList<Child> norm, int prefix) =>
        (_blocks, _norm, _patches) = (blocks, new Sequence(norm), new TokenAverage(prefix));

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => [.. _blocks, _norm, _classToken, _patches];

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var (tokens, found) = (input, new List<T>());
        foreach (var (i, block) in _blocks.Index())
        {
            tokens = ops.Run(block.Layer, tokens);
            if (i < _blocks.Count - 1)
                found.Add(ops.Run(_classToken, ops.Run(_norm, ops.Slice(tokens, 1, 0, 1))));
        }
        var last = ops.Run(_norm, tokens);
        return ops.Concat(1, [.. found, ops.Run(_classToken, last), ops.Run(_patches, last)]);
    }
}
