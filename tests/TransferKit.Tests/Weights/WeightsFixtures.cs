using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit.Tests.Weights;

/// <summary>The small files that fixtures.py makes, and places for files of a test's own.</summary>
internal static class WeightsFixtures
{
    /// <summary>Values of fixtures.py's <c>ramp</c>: 0, 1, 2, ... in row-major order.</summary>
    public static Tensor Ramp(params long[] shape) =>
        arange(shape.Aggregate(1L, (product, size) => product * size)).reshape(shape).to(float32);

    public static string Path(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Join(folder.FullName, "TransferKit.sln")))
            folder = folder.Parent!;
        return System.IO.Path.Join(folder.FullName, "tests", "TransferKit.Tests", "Weights", "Fixtures", name);
    }

    /// <summary>A file of <c>../shared/weights</c>: real weights, not part of the repository; null where absent.</summary>
    public static string? Shared(string name) => Repository.Shared(System.IO.Path.Join("weights", name));

    /// <summary>The values of a stored tensor as doubles, in row-major order.</summary>
    public static double[] Values(this StoredTensor stored)
    {
        using var scope = NewDisposeScope();
        return stored.Read().to(float64).reshape(-1).data<double>().ToArray();
    }
}

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string FullPath { get; } = Directory.CreateTempSubdirectory("transferkit").FullName;

    public string File(string name) => System.IO.Path.Join(FullPath, name);

    public string File(string name, byte[] content)
    {
        System.IO.File.WriteAllBytes(File(name), content);
        return File(name);
    }

    public void Dispose() => Directory.Delete(FullPath, recursive: true);
}
