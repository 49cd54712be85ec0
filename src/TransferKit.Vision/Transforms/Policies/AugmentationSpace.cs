using System.Drawing;

namespace TransferKit.Vision;

/// <summary>How strong the steps of a policy can be: torchvision's augmentation space.</summary>
/// <param name="Levels">The strengths to choose from; level 0 is the mildest.</param>
internal sealed record AugmentationSpace(int Levels)
{
    /// <summary>The steps to choose from.</summary>
    public IReadOnlyList<AugmentationStep> Steps { get; init; } =
        [.. Enum.GetValues<AugmentationStep>().Where(step => step != AugmentationStep.Invert)];

    /// <summary>The tangent of the strongest shear.</summary>
    public double Shear { get; init; } = 0.3;

    /// <summary>
    /// The strongest shift, in pixels, of a picture by its width or height. The papers' pictures were 331 pixels wide.
    /// </summary>
    public Func<int, double> Translation { get; init; } = length => 150.0 / 331 * length;

    /// <summary>The strongest rotation, in degrees.</summary>
    public double Rotation { get; init; } = 30;

    /// <summary>The largest distance of a factor from 1.</summary>
    public double Factor { get; init; } = 0.9;

    /// <summary>The bits that posterizing leaves, at the mildest and at the strongest.</summary>
    public (int Mildest, int Strongest) Bits { get; init; } = (8, 4);

    /// <summary>The magnitude of a step, without sign.</summary>
    /// <param name="step">The step.</param>
    /// <param name="level">The strength, in <c>[0, Levels)</c>.</param>
    /// <param name="picture">The picture's size.</param>
    public double MagnitudeOf(AugmentationStep step, int level, Size picture) => step switch
    {
        AugmentationStep.ShearX or AugmentationStep.ShearY => Between(0, Shear, level),
        AugmentationStep.TranslateX => Between(0, Translation(picture.Width), level),
        AugmentationStep.TranslateY => Between(0, Translation(picture.Height), level),
        AugmentationStep.Rotate => Between(0, Rotation, level),
        AugmentationStep.Posterize =>
            Bits.Mildest - MathF.Round(level / ((float)(Levels - 1) / (Bits.Mildest - Bits.Strongest))),
        AugmentationStep.Solarize => Between(255, 0, level),
        _ when step.IsSigned() => Between(0, Factor, level),
        _ => 0,
    };

    /// <summary>
    /// torch.linspace in float32: counted from the nearer end, which decides where a shift is cut to whole pixels.
    /// </summary>
    private double Between(double first, double last, int level)
    {
        var step = ((float)last - (float)first) / (Levels - 1);
        return level < Levels / 2 ? (float)first + step * level : (float)last - step * (Levels - 1 - level);
    }
}
