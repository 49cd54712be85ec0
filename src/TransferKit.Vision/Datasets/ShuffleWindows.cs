namespace TransferKit.Vision;

/// <summary>
/// Shuffling where pictures lie in blocks that don't fit into memory together: the blocks are put in a random order, and the
/// pictures of as many as fit are read in the order in which they were drawn before those of the next. Half of the memory is for
/// the blocks in turn, since threads still read from them when others begin with the next.
/// </summary>
internal static class ShuffleWindows
{
    /// <summary>The order of an epoch: a function of its arguments and of the blocks' sizes alone.</summary>
    /// <param name="sources">All pictures.</param>
    /// <param name="order">The positions of the epoch's pictures as they were drawn.</param>
    /// <param name="seed">The run's seed.</param>
    /// <param name="epoch">The epoch.</param>
    public static int[] Arrange(IReadOnlyList<ImageSource> sources, int[] order, int seed, int epoch)
    {
        var blocks = Blocks(sources);
        if (blocks.Count == 0)
            return order;
        var random = new SeededRandom(seed, epoch, subkey: 1);
        random.Shuffle<ImageBlock>(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(blocks));
        var windows = new Dictionary<ImageBlock, int>(blocks.Count);
        var room = blocks.Min(block => block.Memory.Limit) / 2;
        var (window, taken) = (0, 0L);
        foreach (var block in blocks)
        {
            if (taken > 0 && taken + block.Bytes > room)
                (window, taken) = (window + 1, 0);
            taken += block.Bytes;
            windows.Add(block, window);
        }

        // Pictures that can be read at any time are spread over the windows.
        return [.. order.OrderBy(i => sources[i].Block is { } block && windows.TryGetValue(block, out var its)
            ? its
            : new SeededRandom(seed, epoch, i).Next(window + 1))];
    }

    /// <summary>The blocks, each once, of pictures that don't fit into memory together.</summary>
    public static List<ImageBlock> Blocks(IReadOnlyList<ImageSource> sources) =>
    [
        .. sources.Select(source => source.Block).OfType<ImageBlock>().Distinct()
            .GroupBy(block => block.Memory).Where(sharing => sharing.Sum(block => block.Bytes) > sharing.Key.Limit)
            .SelectMany(sharing => sharing),
    ];
}
