using System.IO.Compression;

namespace TransferKit.Vision;

/// <summary>
/// The pictures in a zip archive. <see cref="ZipArchive"/> serves one thread, so several are open, each with a list of all
/// files: few, as such lists are large. Thread-safe.
/// </summary>
/// <param name="path">The archive.</param>
internal sealed class ZipImages(string path)
{
    private const int MostOpen = 4;

    private readonly Stack<ZipArchive> _idle = [];
    private int _open;

    /// <summary>The files, in their order.</summary>
    /// <exception cref="DatasetException">The archive can't be read, is truncated, or is encrypted.</exception>
    public List<(string Name, ImageSource Image)> Files()
    {
        try
        {
            using var archive = ZipFile.OpenRead(path);
            if (archive.Entries.FirstOrDefault(entry => entry.IsEncrypted) is { } encrypted)
                throw new DatasetException(
                    path, $"'{encrypted.FullName}' in the archive '{path}' is encrypted; unpack it and open the folder.");
            // Folders are entries too, whose names end in a slash.
            return [.. archive.Entries.Index().Where(one => one.Item.Name.Length > 0)
                .Select(one => (one.Item.FullName, (ImageSource)new ZippedImage(this, one.Index, one.Item.FullName)))];
        }
        catch (InvalidDataException error)
        {
            throw new DatasetException(
                path, $"The archive '{path}' is truncated, or no zip archive ({error.Message.TrimEnd('.')}); fetch it again.",
                error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(path, $"The archive '{path}' can't be read: {error.Message}", error);
        }
    }

    private unsafe ReadOnlySpan<byte> Read(int index, string nameInArchive, string name, NativeBuffer buffer)
    {
        ZipArchive? archive = null;
        try
        {
            archive = Take();
            if (index >= archive.Entries.Count || archive.Entries[index] is var entry && entry.FullName != nameInArchive)
                throw new ImageException(name, $"'{path}' has changed since the dataset was opened; open it again");
            var length = checked((int)entry.Length);
            var bytes = new Span<byte>(buffer.Reserve((nuint)length), length);
            using var stream = entry.Open();
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (OverflowException error)
        {
            throw new ImageException(name, "the file is larger than 2 GB", error);
        }
        catch (Exception error) when (error is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new ImageException(name, $"reading the archive failed ({error.Message.TrimEnd('.')})", error);
        }
        finally
        {
            if (archive is not null)
                GiveBack(archive);
        }
    }

    /// <summary>An archive for one thread, when there is one.</summary>
    private ZipArchive Take()
    {
        lock (_idle)
        {
            while (_idle.Count == 0 && _open == MostOpen)
                Monitor.Wait(_idle);
            if (_idle.TryPop(out var idle))
                return idle;
            var archive = ZipFile.OpenRead(path);
            _open++;
            return archive;
        }
    }

    private void GiveBack(ZipArchive archive)
    {
        lock (_idle)
        {
            _idle.Push(archive);
            Monitor.Pulse(_idle);
        }
    }

    private string NameOf(string nameInArchive) => Path.Join(path, nameInArchive);

    private sealed class ZippedImage(ZipImages zip, int index, string nameInArchive) : ImageSource
    {
        public override string Name => zip.NameOf(nameInArchive);

        internal override ReadOnlySpan<byte> Read(NativeBuffer buffer) => zip.Read(index, nameInArchive, Name, buffer);
    }
}
