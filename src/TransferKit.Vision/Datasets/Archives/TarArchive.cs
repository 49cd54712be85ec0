using System.Formats.Tar;

namespace TransferKit.Vision;

/// <summary>Finds the files in a tar archive that is not compressed, so that each can be read from where it lies.</summary>
internal static class TarArchive
{
    /// <summary>The regular files, in their order, with the names that the archive gives them.</summary>
    /// <param name="path">The archive.</param>
    /// <exception cref="DatasetException">It can't be read, is compressed, damaged or truncated.</exception>
    public static List<(string Name, FilePart Part)> Files(string path)
    {
        var files = new List<(string Name, FilePart Part)>();
        try
        {
            using var stream = File.OpenRead(path);
            RefuseCompressed(path, stream);
            using var reader = new TarReader(stream);
            while (reader.GetNextEntry() is { } entry)
            {
                if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
                    files.Add((entry.Name, new FilePart(path, stream.Length, entry.DataOffset, entry.Length)));
            }

            return files;
        }
        catch (EndOfStreamException error)
        {
            var last = files.Count > 0 ? $"after '{files[^1].Name}'" : "before its first file ends";
            throw new DatasetException(path, $"The archive '{path}' is truncated {last}; fetch or write it again.", error);
        }
        catch (Exception error) when (error is InvalidDataException or FormatException)
        {
            var what = files.Count > 0 ? $"is damaged after '{files[^1].Name}'" : "is no tar archive, or damaged";
            throw new DatasetException(path, $"The archive '{path}' {what}: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException(path, $"The archive '{path}' can't be read: {error.Message}", error);
        }
    }

    private static void RefuseCompressed(string path, FileStream stream)
    {
        Span<byte> start = stackalloc byte[4];
        var read = stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        stream.Position = 0;
        var (format, tool) = start[..read] switch
        {
            [0x1F, 0x8B, ..] => ("gzip", "gunzip"),
            [(byte)'B', (byte)'Z', (byte)'h', ..] => ("bzip2", "bunzip2"),
            [0xFD, (byte)'7', (byte)'z', (byte)'X'] => ("xz", "unxz"),
            [0x28, 0xB5, 0x2F, 0xFD] => ("Zstandard", "unzstd"),
            _ => default,
        };
        if (format is not null)
            throw new DatasetException(
                path,
                $"The archive '{path}' is compressed by {format}, so that a picture in it can't be read without all before it; "
                + $"unpack it with {tool}, which makes it hardly larger, as pictures are compressed already.");
        if (read == 0)
            throw new DatasetException(path, $"The archive '{path}' is empty; fetch or write it again.");
    }
}
