namespace TransferKit;

/// <summary>Adds what a main path computes to its own input, or to a projection of it (He et al., 2016).</summary>
internal sealed class Residual : Layer
{
    private readonly Layer _main, _skip;
    private readonly Layer? _then;

    // Of the compiled form: the main path up to its last convolution, which adds the skip path as it writes its output.
    private (Layer Front, Conv Last)? _fused;

    /// <summary>Creates <c>then(main(x) + skip(x))</c>.</summary>
    /// <param name="main">The main path.</param>
    /// <param name="skip">The projection of the input; null adds the input itself.</param>
    /// <param name="then">What follows the sum, or null.</param>
    public Residual(Child main, Child? skip = null, Child? then = null)
    {
        var projection = skip ?? new Identity();
        (_main, _skip, _then) = (main.Layer, projection.Layer, then?.Layer);
        Children = then is { } last ? [main, projection, last] : [main, projection];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children { get; }

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        // The main path has read the input by then: unless somebody else needs it, the sum may take its place.
        var sum = _fused is { } fused
            ? fused.Last.Compute(ops, ops.Run(fused.Front, input), ops.RunInPlace(_skip, input))
            : Sum(ops, input);
        return _then is null ? sum : ops.RunInPlace(_then, sum);
    }

    internal override void FuseWithin()
    {
        Layer[] main = [.. Network.Flatten(_main).Where(layer => !layer.IsIdle)];
        if (main is not [.. var front, Conv { IsLinear: true } last])
            return;
        _fused = (new Sequence([.. front.Select(layer => (Child)layer)]), last);
        if (_then is Activation activation)
            last.TryFuseActivation(activation);
    }

    private T Sum<T>(Operations<T> ops, T input)
        where T : class
    {
        var (main, skip) = (ops.Run(_main, input), ops.Run(_skip, input));
        if (!ops.Sizes(main).SequenceEqual(ops.Sizes(skip)))
            throw new ArgumentException($"A residual block can't add {ops.Sample(main)} (main path) and {ops.Sample(skip)} "
                + "(skip path).", nameof(input));
        return ops.AddInPlace(main, skip);
    }
}
