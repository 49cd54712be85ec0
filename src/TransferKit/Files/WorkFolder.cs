namespace TransferKit;

/// <summary>Where a job keeps what it goes on from: its user's folder, which stays, or one that goes with it.</summary>
/// <param name="folder">The user's folder; null: a temporary one is made.</param>
internal sealed class WorkFolder(string? folder) : IDisposable
{
    /// <summary>Where it lies.</summary>
    public string Path { get; } = folder ?? Directory.CreateTempSubdirectory("transferkit-").FullName;

    public void Dispose()
    {
        if (folder is null)
            Directory.Delete(Path, recursive: true);
    }
}
