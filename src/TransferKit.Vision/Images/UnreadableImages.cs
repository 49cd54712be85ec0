namespace TransferKit.Vision;

/// <summary>What happens when a picture can't be read.</summary>
public enum UnreadableImages
{
    /// <summary>Reading ends with an <see cref="ImageException"/>.</summary>
    Throw,

    /// <summary>
    /// The sample is left out of its batch, which is then smaller, is logged, and is listed in
    /// <see cref="ImageDataset.Skipped"/>.
    /// </summary>
    Skip,
}
