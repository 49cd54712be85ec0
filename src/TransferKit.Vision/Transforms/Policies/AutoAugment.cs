namespace TransferKit.Vision;

/// <summary>
/// A pair of steps drawn evenly from the 25 of a learned policy ("AutoAugment: learning augmentation strategies from data", Cubuk
/// et al., 2019; torchvision's AutoAugment).
/// </summary>
/// <param name="Policy">What kind of pictures the policy was learned on.</param>
/// <exception cref="ArgumentOutOfRangeException">There is no such policy.</exception>
public sealed record AutoAugment(AutoAugmentPolicy Policy = AutoAugmentPolicy.ImageNet) : Transform
{
    internal static readonly AugmentationSpace Space = new(Levels: 10);

    private readonly IReadOnlyList<(PolicyStep First, PolicyStep Second)> _pairs = AutoAugmentPolicies.Of(Policy);

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    /// <summary>What kind of pictures the policy was learned on.</summary>
    public AutoAugmentPolicy Policy { get; } = Policy;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        var (first, second) = _pairs[random.Next(_pairs.Count)];
        Apply(first, canvas, ref random);
        Apply(second, canvas, ref random);
    }

    private void Apply(PolicyStep step, Canvas canvas, ref SeededRandom random)
    {
        if (random.NextDouble() < step.Probability)
            step.Step.Apply(Space.MagnitudeOf(step.Step, step.Level, canvas.Size), Interpolation, canvas, ref random);
    }
}

/// <summary>The data sets that the policies of <see cref="AutoAugment"/> were learned on.</summary>
public enum AutoAugmentPolicy
{
    /// <summary>Photographs of a thousand kinds of things.</summary>
    ImageNet,

    /// <summary>Small photographs of ten kinds of things.</summary>
    Cifar10,

    /// <summary>House numbers.</summary>
    Svhn,
}
