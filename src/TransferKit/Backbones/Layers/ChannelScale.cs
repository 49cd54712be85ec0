namespace TransferKit;

/// <summary>Multiplies each channel of <c>[N, C, H, W]</c> by a number that is learnt (Touvron et al., 2021), named <c>gamma</c>.</summary>
internal sealed class ChannelScale : Layer
{
    private readonly Weight _factors;

    /// <summary>Creates a channel scale.</summary>
    /// <param name="channels">Channels, C.</param>
    /// <param name="start">What every factor starts from.</param>
    public ChannelScale(int channels, double start) => _factors = AddParameter("gamma", [channels], Initialize.Constant(start));

    internal override bool HoldsReduced => true;

    protected internal override T Compute<T>(Operations<T> ops, T input) => ops.Size(input, 1) == _factors.Count
        ? ops.MultiplyInPlace(input, ops.Reshape(ops.Weight(_factors, input), _factors.Count, 1, 1))
        : throw new ArgumentException(
            $"A scale of {_factors.Count} channels can't take a sample of shape {ops.Sample(input)}.", nameof(input));
}
