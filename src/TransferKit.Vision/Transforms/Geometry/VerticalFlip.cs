namespace TransferKit.Vision;

/// <summary>Mirrors top to bottom.</summary>
public sealed record VerticalFlip : Transform
{
    internal override void Apply(Canvas canvas, ref SeededRandom random) => canvas.MirrorY();
}
