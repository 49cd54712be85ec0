namespace TransferKit.Tests.Training;

/// <summary>
/// ResNet-18 with an eighth of its channels: stages, blocks and batch norms are there under the same names, and a step of training
/// takes milliseconds. For tests of what trains, and not of what is trained.
/// </summary>
internal static class NarrowResNet
{
    /// <summary>What the head sees.</summary>
    public const int Features = 64;

    public static TransferPlan Plan { get; } = Backbone.Custom("narrow_resnet18", () => ResNet.Build(new ResNetConfig
    {
        Block = [.. Enumerable.Repeat(ResNetBlock.BasicBlock, 4)],
        Layers = [2, 2, 2, 2],
        Channels = [Features / 8, Features / 4, Features / 2, Features],
        StemType = "deep",
        StemWidth = Features / 16,
        ZeroInitLast = false,
    }));
}
