namespace TransferKit;

/// <summary>A file of a fixed size that is gone when it is disposed, or when the process ends.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly FileStream _stream;

    private TemporaryFile(string path, FileStream stream) => (Path, _stream) = (path, stream);

    /// <summary>Where it lies.</summary>
    public string Path { get; }

    /// <summary>Makes a file, where no more than half of the free room is needed for it.</summary>
    /// <returns>Null if there is no room, or the folder can't be written.</returns>
    public static TemporaryFile? TryCreate(string folder, long bytes)
    {
        try
        {
            if (new DriveInfo(System.IO.Path.GetFullPath(folder)).AvailableFreeSpace / 2 < bytes)
                return null;
            var path = System.IO.Path.Join(folder, $"transferkit-{Guid.NewGuid():N}.features");
            // Room on the disk is taken now: on a disk that is full, writing to a mapped file would end the process.
            return new TemporaryFile(path, new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.ReadWrite | FileShare.Delete,
                Options = FileOptions.DeleteOnClose,
                PreallocationSize = bytes,
            }));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    public void Dispose() => _stream.Dispose();
}
