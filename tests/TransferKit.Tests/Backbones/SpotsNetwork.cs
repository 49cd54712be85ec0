using static TransferKit.Layers;

namespace TransferKit.Tests.Backbones;

/// <summary>The smallest network of one's own, on the CPU and in float32; files of earlier formats are of it.</summary>
internal static class SpotsNetwork
{
    private static readonly Preprocessing Small = Preprocessing.ImageNet with { CropSize = 32, ResizeSize = 36 };

    public static TransferPlan Plan { get; } = Backbone.Custom("spots", Describe, Small).ReplaceHead(2)
        .On(ComputeDevice.Cpu).WithPrecision(Precision.Float32);

    private static Blueprint Describe() => new(
        [("stem", Chain(("conv", Conv(3, 4, new Kernel2d(3, 4))), ("bn", BatchNorm(4)), ("relu", Relu)))],
        output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(4))]);
}
