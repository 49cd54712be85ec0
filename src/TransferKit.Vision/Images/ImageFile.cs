namespace TransferKit.Vision;

/// <summary>A picture in a file.</summary>
/// <remarks>Folder and file name are kept apart: in a million samples, the folder's string is shared.</remarks>
internal sealed unsafe class ImageFile(string folder, string fileName) : ImageSource
{
    /// <summary>The picture at a path.</summary>
    public static ImageSource At(string path) => new ImageFile(Path.GetDirectoryName(path) ?? "", Path.GetFileName(path));

    public override string Name => Path.Join(folder, fileName);

    internal override ReadOnlySpan<byte> Read(NativeBuffer buffer)
    {
        try
        {
            using var file = File.OpenHandle(Name, options: FileOptions.SequentialScan);
            var length = checked((int)RandomAccess.GetLength(file));
            var bytes = new Span<byte>(buffer.Reserve((nuint)length), length);
            var read = 0;
            while (read < length && RandomAccess.Read(file, bytes[read..], read) is > 0 and var count)
                read += count;
            return bytes[..read];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ImageException(Name, "the file does not exist", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new ImageException(Name, "it is not a file, or access to it is denied", exception);
        }
        catch (OverflowException exception)
        {
            throw new ImageException(Name, "the file is larger than 2 GB", exception);
        }
        catch (IOException exception)
        {
            throw new ImageException(Name, $"reading failed ({exception.Message.TrimEnd('.')})", exception);
        }
    }
}
