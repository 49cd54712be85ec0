using System.Text.Json;

namespace TransferKit;

/// <summary>The samples of another dataset, some with another class.</summary>
/// <param name="samples">The samples, one class each.</param>
/// <param name="targets">Their classes from now on.</param>
internal sealed class RelabeledDataset(Dataset samples, Targets targets) : Dataset
{
    public override IReadOnlyList<string> ClassNames => samples.ClassNames;

    public override Targets Targets => targets;

    internal override Func<Preprocessing, JsonElement?> DescribePreparation => samples.DescribePreparation;

    internal override JsonElement Fingerprint(Preprocessing preprocessing, bool augment) =>
        samples.Fingerprint(preprocessing, augment);

    internal override int[] Arrange(int[] order, int seed, int epoch) => samples.Arrange(order, seed, epoch);

    internal override string DescribeAugmentation(Preprocessing preprocessing) => samples.DescribeAugmentation(preprocessing);

    internal override JsonElement? Augmentation(Preprocessing preprocessing) => samples.Augmentation(preprocessing);

    internal override string NameOf(int index) => samples.NameOf(index);

    public override Dataset Subset(IReadOnlyList<int> indices) =>
        new RelabeledDataset(samples.Subset(indices), targets.Subset(indices));

    public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
    {
        foreach (var batch in samples.Read(options, cancellationToken))
        {
            batch.Targets.Dispose();
            yield return new Batch(batch.Images, targets.ToTensor(batch.Indices), batch.Indices);
        }
    }
}
