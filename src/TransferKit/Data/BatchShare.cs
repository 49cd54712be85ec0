namespace TransferKit;

/// <summary>
/// The part of every batch that one of several processes takes: samples that lie side by side, as equally many as can be.
/// </summary>
/// <param name="Rank">Which process.</param>
/// <param name="Size">How many there are.</param>
/// <param name="BatchSize">Samples of a whole batch.</param>
/// <param name="Samples">Samples of the whole epoch.</param>
internal sealed record BatchShare(int Rank, int Size, int BatchSize, int Samples)
{
    /// <summary>The most samples of a batch that the process takes: of all but the last, which may be small.</summary>
    public int Largest => CountOf(BatchSize);

    /// <summary>The rows of a whole batch that a process's first few samples of it are.</summary>
    /// <param name="batch">The batch, counted from 0 in its epoch.</param>
    /// <param name="count">How many samples; fewer than there are where some couldn't be read.</param>
    public BatchRows RowsOf(int batch, int count)
    {
        var whole = Math.Min(BatchSize, Samples - batch * BatchSize);
        return new(FirstOf(whole), count, whole);
    }

    /// <summary>The process's part of values that lie in the order of an epoch's samples, from the start of a batch on.</summary>
    public int[] Of(IReadOnlyList<int> values) =>
        [.. values.Chunk(BatchSize).SelectMany(batch => batch.AsSpan(FirstOf(batch.Length), CountOf(batch.Length)).ToArray())];

    // The first ranks take the samples that don't go into equal parts.
    private int CountOf(int samples) => samples / Size + (Rank < samples % Size ? 1 : 0);

    private int FirstOf(int samples) => Rank * (samples / Size) + Math.Min(Rank, samples % Size);
}

/// <summary>Some rows of a batch.</summary>
/// <param name="First">The first, counted from 0.</param>
/// <param name="Count">How many.</param>
/// <param name="Whole">Rows of the whole batch.</param>
internal readonly record struct BatchRows(int First, int Count, int Whole);
