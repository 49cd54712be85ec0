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
