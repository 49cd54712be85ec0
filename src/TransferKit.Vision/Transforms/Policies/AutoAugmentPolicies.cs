using Step = TransferKit.Vision.AugmentationStep;

namespace TransferKit.Vision;

/// <summary>
/// The learned policies of "AutoAugment: learning augmentation strategies from data" (Cubuk et al., 2019), as in torchvision:
/// 25 pairs of steps each, with probability and level.
/// </summary>
internal static class AutoAugmentPolicies
{
    public static IReadOnlyList<(PolicyStep First, PolicyStep Second)> Of(AutoAugmentPolicy policy) => policy switch
    {
        AutoAugmentPolicy.ImageNet => ImageNet,
        AutoAugmentPolicy.Cifar10 => Cifar10,
        AutoAugmentPolicy.Svhn => Svhn,
        _ => throw new ArgumentOutOfRangeException(nameof(policy), policy, "There is no such policy."),
    };

    private static readonly (PolicyStep, PolicyStep)[] ImageNet =
    [
        (new(Step.Posterize, 0.4, 8), new(Step.Rotate, 0.6, 9)),
        (new(Step.Solarize, 0.6, 5), new(Step.AutoContrast, 0.6)),
        (new(Step.Equalize, 0.8), new(Step.Equalize, 0.6)),
        (new(Step.Posterize, 0.6, 7), new(Step.Posterize, 0.6, 6)),
        (new(Step.Equalize, 0.4), new(Step.Solarize, 0.2, 4)),
        (new(Step.Equalize, 0.4), new(Step.Rotate, 0.8, 8)),
        (new(Step.Solarize, 0.6, 3), new(Step.Equalize, 0.6)),
        (new(Step.Posterize, 0.8, 5), new(Step.Equalize, 1)),
        (new(Step.Rotate, 0.2, 3), new(Step.Solarize, 0.6, 8)),
        (new(Step.Equalize, 0.6), new(Step.Posterize, 0.4, 6)),
        (new(Step.Rotate, 0.8, 8), new(Step.Color, 0.4, 0)),
        (new(Step.Rotate, 0.4, 9), new(Step.Equalize, 0.6)),
        (new(Step.Equalize, 0), new(Step.Equalize, 0.8)),
        (new(Step.Invert, 0.6), new(Step.Equalize, 1)),
        (new(Step.Color, 0.6, 4), new(Step.Contrast, 1, 8)),
        (new(Step.Rotate, 0.8, 8), new(Step.Color, 1, 2)),
        (new(Step.Color, 0.8, 8), new(Step.Solarize, 0.8, 7)),
        (new(Step.Sharpness, 0.4, 7), new(Step.Invert, 0.6)),
        (new(Step.ShearX, 0.6, 5), new(Step.Equalize, 1)),
        (new(Step.Color, 0.4, 0), new(Step.Equalize, 0.6)),
        (new(Step.Equalize, 0.4), new(Step.Solarize, 0.2, 4)),
        (new(Step.Solarize, 0.6, 5), new(Step.AutoContrast, 0.6)),
        (new(Step.Invert, 0.6), new(Step.Equalize, 1)),
        (new(Step.Color, 0.6, 4), new(Step.Contrast, 1, 8)),
        (new(Step.Equalize, 0.8), new(Step.Equalize, 0.6)),
    ];

