namespace TransferKit.Vision;

/// <summary>
/// One step drawn evenly from fourteen, with a strength drawn evenly from none to extreme ("TrivialAugment", Müller and Hutter,
/// 2021; torchvision's TrivialAugmentWide).
/// </summary>
public sealed record TrivialAugmentWide : Transform
{
    private const int Bins = 31;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var step = AugmentationSteps.All[random.Next(AugmentationSteps.All.Count)];
        var share = random.Next(Bins) / (Bins - 1.0);
        step.Apply(MagnitudeOf(step, share), canvas, ref random);
    }

    private static double MagnitudeOf(AugmentationStep step, double share) => step switch
    {
        AugmentationStep.TranslateX or AugmentationStep.TranslateY => 32 * share,
        AugmentationStep.Rotate => 135 * share,
        AugmentationStep.Posterize => 8 - Math.Round(6 * share),
        AugmentationStep.Solarize => 255 * (1 - share),
        _ => 0.99 * share,
    };
}
