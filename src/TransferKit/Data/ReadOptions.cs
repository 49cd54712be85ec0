namespace TransferKit;

/// <summary>How one pass over a <see cref="Dataset"/> is read.</summary>
public sealed record ReadOptions
{
    /// <summary>What the network expects of its input.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>
    /// Indices of the samples in the order in which they are read, each in <c>[0, Count)</c>; null: all samples once, in their
    /// own order. What trains or measures a model always sets it. Default: null.
    /// </summary>
    public IReadOnlyList<int>? Order { get; init; }

    /// <summary>
    /// The samples that the epoch read before <see cref="Order"/>, where reading goes on within one: a sample that comes up again
    /// looks different. Default: none.
    /// </summary>
    public IReadOnlyList<int> Earlier { get; init; } = [];

    /// <summary>Samples a batch; the last batch holds what is left. At least 1.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Whether samples are randomly augmented, as for training. Default: no.</summary>
    public bool Augment { get; init; }

    /// <summary>
    /// Where augmentation draws from: a sample's views depend on (Seed, Epoch, index, how often it came up before in the epoch)
    /// and on nothing else. Default: 0.
    /// </summary>
    public int Seed { get; init; }

    /// <summary>The epoch; training counts from 1. Default: 0.</summary>
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

    /// <summary>Called with each sample that can't be read and is left out: its position, and why. Default: nothing is.</summary>
    public Action<int, Exception>? OnSkipped { get; init; }

    /// <summary>The order in which the samples of a dataset are read.</summary>
    /// <param name="count">The dataset's number of samples.</param>
    public IReadOnlyList<int> OrderOf(int count) => Order ?? [.. Enumerable.Range(0, count)];

    /// <summary>The batches that the order is read in, the last of which has what is left.</summary>
    /// <param name="count">The dataset's number of samples.</param>
    internal IEnumerable<PlannedBatch> BatchesOf(int count) => OrderOf(count).Zip(Repetitions(count)).Chunk(BatchSize).Select(
        (chunk, place) => new PlannedBatch(FirstBatch + place,
            Array.ConvertAll(chunk, sample => sample.First), Array.ConvertAll(chunk, sample => sample.Second)));

    /// <summary>
    /// Which part of each batch this is, where other processes read the others; null: batches are whole. <see cref="Order"/>,
    /// <see cref="Earlier"/> and <see cref="BatchSize"/> say the same for datasets that don't know of it.
    /// </summary>
    internal BatchShare? Share { get; init; }

    // How often samples came up in the whole epoch, for an order that is a part of it.
    private (IReadOnlyList<int> Order, int[] Times)? Shared { get; init; }

    /// <summary>The part of each batch that a process takes.</summary>
    /// <param name="group">All processes.</param>
    /// <param name="count">The dataset's number of samples.</param>
    internal ReadOptions ShareOf(ProcessGroup group, int count)
    {
        if (group.Size == 1)
            return this;
        var order = OrderOf(count);
        var share = new BatchShare(group.Rank, group.Size, BatchSize, Earlier.Count + order.Count);
        var own = share.Of(order);
        return this with
        {
            Order = own,
            Earlier = share.Of(Earlier),
            BatchSize = share.Largest,
            Share = share,
            Shared = (own, share.Of(Repetitions(count))),
        };
    }

    /// <summary>
    /// The batches that fall to a process where processes take whole batches in turns: what is computed of a batch then has the
    /// bits that one process gives it.
    /// </summary>
    /// <param name="group">All processes.</param>
    /// <param name="count">The dataset's number of samples.</param>
    internal ReadOptions DealTo(ProcessGroup group, int count) => group.Size == 1 ? this : this with
    {
        Order =
        [
            .. OrderOf(count).Chunk(BatchSize).Where((_, number) => number % group.Size == group.Rank).SelectMany(batch => batch),
        ],
    };

    /// <summary>Which batch of its epoch the first of the order is, counted from 0.</summary>
    internal int FirstBatch => Earlier.Count / BatchSize;

    /// <summary>How often each sample of the order came up before in the epoch.</summary>
    internal int[] Repetitions(int count)
    {
        if (Shared is var (order, shared) && ReferenceEquals(order, Order))
            return shared;
        var times = new int[count];
        foreach (var index in Earlier)
            times[index]++;
        return [.. OrderOf(count).Select(index => times[index]++)];
    }

    /// <exception cref="ArgumentOutOfRangeException">There is no such view.</exception>
    internal void CheckView()
    {
        var views = TestTimeAugmentation?.Views ?? 1;
        if ((uint)View >= (uint)views)
            throw new ArgumentOutOfRangeException(nameof(View), View, $"Views lie in [0, {views}).");
    }
}
