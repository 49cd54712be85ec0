using System.Text;

namespace TransferKit;

/// <summary>Files that appear whole or not at all, also when the process is killed or the disk is full.</summary>
internal static class AtomicFile
{
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(1);

    /// <summary>
    /// Removes what a process left that was killed while it wrote. For folders that one process alone writes to.
    /// </summary>
    /// <param name="folder">The folder; it needn't be there.</param>
    /// <param name="names">The names that were to be written, with <c>*</c> for any text.</param>
    public static void RemoveUnfinished(string folder, string names)
    {
        if (!Directory.Exists(folder))
            return;
        try
        {
            Remove(folder, names, TimeSpan.Zero);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It costs room and no more; a folder that can't be written is found when it is written to.
        }
    }

    /// <summary>Writes a text, in UTF-8.</summary>
    public static void Write(string path, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Write(path, stream => stream.Write(bytes));
    }

    /// <summary>Writes to a temporary name beside the file, flushes it to the disk, and renames it.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(folder);
        var name = Path.GetFileName(path);
        // What a process left that was killed while it wrote; younger ones may belong to one that is writing now.
        Remove(folder, $"{name}.*", StaleAfter);
        var temporary = Path.Join(folder, $".{name}.{Guid.NewGuid():N}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                write(stream);
                stream.Flush(flushToDisk: true);
            }
            File.Move(temporary, path, overwrite: true);
        }
        catch (Exception error)
        {
            File.Delete(temporary);
            // What .NET throws where a file outgrows what its file system, or the process, may write.
            if (error is ArgumentOutOfRangeException { ParamName: "value" })
                throw new IOException($"{temporary} has become larger than files may be here.", error);
            throw;
        }
    }

    private static void Remove(string folder, string names, TimeSpan age)
    {
        foreach (var left in Directory.GetFiles(folder, $".{names}.tmp"))
            if (File.GetLastWriteTimeUtc(left) <= DateTime.UtcNow - age)
                File.Delete(left);
    }
}
