using System.Drawing;

namespace TransferKit.Vision.Tests;

public class PolicyParityTests
{
    private static readonly Dictionary<string, AugmentationSpace> Spaces = new()
    {
        ["AutoAugment"] = AutoAugment.Space,
        ["RandAugment"] = RandAugment.Space,
        ["TrivialAugmentWide"] = TrivialAugmentWide.Space,
        ["AugMix"] = AugMix.Space,
    };

    public static TheoryData<string, double> Steps
    {
        get
        {
            var data = new TheoryData<string, double>();
            foreach (var golden in Goldens.All.PolicySteps)
                data.Add(golden.Step, golden.Magnitude);
            return data;
        }
    }

    [Theory]
    [InlineData("AutoAugment")]
    [InlineData("RandAugment")]
    [InlineData("TrivialAugmentWide")]
    [InlineData("AugMix")]
    public void Magnitudes_are_those_of_torchvision(string policy)
    {
        var goldens = RandomnessGoldens.All.Spaces[policy];
        var space = Spaces[policy];
        if (policy != "AutoAugment")
            space.Steps.Select(step => step.ToString()).Should().BeEquivalentTo(goldens.Keys);
        foreach (var (name, golden) in goldens)
        {
            var step = Enum.Parse<AugmentationStep>(name);
            step.IsSigned().Should().Be(golden.Signed, name);
            for (var level = 0; level < golden.Magnitudes.Length; level++)
            {
                var magnitude = space.MagnitudeOf(step, level, new Size(331, 224));
                magnitude.Should().BeApproximately(golden.Magnitudes[level], 1e-5, $"{name} has that at level {level}");
                ((int)magnitude).Should().Be((int)golden.Magnitudes[level], $"{name} has whole pixels of that at level {level}");
            }
        }
    }

    [Theory]
    [InlineData("imagenet", AutoAugmentPolicy.ImageNet)]
    [InlineData("cifar10", AutoAugmentPolicy.Cifar10)]
    [InlineData("svhn", AutoAugmentPolicy.Svhn)]
    public void Learned_policies_are_those_of_torchvision(string name, AutoAugmentPolicy policy)
    {
        var ours = AutoAugmentPolicies.Of(policy).SelectMany(pair => new[] { pair.First, pair.Second });
        var theirs = RandomnessGoldens.All.Policies[name].SelectMany(pair => pair)
            .Select(step => new PolicyStep(Enum.Parse<AugmentationStep>(step.Step), step.Probability, step.Level));

        ours.Should().Equal(theirs).And.HaveCount(50);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void A_step_gives_the_pixels_of_torchvision(string name, double magnitude)
    {
        var golden = Goldens.All.PolicySteps.Single(one => one.Step == name && one.Magnitude == magnitude);
        var step = Enum.Parse<AugmentationStep>(name).With(magnitude, Interpolation.Nearest)!;

        var pixels = Fixture.Transform("rgb_31x29.png", step);

        if (golden.Sha256 is { } sha256)
            Fixture.Sha256(pixels).Should().Be(sha256);
        else
            pixels.Zip(golden.Pixels!, (ours, theirs) => Math.Abs(ours - theirs)).Max().Should().BeLessThanOrEqualTo(1);
    }
}
