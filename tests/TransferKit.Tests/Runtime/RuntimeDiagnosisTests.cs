namespace TransferKit.Tests.Runtime;

public sealed class RuntimeDiagnosisTests
{
    [Fact]
    public void Tells_versions_threads_and_devices()
    {
        var diagnosis = TorchRuntime.Diagnose();

        diagnosis.TorchSharpVersion.Should().MatchRegex(@"^\d+\.\d+\.\d+");
        diagnosis.LibtorchVersion.Should().Be(LibtorchPackage.Version);
        diagnosis.Cores.Should().Be(Environment.ProcessorCount);
        diagnosis.Threads.Should().BePositive();
        diagnosis.Devices[0].Device.Should().Be(ComputeDevice.Cpu);
        diagnosis.Devices[0].MemoryBytes.Should().BePositive();
    }

    [Fact]
    public void Is_readable_as_text_line_by_line()
    {
        var diagnosis = TorchRuntime.Diagnose();

        var lines = diagnosis.ToString().Split('\n');

        lines.Should().Contain(line => System.Text.RegularExpressions.Regex.IsMatch(line, @"^TorchSharp  \d+\.\d+\.\d+"));
        lines.Should().Contain($"threads     {diagnosis.Threads}");
        lines.Should().Contain(line => line.StartsWith("device      cpu, ", StringComparison.Ordinal));
        lines.Should().OnlyContain(line => line.Length > 12);
    }

    [Fact]
    public void Says_what_is_missing_where_libtorch_does_not_load()
    {
        var diagnosis = RuntimeDiagnosis.Make("libtorch is missing. Add it.");

        diagnosis.LibtorchVersion.Should().BeNull();
        diagnosis.Devices.Should().BeEmpty();
        diagnosis.ToString().Should()
            .Contain("libtorch    does not load").And.EndWith("problem     libtorch is missing. Add it.");
    }
}
