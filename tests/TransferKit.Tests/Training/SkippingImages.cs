using TorchSharp;

namespace TransferKit.Tests.Training;

/// <summary>Samples of which some can't be read, and are left out as image datasets leave them out.</summary>
internal sealed class SkippingImages(Dataset source, params int[] unreadable) : Dataset
{
    public override IReadOnlyList<string> ClassNames => source.ClassNames;

    public override Targets Targets => source.Targets;

    public override Dataset Subset(IReadOnlyList<int> indices) => new SkippingImages(source.Subset(indices),
        [.. indices.Index().Where(found => unreadable.Contains(found.Item)).Select(found => found.Index)]);

    public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
    {
        foreach (var chunk in options.OrderOf(Count).Chunk(options.BatchSize))
        {
            int[] sound = [.. chunk.Except(unreadable)];
            if (sound.Length > 0)
                yield return source.Read(options with { Order = sound, BatchSize = sound.Length }, cancellationToken).Single();
        }
    }
}
