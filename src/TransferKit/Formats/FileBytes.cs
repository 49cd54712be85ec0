using Microsoft.Win32.SafeHandles;

namespace TransferKit;

/// <summary>
/// The bytes of an open file, read at any place. Reads go through the operating system's cache into the caller's
/// memory: as fast as a memory map, but a file that shrinks under us ends in an exception and not in SIGBUS.
/// </summary>
internal sealed class FileBytes : IDisposable
{
    private readonly SafeFileHandle _handle;

    private FileBytes(string path, SafeFileHandle handle)
    {
        Path = path;
        _handle = handle;
        Length = RandomAccess.GetLength(handle);
    }

    public string Path { get; }

    public long Length { get; }

    /// <exception cref="WeightsException">The file is missing, a folder, or may not be read.</exception>
    public static FileBytes Open(string path)
    {
        try
        {
            return new FileBytes(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new WeightsException(path, "there is no such file.", error);
        }
        catch (UnauthorizedAccessException error)
        {
            var reason = Directory.Exists(path) ? "is a folder, not a weights file." : "may not be read by this user.";
            throw new WeightsException(path, reason, error);
        }
        catch (Exception error) when (error is IOException or ArgumentException or NotSupportedException)
        {
            throw new WeightsException(path, $"cannot be opened: {error.Message}", error);
        }
    }

    /// <summary>Fills <paramref name="destination"/> with the bytes from <paramref name="offset"/> on.</summary>
    public void Read(long offset, Span<byte> destination)
    {
        if (offset < 0 || offset > Length - destination.Length)
            throw CutOff(offset + destination.Length);
        while (!destination.IsEmpty)
        {
            int count;
            try
            {
                count = RandomAccess.Read(_handle, destination, offset);
            }
            catch (IOException error)
            {
                throw new WeightsException(Path, $"cannot be read: {error.Message}", error);
            }

            if (count == 0)
                throw CutOff(offset + destination.Length);
            destination = destination[count..];
            offset += count;
        }
    }

    public void Dispose() => _handle.Dispose();

    public WeightsException Damaged(string reason) => new(Path, $"is damaged: {reason}.");

    private WeightsException CutOff(long needed) =>
        new(Path, $"is cut off: {needed} bytes are needed and {Length} are there. Fetch it again.");
}
