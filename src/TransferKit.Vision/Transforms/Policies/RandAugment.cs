namespace TransferKit.Vision;

/// <summary>
/// Some steps drawn evenly from fourteen, all with the same strength ("RandAugment", Cubuk et al., 2019; torchvision's
/// RandAugment).
/// </summary>
public sealed record RandAugment : Transform
{
    internal static readonly AugmentationSpace Space = new(Levels: 31);

    /// <summary>Steps for each picture, at least 0. Default: 2.</summary>
    public int Steps { get; init => field = (int)Require.Within(value, 0, int.MaxValue); } = 2;

    /// <summary>How strong the steps are, 0 to 30. Default: 9.</summary>
    public int Magnitude { get; init => field = (int)Require.Within(value, 0, Space.Levels - 1); } = 9;

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        for (var i = 0; i < Steps; i++)
        {
            var step = Space.Steps[random.Next(Space.Steps.Count)];
            step.Apply(Space.MagnitudeOf(step, Magnitude, canvas.Size), Interpolation, canvas, ref random);
        }
    }
}
