namespace TransferKit.Vision;

/// <summary>Inverts the values from a threshold on (torchvision's solarize).</summary>
/// <param name="Threshold">The first value that is inverted, 0 to 256.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Threshold"/> is outside 0 to 256.</exception>
public sealed record Solarize(double Threshold) : ColorTransform
{
    /// <summary>The first value that is inverted, 0 to 256.</summary>
    public double Threshold { get; } = Require.Within(Threshold, 0, 256);

    private protected override void Change(PixelBuffer pixels) =>
        PixelTables.Apply(pixels, PixelTables.From(value => value < Threshold ? value : 255 - value));
}
