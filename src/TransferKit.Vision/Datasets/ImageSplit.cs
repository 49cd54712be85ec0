namespace TransferKit.Vision;

/// <summary>The two parts of a split dataset of pictures.</summary>
public sealed record ImageSplit : DatasetSplit
{
    internal ImageSplit(DatasetSplit split)
        : base(split)
    {
    }

    /// <inheritdoc cref="DatasetSplit.Train"/>
    public new ImageDataset Train => (ImageDataset)base.Train;

    /// <inheritdoc cref="DatasetSplit.Validation"/>
    public new ImageDataset Validation => (ImageDataset)base.Validation;

    /// <summary>Takes the two parts apart.</summary>
    public void Deconstruct(out ImageDataset train, out ImageDataset validation) => (train, validation) = (Train, Validation);
}
