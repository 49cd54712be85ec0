namespace TransferKit.Vision;

/// <summary>
/// One step drawn evenly from fourteen, with a strength drawn evenly from none to extreme ("TrivialAugment", Müller and Hutter,
/// 2021; torchvision's TrivialAugmentWide).
/// </summary>
public sealed record TrivialAugmentWide : Transform
{
    internal static readonly AugmentationSpace Space = new(Levels: 31)
    {
        Shear = 0.99,
        Translation = _ => 32,
        Rotation = 135,
        Factor = 0.99,
        Bits = (8, 2),
    };

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var step = Space.Steps[random.Next(Space.Steps.Count)];
        var level = random.Next(Space.Levels);
        step.Apply(Space.MagnitudeOf(step, level, canvas.Size), Interpolation, canvas, ref random);
    }
}
