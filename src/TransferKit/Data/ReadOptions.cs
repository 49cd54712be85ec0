namespace TransferKit;

/// <summary>How one pass over a <see cref="Dataset"/> is read.</summary>
public sealed record ReadOptions
{
    /// <summary>What the network expects of its input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>Indices of the samples in the order in which they are read; each in <c>[0, Count)</c>.</summary>
    public required IReadOnlyList<int> Order { get; init; }

    /// <summary>Samples a batch; the last batch holds what is left. At least 1.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Whether samples are randomly augmented, as for training. Default: no.</summary>
    public bool Augment { get; init; }

    /// <summary>
    /// Where augmentation draws from: a sample's looks depend on (Seed, Epoch, index) and on nothing else. Default: 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>The epoch, counted from 0. Default: 0.</summary>
    public int Epoch { get; init; }

    /// <summary>Reads one of several views of each sample instead of the sample itself. Default: none.</summary>
    public TestTimeAugmentation? TestTimeAugmentation { get; init; }

    /// <summary>Which view, in <c>[0, TestTimeAugmentation.Views)</c>. Default: 0.</summary>
    public int View { get; init; }

    /// <summary>Threads that prepare batches ahead; 0 lets the dataset choose. Default: 0.</summary>
    public int Workers { get; init; }

    /// <summary>
    /// Whether batches lie in page-locked memory, from which a CUDA device can copy while it computes. Changes nothing where
    /// there is no CUDA. Default: no.
    /// </summary>
    public bool PinMemory { get; init; }

    /// <exception cref="ArgumentOutOfRangeException">There is no such view.</exception>
    internal void CheckView()
    {
        var views = TestTimeAugmentation?.Views ?? 1;
        if ((uint)View >= (uint)views)
            throw new ArgumentOutOfRangeException(nameof(View), View, $"Views lie in [0, {views}).");
    }
}
