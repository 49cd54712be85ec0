namespace TransferKit;

/// <summary>A file of a fixed size that is gone when it is disposed, or when the process ends.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private TemporaryFile(string path, FileStream stream) => (Path, Stream) = (path, stream);

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>The open file.</summary>
    public FileStream Stream { get; }

    /// <summary>Makes a file.</summary>
    /// <param name="path">Where; nothing may lie there yet.</param>
    /// <param name="bytes">Its size.</param>
    /// <exception cref="IOException">There is no room, or no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The folder can't be written.</exception>
    public static TemporaryFile Create(string path, long bytes) => new(path, new FileStream(path, new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Share = FileShare.ReadWrite | FileShare.Delete,
        Options = FileOptions.DeleteOnClose,
        // Room on the disk is taken now: on a disk that is full, writing to a mapped file would end the process.
        PreallocationSize = bytes,
    }));

    /// <summary>Makes a file, where no more than half of the free room is needed for it.</summary>
    /// <returns>Null if there is no room, or the folder can't be written.</returns>
    public static TemporaryFile? TryCreate(string folder, long bytes)
    {
        try
        {
            return new DriveInfo(System.IO.Path.GetFullPath(folder)).AvailableFreeSpace / 2 < bytes
                ? null
                : Create(System.IO.Path.Join(folder, $"transferkit-{Guid.NewGuid():N}.features"), bytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>
    /// To be called as soon as nothing opens the file by its name any more. Except on Windows, it is only deleted on closing if
    /// the process lives to close it; without its name, it lasts no longer than what has it open or maps it. Windows itself
    /// deletes it with the process, and takes no name away before.
    /// </summary>
    public void Unlink()
    {
        if (!OperatingSystem.IsWindows())
            File.Delete(Path);
    }

    public void Dispose() => Stream.Dispose();
}
