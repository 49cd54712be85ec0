using TorchSharp;

namespace TransferKit.Tests.Runtime;

public sealed class MemoryUseTests
{
    [Fact]
    public void Reads_present_and_peak_size_from_Linux_process_status()
    {
        string[] status = ["Name:\tdotnet", "VmPeak:\t 9999999 kB", "VmHWM:\t    3072 kB", "VmRSS:\t    1536 kB", "Threads:\t9"];

        MemoryUse.FromProcStatus(status).Should().Be(new MemoryUse(ResidentMiB: 1.5, PeakMiB: 3));
    }

    [Fact]
    public void Counts_the_memory_of_tensors()
    {
        var before = MemoryUse.Measure();

        using var tensor = torch.ones(64 << 20, dtype: torch.ScalarType.Byte);
        var after = MemoryUse.Measure();

        after.PeakMiB.Should().BeGreaterThanOrEqualTo(after.ResidentMiB);
        after.PeakMiB.Should().BeGreaterThanOrEqualTo(before.PeakMiB);
        after.ResidentMiB.Should().BeGreaterThan(before.ResidentMiB + 32);
        GC.KeepAlive(tensor);
    }
}
