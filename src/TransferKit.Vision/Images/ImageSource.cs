namespace TransferKit.Vision;

/// <summary>
/// Where a picture's encoded bytes come from. Immutable; can be read any number of times, from several threads.
/// </summary>
public abstract class ImageSource
{
    private protected ImageSource()
    {
    }

    /// <summary>The file's path, or the name of a picture that is not in a file.</summary>
    public abstract string Name { get; }

    /// <summary>A picture in a file.</summary>
    /// <param name="path">The file; it is opened when the picture is read.</param>
    public static ImageSource FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return ImageFile.At(path);
    }

    /// <summary>A picture in a file: a path stands for <see cref="FromFile"/> of it.</summary>
    /// <param name="path">The file; it is opened when the picture is read.</param>
    public static implicit operator ImageSource(string path) => FromFile(path);

    /// <summary>An encoded picture (JPEG, PNG, ...) in memory.</summary>
    /// <param name="encoded">The bytes, which must not change any more.</param>
    /// <param name="name">What messages and reports call it.</param>
    public static ImageSource FromBytes(ReadOnlyMemory<byte> encoded, string name = "image in memory") =>
        new ImageBytes(name, encoded);

    /// <summary>An encoded picture behind a stream.</summary>
    /// <param name="open">
    /// Opens the stream; called once for each reading, from several threads. The stream is disposed after it was read.
    /// </param>
    /// <param name="name">What messages and reports call it.</param>
    /// <exception cref="ArgumentNullException"><paramref name="open"/> is null.</exception>
    public static ImageSource FromStream(Func<Stream> open, string name = "image from a stream")
    {
        ArgumentNullException.ThrowIfNull(open);
        return new ImageStream(open, name);
    }

    /// <summary>A picture that is already decoded.</summary>
    /// <param name="rgb">Red, green and blue of each pixel, row by row: 3 · width · height bytes, copied.</param>
    /// <param name="width">Width in pixels, at least 1.</param>
    /// <param name="height">Height in pixels, at least 1.</param>
    /// <param name="name">What messages and reports call it.</param>
    /// <exception cref="ArgumentException">The number of bytes does not fit the size.</exception>
    public static ImageSource FromPixels(ReadOnlySpan<byte> rgb, int width, int height, string name = "image in memory") =>
        new ImageBytes(name, Bitmap.Encode(rgb, width, height));

    /// <summary>What it is read together with; null where it can be read alone.</summary>
    internal virtual ImageBlock? Block => null;

    /// <summary>Reads the encoded bytes; the result is valid until the buffer is used again.</summary>
    /// <exception cref="ImageException">The file can't be read.</exception>
    internal abstract ReadOnlySpan<byte> Read(NativeBuffer buffer);

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}
