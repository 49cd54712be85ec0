namespace TransferKit.Vision;

/// <summary>
/// Pictures that are read together, since reading one takes about as long as reading all: a row group of a Parquet file, a
/// stretch of a tar file.
/// </summary>
/// <param name="memory">Holds what was read of it and of others.</param>
internal abstract class ImageBlock(BlockMemory memory)
{
    /// <summary>Which block of which file, told by what needs no reading of pictures.</summary>
    public abstract string Identity { get; }

    /// <summary>Bytes of memory that its encoded pictures take, roughly.</summary>
    public abstract long Bytes { get; }

    /// <summary>What it shares with other blocks.</summary>
    public BlockMemory Memory => memory;

    /// <summary>Reads the encoded pictures, in their order; an empty one is not there.</summary>
    /// <exception cref="ImageException">They can't be read.</exception>
    public abstract ReadOnlyMemory<byte>[] Load();
}

/// <summary>A picture of a block.</summary>
internal sealed unsafe class BlockImage(ImageBlock block, int place, string folder, string nameInFolder) : ImageSource
{
    public override string Name => Path.Join(folder, nameInFolder);

    internal override ImageBlock? Block => block;

    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer)
    {
        var bytes = block.Memory.Load(block)[place].Span;
        if (bytes.IsEmpty)
            throw new ImageException(Name, "there are no bytes of a picture in its place");
        // Copied, as the decoder holds on to the address and the garbage collector may move the original.
        var copy = new Span<byte>(buffer.Reserve((nuint)bytes.Length), bytes.Length);
        bytes.CopyTo(copy);
        return copy;
    }
}
