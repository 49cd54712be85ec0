namespace TransferKit.Vision;

/// <summary>
/// A stretch of a file, such as a picture in an archive, or all of it. The file is opened for each reading, so that a dataset of
/// a thousand archives doesn't hold a thousand files open.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="FileLength">Bytes of the whole file when the stretch was found.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
internal readonly unsafe record struct FilePart(string Path, long FileLength, long Offset, long Length)
{
    private const long Any = -1;

    /// <summary>All of a file, however long it is when it is read.</summary>
    public static FilePart Whole(string path) => new(path, Any, Offset: 0, Any);

    private bool IsWhole => Length == Any;

    /// <summary>Reads the stretch; the result is valid until the buffer is used again.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="buffer">Holds the bytes.</param>
    /// <exception cref="ImageException">It can't be read, or the file has changed.</exception>
    public ReadOnlySpan<byte> Read(string name, NativeBuffer buffer)
    {
        try
        {
            using var file = File.OpenHandle(Path, options: IsWhole ? FileOptions.SequentialScan : FileOptions.None);
            var fileLength = RandomAccess.GetLength(file);
            if (!IsWhole && fileLength != FileLength)
                throw new ImageException(name, $"'{Path}' has changed since the dataset was opened; open it again");
            var length = checked((int)(IsWhole ? fileLength : Length));
            var bytes = new Span<byte>(buffer.Reserve((nuint)length), length);
            var read = 0;
            while (read < length && RandomAccess.Read(file, bytes[read..], Offset + read) is > 0 and var count)
                read += count;
            return bytes[..read];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException(name, IsWhole ? "the file does not exist" : $"'{Path}' does not exist", error);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new ImageException(name, "it is not a file, or access to it is denied", error);
        }
        catch (OverflowException error)
        {
            throw new ImageException(name, "the file is larger than 2 GB", error);
        }
        catch (IOException error)
        {
            throw new ImageException(name, $"reading failed ({error.Message.TrimEnd('.')})", error);
        }
    }
}
