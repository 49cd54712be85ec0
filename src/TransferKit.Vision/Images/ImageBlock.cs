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

    /// <summary>Reads the encoded pictures.</summary>
    /// <param name="bytes">Gets their bytes.</param>
    /// <returns>Where each lies there; an empty one is not there.</returns>
    /// <exception cref="ImageException">They can't be read.</exception>
    public abstract (long Offset, int Length)[] Load(NativeBuffer bytes);
}

/// <summary>A picture of a block.</summary>
internal sealed class BlockImage(ImageBlock block, int place, string folder, string nameInFolder) : ImageSource
{
    public override string Name => Path.Join(folder, nameInFolder);

    internal override ImageBlock? Block => block;

    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer)
    {
        var bytes = block.Memory.Read(block, place, buffer);
        return bytes.IsEmpty ? throw new ImageException(Name, "there are no bytes of a picture in its place") : bytes;
    }
}
