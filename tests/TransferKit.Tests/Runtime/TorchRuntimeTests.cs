using TorchSharp;

namespace TransferKit.Tests.Runtime;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Tensors_can_be_computed_with()
    {
        TorchRuntime.EnsureLoaded();

        using var sum = torch.ones(2, 3).sum();

        sum.item<float>().Should().Be(6);
    }

    [Fact]
    public void The_libtorch_that_messages_name_is_the_one_that_TorchSharp_was_built_for() =>
        torch.__version__.Should().StartWith(LibtorchPackage.Version);

    [Fact]
    public void NNPACK_can_be_switched_off_where_its_warnings_come_from() =>
        Nnpack.SwitchOff().Should().Be(OperatingSystem.IsLinux());

    // Where a virtual machine hides the caches, oneDNN's kernels else leave the last channels wrong, or end the process.
    [Theory]
    [InlineData(1, 320, 1280, 7, 1)]
    [InlineData(1, 512, 1024, 7, 2)]
    [InlineData(1, 960, 160, 7, 2)]
    [InlineData(16, 256, 1024, 7, 1)]
    [InlineData(16, 256, 1024, 7, 2)]
    public void Convolutions_are_right_on_processors_that_hide_their_caches(int n, int from, int to, int side, int threads)
    {
        var before = TorchRuntime.Threads;
        try
        {
            TorchRuntime.Threads = threads;
            using var scope = torch.NewDisposeScope();
            var pixels = torch.randn(n, side, side, from);
            var images = pixels.permute(0, 3, 1, 2);
            var kernel = torch.randn(to, from, 1, 1) / Math.Sqrt(from);
            var right = pixels.matmul(kernel.view(to, from).t());
            var window = new OneDnnWindow([1, 1], [0, 0], [1, 1]);

            Check(torch.nn.functional.conv2d(images, kernel).permute(0, 2, 3, 1));
            if (!OneDnn.IsAvailable)
                return;
            var (packed, matrix) = (OneDnn.PackKernel(kernel, window, 1, images.shape)!,
                OneDnn.PackMatrix(kernel.view(to, from), n * side * side)!);
            Check(OneDnn.Convolution(images, packed, null, window, 1, null, new("none"u8))!.permute(0, 2, 3, 1));
            Check(OneDnn.Linear(pixels, matrix, null, new("none"u8))!);
            if (OneDnnLibrary.Instance is not { } library)
                return;
            using var own = new OneDnnKernel(library, kernel);
            Check(own.Convolve(images, null, null, new OneDnnTask(n, from, side, side, new Kernel2d(1), 1, HasBias: false,
                Adds: false, Activation: null, TorchRuntime.Threads))!.permute(0, 2, 3, 1));

            void Check(torch.Tensor output) => (output - right).abs().max().item<float>().Should().BeLessThan(1e-4f);
        }
        finally
        {
            TorchRuntime.Threads = before;
        }
    }

    [Fact]
    public void OneDNN_knows_the_sizes_of_the_caches() => OneDnnCaches.Tell().Should().BeTrue();

    [Fact]
    public void The_number_of_threads_reaches_a_thread_that_has_computed_before()
    {
        var before = TorchRuntime.Threads;
        using var turn = new Barrier(2);
        var seen = new List<int>();
        var other = new Thread(() =>
        {
            using var images = torch.rand(1, 3, 8, 8);
            foreach (var _ in Enumerable.Range(0, 2))
            {
                TensorOperations.Forward([Layers.Relu], images).Dispose();
                seen.Add(torch.get_num_threads());
                turn.SignalAndWait();
                turn.SignalAndWait();
            }
        });
        try
        {
            other.Start();
            turn.SignalAndWait();
            TorchRuntime.Threads = before + 1;
            turn.SignalAndWait();
            turn.SignalAndWait();
            turn.SignalAndWait();
            other.Join();
            seen.Should().Equal(before, before + 1);
            TorchRuntime.Threads.Should().Be(before + 1);
        }
        finally
        {
            TorchRuntime.Threads = before;
        }
    }
}
