using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Some steps drawn evenly from fourteen, all with the same strength ("RandAugment", Cubuk et al., 2019; torchvision's
/// RandAugment).
/// </summary>
public sealed record RandAugment : Transform
{
    /// <summary>Steps for each picture, at least 0. Default: 2.</summary>
    public int Steps { get; init => field = (int)Require.Within(value, 0, int.MaxValue); } = 2;

    /// <summary>How strong the steps are, 0 to 30. Default: 9.</summary>
    public int Magnitude { get; init => field = (int)Require.Within(value, 0, Bins - 1); } = 9;

    private const int Bins = 31;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        for (var i = 0; i < Steps; i++)
        {
            var step = AugmentationSteps.All[random.Next(AugmentationSteps.All.Count)];
            step.Apply(MagnitudeOf(step, canvas.Size), canvas, ref random);
        }
    }

    private double MagnitudeOf(AugmentationStep step, Size picture)
    {
        var share = Magnitude / (Bins - 1.0);
        return step switch
        {
            AugmentationStep.ShearX or AugmentationStep.ShearY => 0.3 * share,
            // The paper's pictures were 331 pixels wide.
            AugmentationStep.TranslateX => 150.0 / 331 * picture.Width * share,
            AugmentationStep.TranslateY => 150.0 / 331 * picture.Height * share,
            AugmentationStep.Rotate => 30 * share,
            AugmentationStep.Posterize => 8 - Math.Round(4 * share),
            AugmentationStep.Solarize => 255 * (1 - share),
            _ => 0.9 * share,
        };
    }
}
