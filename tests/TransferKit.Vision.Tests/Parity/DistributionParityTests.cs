using System.Drawing;

namespace TransferKit.Vision.Tests;

/// <summary>What the random steps draw is distributed as what torchvision's draw, for pictures of 120 × 80 pixels.</summary>
public class DistributionParityTests
{
    private const int Draws = 20_000;

    private static readonly Size Picture = new(120, 80);

    private delegate double[] Draw(ref SeededRandom random);

    private static readonly Dictionary<string, Draw> Steps = new()
    {
        ["ColorJitter"] = (ref random) =>
        {
            var steps = new ColorJitter { Brightness = 0.4, Contrast = 0.5, Saturation = 1, Hue = 0.1 }.Draw(ref random);
            var (brightness, hue) = (steps.OfType<AdjustBrightness>().Single(), steps.OfType<AdjustHue>().Single());
            return
            [
                brightness.Factor, steps.OfType<AdjustContrast>().Single().Factor,
                steps.OfType<AdjustSaturation>().Single().Factor, hue.Factor,
                steps.TakeWhile(step => step != brightness).Count(), steps.TakeWhile(step => step != hue).Count(),
            ];
        },
        ["RandomRotation"] = (ref random) => [new RandomRotation(30).Draw(ref random).Degrees],
        ["RandomAffine"] = (ref random) =>
        {
            var step = new RandomAffine(20) { Translate = (0.1, 0.2), Scale = (0.8, 1.2), Shear = 10 }.Draw(Picture, ref random);
            return [step.Degrees, step.Translate.X, step.Translate.Y, step.Scale, step.Shear.X, step.Shear.Y];
        },
        ["GaussianBlur"] = (ref random) => [new GaussianBlur(5).DrawSigma(ref random)],
        ["RandomErasing"] = (ref random) => new RandomErasing().Draw(Picture, ref random) is { } area
            ? [area.Top, area.Left, area.Height, area.Width]
            : [0, 0, Picture.Height, Picture.Width],
        ["RandomPerspective"] = (ref random) =>
        {
            var step = new RandomPerspective().Draw(Picture, ref random);
            return
            [
                step.TopLeft.X, step.TopLeft.Y, step.TopRight.X, step.TopRight.Y,
                step.BottomRight.X, step.BottomRight.Y, step.BottomLeft.X, step.BottomLeft.Y,
            ];
        },
        ["AugMix"] = (ref random) => [.. new AugMix().DrawShares(ref random).Select(share => (double)share)],
    };

    public static TheoryData<string> Names => [.. RandomnessGoldens.All.Distributions.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void Parameters_are_distributed_as_those_of_torchvision(string name)
    {
        var random = new SeededRandom(1, 0);
        var draws = Enumerable.Range(0, Draws).Select(_ => Steps[name](ref random)).ToArray();

        foreach (var (i, golden) in RandomnessGoldens.All.Distributions[name].Index())
        {
            var values = draws.Select(draw => draw[i]).ToArray();
            var mean = values.Average();
            var deviation = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            // Five standard errors of the difference of two means; what never varies must be equal.
            var tolerance = 0.05 * golden.Deviation;
            mean.Should().BeApproximately(golden.Mean, tolerance, $"that is the mean of {golden.Name}");
            deviation.Should().BeApproximately(golden.Deviation, tolerance, $"that is the deviation of {golden.Name}");
            // The ends of the range are met less exactly, where values near them are rare.
            var ends = 0.06 * (golden.Greatest - golden.Least);
            values.Min().Should().BeApproximately(golden.Least, ends, $"that is the least {golden.Name}");
            values.Max().Should().BeApproximately(golden.Greatest, ends, $"that is the greatest {golden.Name}");
        }
    }
}
