namespace TransferKit.Vision.Tests;

/// <summary>A new empty folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("transferkit").FullName;

    /// <summary>Writes a file, with the folders on the way to it, and gives its path.</summary>
    public string Write(string name, ReadOnlySpan<byte> content = default)
    {
        var path = System.IO.Path.Join(Path, name);
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