    private static readonly (PolicyStep, PolicyStep)[] Cifar10 =
    [
        (new(Step.Invert, 0.1), new(Step.Contrast, 0.2, 6)),
        (new(Step.Rotate, 0.7, 2), new(Step.TranslateX, 0.3, 9)),
        (new(Step.Sharpness, 0.8, 1), new(Step.Sharpness, 0.9, 3)),
        (new(Step.ShearY, 0.5, 8), new(Step.TranslateY, 0.7, 9)),
        (new(Step.AutoContrast, 0.5), new(Step.Equalize, 0.9)),
        (new(Step.ShearY, 0.2, 7), new(Step.Posterize, 0.3, 7)),
        (new(Step.Color, 0.4, 3), new(Step.Brightness, 0.6, 7)),
        (new(Step.Sharpness, 0.3, 9), new(Step.Brightness, 0.7, 9)),
        (new(Step.Equalize, 0.6), new(Step.Equalize, 0.5)),
        (new(Step.Contrast, 0.6, 7), new(Step.Sharpness, 0.6, 5)),
        (new(Step.Color, 0.7, 7), new(Step.TranslateX, 0.5, 8)),
        (new(Step.Equalize, 0.3), new(Step.AutoContrast, 0.4)),
        (new(Step.TranslateY, 0.4, 3), new(Step.Sharpness, 0.2, 6)),
        (new(Step.Brightness, 0.9, 6), new(Step.Color, 0.2, 8)),
        (new(Step.Solarize, 0.5, 2), new(Step.Invert, 0)),
        (new(Step.Equalize, 0.2), new(Step.AutoContrast, 0.6)),
        (new(Step.Equalize, 0.2), new(Step.Equalize, 0.6)),
        (new(Step.Color, 0.9, 9), new(Step.Equalize, 0.6)),
        (new(Step.AutoContrast, 0.8), new(Step.Solarize, 0.2, 8)),
        (new(Step.Brightness, 0.1, 3), new(Step.Color, 0.7, 0)),
        (new(Step.Solarize, 0.4, 5), new(Step.AutoContrast, 0.9)),
        (new(Step.TranslateY, 0.9, 9), new(Step.TranslateY, 0.7, 9)),
        (new(Step.AutoContrast, 0.9), new(Step.Solarize, 0.8, 3)),
        (new(Step.Equalize, 0.8), new(Step.Invert, 0.1)),
        (new(Step.TranslateY, 0.7, 9), new(Step.AutoContrast, 0.9)),
    ];

    private static readonly (PolicyStep, PolicyStep)[] Svhn =
    [
        (new(Step.ShearX, 0.9, 4), new(Step.Invert, 0.2)),
        (new(Step.ShearY, 0.9, 8), new(Step.Invert, 0.7)),
        (new(Step.Equalize, 0.6), new(Step.Solarize, 0.6, 6)),
        (new(Step.Invert, 0.9), new(Step.Equalize, 0.6)),
        (new(Step.Equalize, 0.6), new(Step.Rotate, 0.9, 3)),
        (new(Step.ShearX, 0.9, 4), new(Step.AutoContrast, 0.8)),
        (new(Step.ShearY, 0.9, 8), new(Step.Invert, 0.4)),
        (new(Step.ShearY, 0.9, 5), new(Step.Solarize, 0.2, 6)),
        (new(Step.Invert, 0.9), new(Step.AutoContrast, 0.8)),
        (new(Step.Equalize, 0.6), new(Step.Rotate, 0.9, 3)),
        (new(Step.ShearX, 0.9, 4), new(Step.Solarize, 0.3, 3)),
        (new(Step.ShearY, 0.8, 8), new(Step.Invert, 0.7)),
        (new(Step.Equalize, 0.9), new(Step.TranslateY, 0.6, 6)),
        (new(Step.Invert, 0.9), new(Step.Equalize, 0.6)),
        (new(Step.Contrast, 0.3, 3), new(Step.Rotate, 0.8, 4)),
        (new(Step.Invert, 0.8), new(Step.TranslateY, 0, 2)),
        (new(Step.ShearY, 0.7, 6), new(Step.Solarize, 0.4, 8)),
        (new(Step.Invert, 0.6), new(Step.Rotate, 0.8, 4)),
        (new(Step.ShearY, 0.3, 7), new(Step.TranslateX, 0.9, 3)),
        (new(Step.ShearX, 0.1, 6), new(Step.Invert, 0.6)),
        (new(Step.Solarize, 0.7, 2), new(Step.TranslateY, 0.6, 7)),
        (new(Step.ShearY, 0.8, 4), new(Step.Invert, 0.8)),
        (new(Step.ShearX, 0.7, 9), new(Step.TranslateY, 0.8, 3)),
        (new(Step.ShearY, 0.8, 5), new(Step.AutoContrast, 0.7)),
        (new(Step.ShearX, 0.7, 2), new(Step.Invert, 0.1)),
    ];
}

/// <summary>One step of a learned policy.</summary>
/// <param name="Step">The step.</param>
/// <param name="Probability">How often it is carried out.</param>
/// <param name="Level">How strong it is, 0 to 9; of no meaning for steps without a magnitude.</param>
internal readonly record struct PolicyStep(AugmentationStep Step, double Probability, int Level = 0);
