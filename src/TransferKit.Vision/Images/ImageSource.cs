namespace TransferKit.Vision;

/// <summary>Where a picture's encoded bytes come from. Immutable; can be read any number of times, from several threads.</summary>
public abstract class ImageSource
{
    private protected ImageSource()
    {
    }

    /// <summary>The file's path, or the name of a picture that is not in a file.</summary>
    public abstract string Name { get; }

    /// <summary>Reads the encoded bytes; the result is valid until the buffer is used again.</summary>
    /// <exception cref="ImageException">The file can't be read.</exception>
    internal abstract ReadOnlySpan<byte> Read(NativeBuffer buffer);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
