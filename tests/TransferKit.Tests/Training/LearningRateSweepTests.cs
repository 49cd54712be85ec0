using System.Xml.Linq;

namespace TransferKit.Tests.Training;

public class LearningRateSweepTests
{
    [Theory]
    [InlineData("typical")]
    [InlineData("early")]
    public void Sweep_and_suggestions_are_fastais(string name)
    {
        var golden = TrainingGoldens.Finder.GetProperty(name);
        var step = 0;
        var restored = 0;
        var found = LearningRateSweep.Sweep(rate => Curve(name, step++, rate), () => restored++);
        restored.Should().Be(1);
        RequireClose(found.Rates, golden.Numbers("rates"));
        RequireClose(found.Losses, golden.Numbers("losses"));
        found.Steps.Should().Be(100);
        found.Valley.Should().BeApproximately(golden.GetProperty("valley").GetDouble(), 1e-12);
        found.Steepest.Should().BeApproximately(golden.GetProperty("steepest").GetDouble(), 1e-12);
        found.MinimumOverTen.Should().BeApproximately(golden.GetProperty("minimum").GetDouble(), 1e-12);
    }

    [Fact]
    public void A_loss_that_explodes_ends_the_sweep()
    {
        var found = LearningRateSweep.Sweep(rate => rate < 0.01 ? 1 : 1e6, () => { });
        found.Rates.Count.Should().BeLessThan(100);
        found.Losses[^1].Should().BeGreaterThan(4 * found.Losses[0]);
        found.Losses.SkipLast(1).Should().OnlyContain(loss => loss <= 4 * found.Losses[0]);
    }

    [Fact]
    public void A_loss_that_is_no_number_ends_the_sweep_and_is_left_out()
    {
        var step = 0;
        var found = LearningRateSweep.Sweep(_ => ++step > 60 ? double.NaN : 100 - step, () => { });
        found.Rates.Should().HaveCount(61);
        // The loss falls to the end, so the lowest is the last number.
        found.MinimumOverTen.Should().BeApproximately(found.Rates[59] / 10, 1e-15);
    }

    [Fact]
    public void What_fails_in_a_step_restores_all_the_same()
    {
        var restored = false;
        var sweep = () => LearningRateSweep.Sweep(_ => throw new InvalidOperationException("no memory"), () => restored = true);
        sweep.Should().Throw<InvalidOperationException>().WithMessage("no memory");
        restored.Should().BeTrue();
    }

    [Fact]
    public void A_sweep_that_ends_at_once_suggests_nothing()
    {
        var found = LearningRateSweep.Sweep(_ => double.NaN, () => { });
        (found.Valley, found.Steepest, found.MinimumOverTen).Should().Be((null, null, null));
        XDocument.Parse(found.Chart().ToSvg()).Descendants().Should().NotBeEmpty();
    }

    [Fact]
    public void The_chart_marks_the_suggestions()
    {
        var step = 0;
        var chart = LearningRateSweep.Sweep(rate => Curve("typical", step++, rate), () => { }).Chart();
        chart.Markers.Select(marker => marker.Name).Should().Equal("valley", "steepest", "minimum / 10");
        XDocument.Parse(chart.ToSvg()).Descendants().Count(element => element.Name.LocalName == "circle").Should().Be(6);
    }

    /// <summary>The script's curves.</summary>
    private static double Curve(string name, int step, double rate) => name == "typical"
        ? 2.3 - 1.5 / (1 + Math.Exp(-3 * (Math.Log10(rate) + 3))) + 0.05 * Math.Sin(3.7 * step)
            + (rate > 0.3 ? 30 * (rate - 0.3) : 0)
        : 2 - 0.01 * step + 0.1 * Math.Cos(step) + (rate > 1e-3 ? 1e3 * rate : 0);

    private static void RequireClose(IReadOnlyList<double> actual, double[] expected)
    {
        actual.Should().HaveSameCount(expected);
        actual.Zip(expected, (a, b) => Math.Abs(a - b) / b).Max().Should().BeLessThan(1e-9);
    }
}
