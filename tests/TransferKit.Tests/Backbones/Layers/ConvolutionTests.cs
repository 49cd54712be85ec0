using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Backbones.Layers;

public sealed class ConvolutionTests
{
    [Theory]
    [InlineData(4, 1, 2)]
    [InlineData(12, 3, 2)]
    [InlineData(16, 2, 2)]
    [InlineData(8, 1, 1)]
    public void Strided_convolutions_of_one_pixel_have_the_gradients_of_doubles(int channels, int rows, int columns)
    {
        using var scope = NewDisposeScope();
        var window = new Kernel2d(new KernelAxis(1, rows, 0, 1), new KernelAxis(1, columns, 0, 1));
        // Channels last, as networks run.
        var images = randn(4, 9, 8, channels, dtype: ScalarType.Float64).permute(0, 3, 1, 2);
        var kernel = randn(6, channels, 1, 1, dtype: ScalarType.Float64);
        var (output, byImages, byKernel) = Gradients(images.to_type(ScalarType.Float32), kernel.to_type(ScalarType.Float32),
            (x, w) => new TensorOperations().Convolution(x, w, null, window));
        var (expected, expectedByImages, expectedByKernel) = Gradients(images, kernel,
            (x, w) => nn.functional.conv2d(x, w, strides: window.Strides));

        output.shape.Should().Equal(expected.shape);
        Distance(output, expected).Should().BeLessThan(1e-5);
        Distance(byImages, expectedByImages).Should().BeLessThan(1e-5);
        Distance(byKernel, expectedByKernel).Should().BeLessThan(1e-5);
    }

    private static (Tensor Output, Tensor ByImages, Tensor ByKernel) Gradients(
        Tensor images, Tensor kernel, Func<Tensor, Tensor, Tensor> convolve)
    {
        var (x, w) = (images.detach().requires_grad_(), kernel.detach().requires_grad_());
        var output = convolve(x, w);
        (output * output).sum().backward();
        return (output, x.grad!, w.grad!);
    }

    private static double Distance(Tensor value, Tensor expected) =>
        ((value - expected).abs().max() / expected.abs().max()).ToDouble();
}
