namespace TransferKit.Vision;

/// <summary>
/// The blocks that were read last, as many as fit: at least one. A block that several threads ask for is read once. They lie
/// outside the managed heap, where they would stay until the garbage collector comes to it. Thread-safe; freed when nobody holds
/// it any more.
/// </summary>
/// <param name="limit">Bytes that they may take together.</param>
internal sealed unsafe class BlockMemory(long limit)
{
    private readonly LinkedList<Loaded> _recent = new();
    private readonly Dictionary<ImageBlock, LinkedListNode<Loaded>> _held = [];
    private long _bytes;

    ~BlockMemory()
    {
        foreach (var loaded in _recent)
            loaded.Memory.Dispose();
    }

    /// <summary>Bytes that the blocks may take together.</summary>
    public long Limit => limit;

    /// <summary>Reads a picture of a block; the result is valid until the buffer is used again.</summary>
    /// <exception cref="ImageException">The block can't be read.</exception>
    public ReadOnlySpan<byte> Read(ImageBlock block, int place, NativeBuffer buffer)
    {
        var loaded = Enter(block);
        try
        {
            var (offset, length) = loaded.Places.Value[place];
            var copy = new Span<byte>(buffer.Reserve((nuint)length), length);
            new ReadOnlySpan<byte>(loaded.Memory.Data + offset, length).CopyTo(copy);
            return copy;
        }
        finally
        {
            Leave(loaded);
            GC.KeepAlive(this);
        }
    }

    private Loaded Enter(ImageBlock block)
    {
        lock (_held)
        {
            if (_held.TryGetValue(block, out var node))
                _recent.Remove(node);
            else
                (node, _bytes) = (new LinkedListNode<Loaded>(new Loaded(block)), _bytes + block.Bytes);
            _recent.AddFirst(node);
            _held[block] = node;
            node.Value.Readers++;
            while (_bytes > limit && _recent.Count > 1)
                DropOldest();
            return node.Value;
        }
    }

    private void Leave(Loaded loaded)
    {
        lock (_held)
        {
            loaded.Readers--;
            if (loaded.IsDropped && loaded.Readers == 0)
                loaded.Memory.Dispose();
        }
    }

    private void DropOldest()
    {
        var oldest = _recent.Last!.Value;
        _recent.RemoveLast();
        _held.Remove(oldest.Block);
        _bytes -= oldest.Block.Bytes;
        oldest.IsDropped = true;
        if (oldest.Readers == 0)
            oldest.Memory.Dispose();
    }

    /// <summary>A block in memory, or on its way there.</summary>
    private sealed class Loaded
    {
        public Loaded(ImageBlock block) => (Block, Places) = (block, new(() => block.Load(Memory)));

        public ImageBlock Block { get; }

        public NativeBuffer Memory { get; } = new();

        public Lazy<(long Offset, int Length)[]> Places { get; }

        public int Readers { get; set; }

        public bool IsDropped { get; set; }
    }
}
