namespace TransferKit;

/// <summary>
/// Multiplies its input by what a path of layers makes of it, <c>x · gate(x)</c>: squeeze-and-excitation (Hu et al., 2018),
/// where the gate is one number a channel.
/// </summary>
/// <param name="children">The gate's layers, first to last; their output broadcasts to the input's shape.</param>
internal sealed class Gate(params IReadOnlyList<Child> children) : Layer
{
    private readonly Sequence _gate = new(children);

    /// <inheritdoc/>
    public override IReadOnlyList<Child> Children => _gate.Children;

    protected internal override T Compute<T>(Operations<T> ops, T input)
    {
        var gate = ops.Run(_gate, input);
        var (of, by) = (ops.Sizes(input), ops.Sizes(gate));
        if (of.Count != by.Count || by.Zip(of).Any(size => size.First != size.Second && size.First != 1))
            throw new ArgumentException(
                $"A gate of shape {ops.Sample(gate)} doesn't broadcast to {ops.Sample(input)}.", nameof(input));
        return ops.MultiplyInPlace(input, gate);
    }
}
