namespace TransferKit.Package.Tests;

/// <summary>All packages, packed into a folder outside the repository.</summary>
public sealed class PackedLibrary : IDisposable
{
    public PackedLibrary()
    {
        string[] projects =
            ["TransferKit", "TransferKit.Vision", "TransferKit.Vision.Parquet", "TransferKit.Onnx", "TransferKit.Mpi", "TransferKit.Weights.ResNet20"];
        foreach (var project in projects)
            Commands.Run(Repository, "dotnet", "pack", Path.Join("src", project), "-c", "Release", "-o", Feed,
                $"-p:MinVerVersionOverride={Version}");
    }

    /// <summary>A version that no cache of packages can have from an earlier run.</summary>
    public string Version { get; } = $"0.0.0-test.{DateTime.UtcNow:yyyyMMddHHmmss}";

    public string Folder { get; } = Directory.CreateTempSubdirectory("transferkit-package-").FullName;

    public string Feed => Path.Join(Folder, "feed");

    public static string Repository { get; } = FindRepository(new DirectoryInfo(AppContext.BaseDirectory));

    public string Package(string name) => Path.Join(Feed, $"{name}.{Version}.nupkg");

    public string Symbols(string name) => Path.Join(Feed, $"{name}.{Version}.snupkg");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private static string FindRepository(DirectoryInfo folder) =>
        File.Exists(Path.Join(folder.FullName, "TransferKit.sln")) ? folder.FullName : FindRepository(folder.Parent!);
}

/// <summary>The tests that share them.</summary>
[CollectionDefinition("packed")]
public sealed class Packed : ICollectionFixture<PackedLibrary>;
