namespace TransferKit.Vision;

/// <summary>Makes every channel <c>(value / 255 − mean) / std</c> (torchvision's ToTensor followed by Normalize).</summary>
/// <param name="Mean">Mean of red, green and blue, in 0..1.</param>
/// <param name="Std">Standard deviation of red, green and blue, in 0..1.</param>
public sealed record Normalize(ChannelValues Mean, ChannelValues Std) : Transform
{
    internal override void Apply(Canvas canvas, ref SeededRandom random) => canvas.Normalization = (Mean, Std);
}
