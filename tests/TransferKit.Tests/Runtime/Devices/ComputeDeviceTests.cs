using TorchSharp;

namespace TransferKit.Tests.Runtime.Devices;

public sealed class ComputeDeviceTests
{
    [Theory]
    [InlineData("auto", "auto")]
    [InlineData("cpu", "cpu")]
    [InlineData("CPU", "cpu")]
    [InlineData("mps", "mps")]
    [InlineData("cuda", "cuda:0")]
    [InlineData("cuda:0", "cuda:0")]
    [InlineData("cuda:12", "cuda:12")]
    public void Text_names_a_device_and_a_device_gives_its_text(string text, string expected)
    {
        var device = ComputeDevice.Parse(text);

        device.ToString().Should().Be(expected);
        ComputeDevice.Parse(expected).Should().Be(device);
    }

    [Theory]
    [InlineData("")]
    [InlineData("gpu")]
    [InlineData("cuda:")]
    [InlineData("cuda:-1")]
    [InlineData("cuda: 1")]
    [InlineData("cuda:99999999999")]
    [InlineData("cuda1")]
    public void Other_text_is_refused_with_a_list_of_what_there_is(string text)
    {
        var act = () => ComputeDevice.Parse(text);

        act.Should().Throw<ArgumentException>()
            .WithMessage($"'{text}' is not a device. Devices are auto, cpu, cuda, cuda:N (N counted from 0) and mps.*");
    }

    [Fact]
    public void Devices_are_values()
    {
        ComputeDevice.Cuda(1).Should().Be(ComputeDevice.Cuda(1)).And.NotBe(ComputeDevice.Cuda());
        ComputeDevice.Cpu.Should().NotBe(ComputeDevice.Auto);
        ComputeDevice.Cuda().GetHashCode().Should().Be(ComputeDevice.Parse("cuda").GetHashCode());
    }

    [Fact]
    public void A_negative_index_is_refused()
    {
        var act = () => ComputeDevice.Cuda(-1);

        act.Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void The_CPU_is_always_there() => ComputeDevice.Cpu.Resolve().type.Should().Be(DeviceType.CPU);

    [Fact]
    public void Auto_takes_the_best_device_that_there_is()
    {
        var expected = torch.cuda.is_available() ? DeviceType.CUDA
            : torch.mps_is_available() ? DeviceType.MPS
            : DeviceType.CPU;

        ComputeDevice.Auto.Resolve().type.Should().Be(expected);
    }

    [SkippableFact]
    public void A_missing_GPU_is_reported_with_the_package_that_brings_it()
    {
        Skip.If(LibtorchPackage.Cuda is null, "There is no CUDA build of libtorch for this platform.");
        Skip.If(LibtorchPackage.IsCuda, "This is the CUDA build.");

        var act = () => ComputeDevice.Cuda(1).Resolve();

        act.Should().Throw<DeviceException>()
            .WithMessage("The device cuda:1 is not available. This program runs on the CPU build of libtorch.*"
                + $"{LibtorchPackage.Cuda} {LibtorchPackage.Version}*-p:TorchRuntime=cuda*")
            .Which.Device.Should().Be(ComputeDevice.Cuda(1));
    }

    [SkippableFact]
    public void Apples_GPU_is_reported_missing_elsewhere()
    {
        Skip.If(torch.mps_is_available(), "This is a Mac with an Apple GPU.");

        var act = () => ComputeDevice.Mps.Resolve();

        act.Should().Throw<DeviceException>().WithMessage("The device mps is not available. It needs a Mac*");
    }
}
