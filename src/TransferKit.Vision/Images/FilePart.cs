namespace TransferKit.Vision;

/// <summary>
/// A stretch of a file, such as a picture in an archive. The file is opened for each reading, so that a dataset of a thousand
/// archives doesn't hold a thousand files open.
/// </summary>
/// <param name="Path">The file.</param>
/// <param name="FileLength">Bytes of the whole file when the stretch was found.</param>
/// <param name="Offset">Where it begins.</param>
/// <param name="Length">Its bytes.</param>
internal readonly unsafe record struct FilePart(string Path, long FileLength, long Offset, long Length)
{
    /// <summary>Reads the stretch; the result is valid until the buffer is used again.</summary>
    /// <param name="name">What messages call it.</param>
    /// <param name="buffer">Holds the bytes.</param>
    /// <exception cref="ImageException">It can't be read, or the file has changed.</exception>
    public ReadOnlySpan<byte> Read(string name, NativeBuffer buffer) => Read(name, Path, this, buffer);

    /// <summary>Reads a whole file; the result is valid until the buffer is used again.</summary>
    /// <exception cref="ImageException">It can't be read.</exception>
    public static ReadOnlySpan<byte> ReadWhole(string path, NativeBuffer buffer) => Read(path, path, part: null, buffer);

    private static ReadOnlySpan<byte> Read(string name, string path, FilePart? part, NativeBuffer buffer)
    {
        try
        {
            using var file = File.OpenHandle(path, options: part is null ? FileOptions.SequentialScan : FileOptions.None);
            var fileLength = RandomAccess.GetLength(file);
            if (part is { } known && known.FileLength != fileLength)
                throw new ImageException(name, $"'{path}' has changed since the dataset was opened; open it again");
            var length = checked((int)(part?.Length ?? fileLength));
            var bytes = new Span<byte>(buffer.Reserve((nuint)length), length);
            var read = 0;
            while (read < length && RandomAccess.Read(file, bytes[read..], (part?.Offset ?? 0) + read) is > 0 and var count)
                read += count;
            return bytes[..read];
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException(name, part is null ? "the file does not exist" : $"'{path}' does not exist", error);
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
