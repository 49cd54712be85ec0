using TorchSharp;
using TransferKit.Tests.Export;

namespace TransferKit.Tests.Quantization;

public sealed class QuantizationTests : IDisposable
{
    private readonly DisposeScope _scope = torch.NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(0, 0.1f, 0)]
    [InlineData(0, 6, 0)]
    [InlineData(0.5f, 3, 0)]
    [InlineData(-1, 3, 64)]
    [InlineData(-3, -1, 255)]
    [InlineData(-0.001f, 700, 0)]
    [InlineData(0, 0, 0)]
    public void Zero_is_a_value_of_every_range(float low, float high, byte zeroPoint)
    {
        var range = QuantizationRange.Of(low, high);

        range.ZeroPoint.Should().Be(zeroPoint);
        range.Round(0.0).Should().Be(0);
        range.Round(torch.zeros(1)).item<float>().Should().Be(0);
        // Runtimes leave a clipping in front of it out only if it can't matter.
        ((255 - zeroPoint) * range.Scale).Should().BeLessThanOrEqualTo(low == high ? 255 : Math.Max(0, high) + range.Scale);
        if (low == 0 && high > 0)
            (255 * range.Scale).Should().BeLessThanOrEqualTo(high);
    }

    [Fact]
    public void Numbers_are_rounded_to_the_nearest_of_256_and_cut_off_beyond_them()
    {
        var range = new QuantizationRange(0.5f, 100);
        var values = torch.tensor([-60f, -50, -0.26f, -0.25f, 0.25f, 0.26f, 0.75f, 77.5f, 80]);

        var rounded = range.Round(values).data<float>().ToArray();

        rounded.Should().Equal(-50, -50, -0.5f, 0, 0, 0.5f, 1, 77.5f, 77.5f);
        values.data<float>().ToArray().Select(value => (float)range.Round((double)value)).Should().Equal(rounded);
    }

    [Theory]
    [InlineData(CalibrationMethod.MeanSquaredError)]
    [InlineData(CalibrationMethod.Percentile)]
    [InlineData(CalibrationMethod.Entropy)]
    public void A_range_follows_most_values_and_not_one_far_out(CalibrationMethod method)
    {
        torch.manual_seed(1);
        var values = torch.randn(1_000_000);
        var withOutlier = torch.cat([values, torch.ones(1) * 40]);

        var (plain, cut) = (RangeOf(values, method), RangeOf(withOutlier, method));

        plain.Scale.Should().BeInRange(6f / 255, 10.5f / 255);
        cut.Scale.Should().BeLessThan(0.6f * 45 / 255);
        ErrorOf(cut).Should().BeLessThan(0.5 * ErrorOf(QuantizationRange.Of(-5, 40)));

        double ErrorOf(QuantizationRange range) => (range.Round(values) - values).pow(2).mean().item<float>();
    }

    [Fact]
    public void Every_output_of_a_kernel_has_a_scale_of_its_own()
    {
        var layer = Layer([[1f, -0.5f], [0.001f, 0.0005f], [0, 0]], [0.1f, 0, 5]);

        var scales = layer.Scales();

        scales.data<float>().ToArray().Should().Equal(1f / 127, 0.001f / 127, 1);
        layer.Steps(scales).data<float>().ToArray().Should().Equal(127, -64, 127, 64, 0, 0);
        (layer.Rounded() - layer.Kernel.Value).abs().max().item<float>().Should().BeLessThan(0.5f / 127 + 1e-6f);
    }

    [Fact]
    public void A_bias_beside_a_kernel_near_zero_fits_into_32_bits()
    {
        var layer = Layer([[1e-12f, 0]], [100]);

        var scales = layer.Scales(inputScale: 1e-3);

        (100 / (scales.item<float>() * 1e-3)).Should().BeLessThanOrEqualTo(1.01 * (1 << 30));
        layer.Steps(scales).abs().max().item<float>().Should().Be(0);
    }

    [Theory]
    [InlineData("resnet18", 21, 20)]
    [InlineData("vit_b_32", 50, 49)]
    public void Layers_with_much_to_compute_are_worth_it(string name, int layers, int worthwhile)
    {
        using var model = FilledModel.Create(name, size: name == "resnet18" ? 224 : null);

        Worthwhile(model, out var all).Should().HaveCount(worthwhile);

        all.Should().HaveCount(layers);
    }

    private static IReadOnlySet<Weight> Worthwhile(TransferModel model, out IReadOnlyList<Weight> all)
    {
        var size = model.Preprocessing.CropSize;
        var operations = new CalibrationOperations(new ActivationHistograms());
        using var noGradient = torch.no_grad();
        using var network = model.Network.Twin();
        CompiledLayers.Fold(network.Steps);
        network.Compute(operations, torch.zeros(1, 3, size, size));
        all = operations.Kernels;
        return RoundingCosts.Worthwhile(network, network.InputShape(size), all.ToList());
    }

    [Fact]
    public void A_percentile_leaves_out_as_many_values_at_each_end()
    {
        var values = torch.linspace(-1, 3, 1_000_000);

        var (scale, zeroPoint) = RangeOf(values, CalibrationMethod.Percentile);

        // 4 · 0.00005 at each end is a tenth of a bin of 4 / 2048.
        (255 * scale).Should().BeApproximately(4, 4f / 2048);
        zeroPoint.Should().Be(64);
        var (cut, _) = RangeOf(torch.cat([values, torch.ones(40) * 10, torch.ones(40) * -10]), CalibrationMethod.Percentile);
        (255 * cut).Should().BeApproximately(4, 3 * 20f / 2048);
    }

    [Theory]
    [InlineData(CalibrationMethod.MeanSquaredError)]
    [InlineData(CalibrationMethod.Percentile)]
    [InlineData(CalibrationMethod.Entropy)]
    public void Values_that_are_evenly_spread_keep_their_whole_range_beside_many_zeros(CalibrationMethod method)
    {
        var values = torch.cat([torch.linspace(0, 6, 100_000), torch.zeros(300_000)]);

        var (scale, zeroPoint) = RangeOf(values, method);

        (255 * scale).Should().BeInRange(5.7f, 6);
        zeroPoint.Should().Be(0);
    }

    private static QuantizationRange RangeOf(torch.Tensor values, CalibrationMethod method)
    {
        var histograms = new ActivationHistograms();
        foreach (var isCounting in new[] { false, true })
        {
            histograms.IsCounting = isCounting;
            histograms.Add(7, values);
        }
        return histograms.ToRanges(method)[7];
    }

    private static QuantizedWeights Layer(float[][] rows, float[] bias)
    {
        var matrix = torch.tensor([.. rows.SelectMany(row => row)], [rows.Length, rows[0].Length]);
        return new(new Weight("weight", matrix, isBuffer: false), new Weight("bias", torch.tensor(bias), isBuffer: false));
    }
}
