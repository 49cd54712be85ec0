namespace TransferKit.Vision;

/// <summary>Mirrors left to right.</summary>
public sealed record HorizontalFlip : Transform
{
    internal override void Apply(Canvas canvas, ref SeededRandom random) => canvas.MirrorX();
}
