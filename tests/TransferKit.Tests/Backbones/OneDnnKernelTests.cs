using TorchSharp;

namespace TransferKit.Tests.Backbones;

/// <summary>Convolutions by oneDNN's own interface, beside libtorch's.</summary>
public class OneDnnKernelTests
{
    private const string NotHere = "This libtorch has no table of symbols, or none of oneDNN 3.";

    public static TheoryData<int, int, int, int, int, int, int> Shapes => new()
    {
        // Input and output channels, groups, kernel, stride, dilation, side.
        { 3, 32, 1, 3, 2, 1, 33 }, { 64, 96, 1, 1, 1, 1, 7 }, { 24, 24, 24, 3, 1, 1, 14 }, { 40, 40, 40, 5, 2, 1, 15 },
        { 16, 24, 2, 3, 1, 2, 9 }, { 1152, 48, 1, 1, 1, 1, 1 }, { 5, 7, 1, 3, 1, 1, 6 },
    };

    [Fact]
    public void It_is_found_in_the_libtorch_of_the_packages_for_Linux() =>
        (OneDnnLibrary.Instance is not null).Should().Be(
            OperatingSystem.IsLinux() && LibtorchPackage.LoadedVersion == LibtorchPackage.Version);

    [SkippableTheory]
    [MemberData(nameof(Shapes))]
    public void Convolutions_are_those_of_libtorch(int from, int to, int groups, int size, int stride, int dilation, int side)
    {
        Skip.If(OneDnnLibrary.Instance is null, NotHere);
        using var scope = torch.NewDisposeScope();
        var window = new Kernel2d(size, stride, dilation: dilation);
        foreach (var type in new[] { torch.ScalarType.Float32, torch.ScalarType.BFloat16 })
        {
            var (kernel, bias) = Weights(from, to, groups, size, type);
            using var own = new OneDnnKernel(OneDnnLibrary.Instance!, kernel);
            foreach (var batch in new[] { 2, 1, 8 })
                foreach (var lastChannels in new[] { true, false })
                {
                    var input = torch.randn(batch, from, side, side).to_type(type);
                    input = lastChannels ? MemoryLayout.ChannelsLast(input) : input;
                    var expected = torch.nn.functional.conv2d(input.@float(), kernel.@float(), bias.@float(), window.Strides,
                        window.Paddings, window.Dilations, groups);
                    var addend = MemoryLayout.ChannelsLast(torch.randn(expected.shape).to_type(type));
                    var sum = torch.nn.functional.relu(expected + addend.@float());
                    var task = Task(input, window, groups);
                    var output = own.Convolve(input, bias, null, task);
                    var adding = task with { Adds = true, Activation = ActivationFunction.Relu };
                    var added = own.Convolve(input, bias, addend, adding);
                    // A processor may have no bfloat16, and other batches may want a layout too many.
                    if (type == torch.ScalarType.Float32 && batch == 2)
                        new[] { output, added }.Should().NotContainNulls();
                    if (output is not null)
                        Error(output, expected).Should().BeLessThan(Bound(type));
                    if (added is not null)
                        Error(added, sum).Should().BeLessThan(Bound(type));
                }
        }
    }

    [SkippableTheory]
    [InlineData(ActivationFunction.Relu)]
    [InlineData(ActivationFunction.Relu6)]
    [InlineData(ActivationFunction.Silu)]
    [InlineData(ActivationFunction.Hardswish)]
    [InlineData(ActivationFunction.Hardsigmoid)]
    [InlineData(ActivationFunction.Sigmoid)]
    [InlineData(ActivationFunction.Tanh)]
    [InlineData(ActivationFunction.Gelu)]
    [InlineData(ActivationFunction.GeluTanh)]
    internal void Activations_are_those_of_libtorch(ActivationFunction activation)
    {
        Skip.If(OneDnnLibrary.Instance is null, NotHere);
        using var scope = torch.NewDisposeScope();
        var (kernel, bias) = Weights(16, 32, 1, 1, torch.ScalarType.Float32);
        using var own = new OneDnnKernel(OneDnnLibrary.Instance!, kernel);
        var input = torch.randn(2, 16, 6, 6) * 5;
        var expected = new TensorOperations().Activate(activation, torch.nn.functional.conv2d(input, kernel, bias));
        Error(own.Convolve(input, bias, null, Task(input, new Kernel2d(1), 1) with { Activation = activation })!, expected)
            .Should().BeLessThan(1e-5f);
    }

    [SkippableFact]
    public void Many_sizes_in_several_threads_give_the_same_as_far_as_they_are_kept()
    {
        Skip.If(OneDnnLibrary.Instance is null, NotHere);
        using var scope = torch.NewDisposeScope();
        var (kernel, bias) = Weights(8, 16, 1, 3, torch.ScalarType.Float32);
        using var own = new OneDnnKernel(OneDnnLibrary.Instance!, kernel);
        var computed = 0;
        Parallel.For(0, 60, i =>
        {
            using var inner = torch.NewDisposeScope();
            var input = torch.randn(1, 8, 4 + i % 20, 9);
            var expected = torch.nn.functional.conv2d(input, kernel, bias, padding: [1, 1]);
            if (own.Convolve(input, bias, null, Task(input, new Kernel2d(3), 1)) is not { } output)
                return;
            Error(output, expected).Should().BeLessThan(1e-5f);
            Interlocked.Increment(ref computed);
        });
        computed.Should().BeInRange(1, 48, "16 of 20 sizes are kept at most");
    }

    private static (torch.Tensor Kernel, torch.Tensor Bias) Weights(
        int from, int to, int groups, int size, torch.ScalarType type) =>
        ((torch.randn(to, from / groups, size, size) / Math.Sqrt(from / groups * size * size)).to_type(type),
            torch.randn(to).to_type(type));

    private static OneDnnTask Task(torch.Tensor input, Kernel2d window, int groups) => new(input.shape[0], input.shape[1],
        input.shape[2], input.shape[3], window, groups, HasBias: true, Adds: false, Activation: null, TorchRuntime.Threads);

    private static float Bound(torch.ScalarType type) => type == torch.ScalarType.Float32 ? 1e-5f : 1e-2f;

    // Of the greatest value: a wrong last channel isn't lost in the mean of many.
    private static float Error(torch.Tensor actual, torch.Tensor expected) =>
        (actual.@float() - expected).abs().max().item<float>() / expected.abs().max().item<float>();
}
