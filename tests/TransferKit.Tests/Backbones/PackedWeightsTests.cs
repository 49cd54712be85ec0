using TorchSharp;

namespace TransferKit.Tests.Backbones;

public class PackedWeightsTests
{
    public static TheoryData<ActivationFunction?> Activations
    {
        get
        {
            var all = new TheoryData<ActivationFunction?>();
            all.Add(null);
            foreach (var function in Enum.GetValues<ActivationFunction>())
                all.Add(function);
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void Convolutions_end_with_the_same_activations(ActivationFunction? activation)
    {
        using var scope = torch.NewDisposeScope();
        CompareConvolution(new Kernel2d(3), 8, 16, 1, activation, torch.ScalarType.Float32, 1e-5);
    }

    [Theory]
    [MemberData(nameof(Activations))]
    public void Linear_maps_end_with_the_same_activations(ActivationFunction? activation)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var (matrix, bias) = (torch.randn(24, 16), torch.randn(24));
        using var packed = PackedWeights.Of([matrix], batch: 8);
        var (plain, fast) = (new TensorOperations(), new TensorOperations { Packed = packed });
        foreach (var rows in new[] { 5, 1, 40 })
            foreach (var input in new[] { torch.randn(2, rows, 16), torch.randn(rows, 16) })
                RelativeError(fast.Linear(input, matrix, bias, activation), plain.Linear(input, matrix, bias, activation))
                    .Should().BeLessThan(1e-5);
    }

    [Theory]
    [InlineData(3, 2, 1, 1, 1)]
    [InlineData(3, 1, 2, 2, 1)]
    [InlineData(5, 2, 2, 1, 16)]
    [InlineData(3, 1, 1, 1, 4)]
    [InlineData(1, 1, 0, 1, 1)]
    [InlineData(4, 4, 0, 1, 1)]
    public void Windows_and_groups_are_the_same(int kernel, int stride, int padding, int dilation, int groups)
    {
        using var scope = torch.NewDisposeScope();
        var window = new Kernel2d(kernel, stride, padding, dilation);
        CompareConvolution(window, 16, 32, groups, ActivationFunction.Relu, torch.ScalarType.Float32, 1e-5);
        CompareConvolution(window, 16, 32, groups, ActivationFunction.Relu, torch.ScalarType.BFloat16, 1e-2);
    }

    [Theory]
    [InlineData(null, 12)]
    [InlineData(ActivationFunction.Relu, 12)]
    [InlineData(ActivationFunction.Relu, 1)]
    [InlineData(ActivationFunction.Silu, 12)]
    public void Sums_are_the_same(ActivationFunction? activation, int size)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var (kernel, bias) = (torch.randn(16, 8, 3, 3), torch.randn(16));
        var images = MemoryLayout.ChannelsLast(torch.randn(3, 8, size, size));
        using var packed = PackedWeights.Of([kernel], batch: 8);
        var map = torch.randn(3, 16, size, size);
        foreach (var addend in new[] { MemoryLayout.ChannelsLast(map), map })
        {
            var expected = new TensorOperations()
                .Convolution(images, kernel, bias, new Kernel2d(3), 1, addend.clone(), activation);
            var found = new TensorOperations { Packed = packed }
                .Convolution(images, kernel, bias, new Kernel2d(3), 1, addend.clone(), activation);
            RelativeError(found, expected).Should().BeLessThan(1e-5);
        }
    }

    [Fact]
    public void Weights_in_other_numbers_or_none_of_the_form_run_as_they_are()
    {
        using var scope = torch.NewDisposeScope();
        PackedWeights.Of([torch.randn(8), torch.randn(3, 3, dtype: torch.ScalarType.Float64)], batch: 8).Should().BeNull();
        using var packed = PackedWeights.Of([torch.randn(8, 8)], batch: 8);
        var output = packed?.Linear(torch.randn(1, 8), torch.randn(8, 8), null, null);
        (output is null).Should().BeTrue("that matrix is not among them");
    }

    [Fact]
    public void Threads_at_the_same_time_get_the_same()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var (kernel, images) = (torch.randn(16, 8, 3, 3), MemoryLayout.ChannelsLast(torch.randn(4, 8, 10, 10)));
        using var packed = PackedWeights.Of([kernel], batch: 8);
        var expected = new TensorOperations().Convolution(images, kernel, null, new Kernel2d(3), 1, null, null);
        var errors = Enumerable.Range(0, 64).AsParallel().WithDegreeOfParallelism(4).Select(i =>
        {
            using var own = torch.NewDisposeScope();
            var (first, count) = (i % 4, i % 2 == 0 ? 1 : 4 - i % 4);
            var found = new TensorOperations { Packed = packed }
                .Convolution(images.narrow(0, first, count), kernel, null, new Kernel2d(3), 1, null, null);
            return RelativeError(found, expected.narrow(0, first, count));
        }).ToList();
        errors.Should().OnlyContain(error => error < 1e-5);
    }

    /// <summary>Compares at three sizes of a batch, one more than there are layouts.</summary>
    private static void CompareConvolution(Kernel2d window, int from, int to, int groups, ActivationFunction? activation,
        torch.ScalarType type, double tolerance)
    {
        torch.manual_seed(1);
        var kernel = torch.randn(to, from / groups, window.Height.Kernel, window.Width.Kernel).to_type(type);
        var bias = torch.randn(to).to_type(type);
        using var packed = PackedWeights.Of([kernel], batch: 8);
        var (plain, fast) = (new TensorOperations(), new TensorOperations { Packed = packed });
        foreach (var batch in new[] { 1, 8, 3 })
        {
            var input = MemoryLayout.ChannelsLast(torch.randn(batch, from, 12, 12).to_type(type));
            RelativeError(fast.Convolution(input, kernel, bias, window, groups, null, activation),
                plain.Convolution(input, kernel, bias, window, groups, null, activation)).Should().BeLessThan(tolerance);
        }
    }

    private static double RelativeError(torch.Tensor actual, torch.Tensor expected)
    {
        actual.shape.Should().Equal(expected.shape);
        actual.dtype.Should().Be(expected.dtype);
        var (values, right) = (actual.to_type(torch.ScalarType.Float32), expected.to_type(torch.ScalarType.Float32));
        return (values - right).norm().item<float>() / right.norm().item<float>();
    }
}
