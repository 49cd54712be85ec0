using System.Xml.Linq;
using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.LearningCurves;

public sealed class LearningCurveTests
{
    private static readonly LearningCurveOptions Quick = new() { CacheFolder = null };

    [Fact]
    public void More_samples_are_learned_from_step_by_step()
    {
        var data = SyntheticImages.Create(perClass: 40, classes: 3);
        var curve = data.EstimateLearningCurve(SpotsNetwork.Plan.ReplaceHead(3), Quick);

        curve.Points.Select(point => point.Samples).Should().Equal(12, 24, 48, 96);
        curve.Points.Should().OnlyContain(point => point.Measured == 120 && point.Deviation >= 0);
        curve.Points[^1].Accuracy.Should().BeGreaterThanOrEqualTo(curve.Points[0].Accuracy);
        curve.Classes.Select(one => one.Name).Should().BeEquivalentTo(data.ClassNames);
        curve.Classes.Should().BeInDescendingOrder(one => one.Gain).And.OnlyContain(one => one.Gain >= 0 && one.Samples == 40);
        data.EstimateLearningCurve(SpotsNetwork.Plan.ReplaceHead(3), Quick).Points.Should().Equal(curve.Points);
        $"{curve}".Should().Contain("measured").And.Contain("by the law").And.Contain("with twice as many");
        XDocument.Parse(curve.Chart().ToSvg()).Root.Should().NotBeNull();
    }

    [Theory]
    [InlineData(1.3, 0.45, 0.02)]
    [InlineData(0.8, 0.3, 0)]
    [InlineData(5, 0.9, 0.1)]
    public void The_law_is_found_again_from_its_points(double scale, double exponent, double floor)
    {
        var law = new PowerLaw(scale, exponent, floor);
        var fitted = PowerLaw.Fit([.. new[] { 100.0, 200, 400, 800 }.Select(samples => (samples, law.At(samples), 10_000.0))]);
        foreach (var samples in new[] { 100, 400, 1600, 3200 })
            fitted.At(samples).Should().BeApproximately(law.At(samples), 0.01);
        fitted.At(1e9).Should().BeApproximately(law.At(1e9), 0.03);
    }

    [Fact]
    public void What_it_takes_follows_from_the_law()
    {
        var law = new PowerLaw(1.3, 0.45, 0.02);
        var curve = Of([.. Enumerable.Range(0, 4).Select(i => 100 << i).Select(samples => (samples, law.At(samples)))]);
        var needed = curve.SamplesFor(0.95)!.Value;
        curve.AccuracyAt(needed).Should().BeApproximately(0.95, 0.001);
        curve.SamplesFor(0.9999).Should().BeNull();
        curve.SamplesFor(0).Should().Be(1);
        var (low, high) = curve.IntervalAt(1600);
        curve.AccuracyAt(1600).Should().BeInRange(low, high);
        var (lower, higher) = curve.IntervalAt(400);
        (higher - lower).Should().BeLessThan(0.02, "it is measured there");
    }

    [Fact]
    public void An_error_that_does_not_fall_stays()
    {
        var curve = Of((100, 0.25), (200, 0.25), (400, 0.25));
        curve.AccuracyAt(100_000).Should().BeApproximately(0.75, 0.02);
        Of((100, 0), (200, 0)).AccuracyAt(1).Should().Be(1);
    }

    [Fact]
    public void Fractions_that_cannot_be_are_refused()
    {
        var data = SyntheticImages.Create(perClass: 5);
        foreach (var fractions in new double[][] { [0.5], [0.2, 0.1], [0, 0.5], [0.1, 0.9], [double.NaN, 0.5] })
            data.Invoking(it => it.EstimateLearningCurve(SpotsNetwork.Plan, Quick with { Fractions = fractions }))
                .Should().Throw<ArgumentException>().WithMessage("*Fractions is *at most 0.8*");
    }

    private static LearningCurve Of(params (int Samples, double Error)[] points) => new()
    {
        Samples = points[^1].Samples,
        Points =
        [
            .. points.Select(point => new LearningCurvePoint
            {
                Fraction = 0.1, Samples = point.Samples, Deviation = 0,
                Correct = (int)Math.Round(10_000 * (1 - point.Error)), Measured = 10_000,
            }),
        ],
        Classes = [],
    };
}
