using TorchSharp;

namespace TransferKit.Tests.Training;

/// <summary>Small random pictures, each class tinted in its own channel, so that a network can tell them apart.</summary>
internal static class SyntheticImages
{
    public static InMemoryDataset Create(int perClass, int classes = 2, int size = 32, int seed = 0)
    {
        var labels = Enumerable.Range(0, perClass * classes).Select(i => i % classes).ToArray();
        using var scope = torch.NewDisposeScope();
        using var generator = new torch.Generator((ulong)seed, torch.CPU);
        var images = torch.randn([labels.Length, 3, size, size], generator: generator);
        for (var i = 0; i < labels.Length; i++)
            images[i, labels[i]].add_(1.5);
        return new InMemoryDataset(
            images.DetachFromDisposeScope(), labels, [.. Enumerable.Range(0, classes).Select(label => $"class {label}")]);
    }
}
