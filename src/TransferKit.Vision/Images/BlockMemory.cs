namespace TransferKit.Vision;

/// <summary>
/// The blocks that were read last, as many as fit: at least one. A block that several threads ask for is read once. Thread-safe.
/// </summary>
/// <param name="limit">Bytes that they may take together.</param>
internal sealed class BlockMemory(long limit)
{
    private readonly LinkedList<(ImageBlock Block, Lazy<ReadOnlyMemory<byte>[]> Pictures)> _recent = new();
    private readonly Dictionary<ImageBlock, LinkedListNode<(ImageBlock Block, Lazy<ReadOnlyMemory<byte>[]> Pictures)>> _held = [];
    private long _bytes;

    /// <summary>Bytes that the blocks may take together.</summary>
    public long Limit => limit;

    /// <summary>The encoded pictures of a block.</summary>
    /// <exception cref="ImageException">They can't be read.</exception>
    public ReadOnlyMemory<byte>[] Load(ImageBlock block)
    {
        Lazy<ReadOnlyMemory<byte>[]> pictures;
        lock (_held)
        {
            if (_held.TryGetValue(block, out var node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
            }
            else
            {
                node = _recent.AddFirst((block, new Lazy<ReadOnlyMemory<byte>[]>(block.Load)));
                _held.Add(block, node);
                _bytes += block.Bytes;
                while (_bytes > limit && _recent.Count > 1)
                    DropOldest();
            }

            pictures = node.Value.Pictures;
        }

        return pictures.Value;
    }

    private void DropOldest()
    {
        var oldest = _recent.Last!.Value.Block;
        _recent.RemoveLast();
        _held.Remove(oldest);
        _bytes -= oldest.Bytes;
    }
}
