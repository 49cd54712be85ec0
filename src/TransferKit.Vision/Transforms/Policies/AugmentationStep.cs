namespace TransferKit.Vision;

/// <summary>The steps that the automatic policies choose from.</summary>
internal enum AugmentationStep
{
    Identity,
    AutoContrast,
    Equalize,
    Invert,
    Posterize,
    Solarize,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
}

/// <summary>What the steps mean in torchvision's terms.</summary>
internal static class AugmentationSteps
{
    /// <summary>Whether the magnitude may as well be negative.</summary>
    public static bool IsSigned(this AugmentationStep step) => step >= AugmentationStep.ShearX;

    /// <summary>
    /// The step with a magnitude: a factor's distance from 1, degrees, pixels, bits, a threshold, or a shear's tangent.
    /// </summary>
    public static Transform? With(this AugmentationStep step, double magnitude, Interpolation interpolation) => step switch
    {
        AugmentationStep.AutoContrast => new AutoContrast(),
        AugmentationStep.Equalize => new Equalize(),
        AugmentationStep.Invert => new Invert(),
        AugmentationStep.Posterize => new Posterize((int)magnitude),
        AugmentationStep.Solarize => new Solarize(magnitude),
        AugmentationStep.ShearX => new Affine { Shear = (Degrees(magnitude), 0), Center = (0, 0), Interpolation = interpolation },
        AugmentationStep.ShearY => new Affine { Shear = (0, Degrees(magnitude)), Center = (0, 0), Interpolation = interpolation },
        AugmentationStep.TranslateX => new Affine { Translate = ((int)magnitude, 0), Interpolation = interpolation },
        AugmentationStep.TranslateY => new Affine { Translate = (0, (int)magnitude), Interpolation = interpolation },
        AugmentationStep.Rotate => new Rotate(magnitude) { Interpolation = interpolation },
        AugmentationStep.Brightness => new AdjustBrightness(1 + magnitude),
        AugmentationStep.Color => new AdjustSaturation(1 + magnitude),
        AugmentationStep.Contrast => new AdjustContrast(1 + magnitude),
        AugmentationStep.Sharpness => new AdjustSharpness(1 + magnitude),
        _ => null,
    };

    /// <summary>Draws the sign where there is one, and carries the step out.</summary>
    public static void Apply(
        this AugmentationStep step, double magnitude, Interpolation interpolation, Canvas canvas, ref SeededRandom random)
    {
        if (step.IsSigned() && random.Next(2) == 1)
            magnitude = -magnitude;
        step.With(magnitude, interpolation)?.Apply(canvas, ref random);
    }

    private static double Degrees(double tangent) => Math.Atan(tangent) * 180 / Math.PI;
}
