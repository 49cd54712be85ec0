using System.Diagnostics;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>How long it takes to list and split a folder, and how much memory that takes: <c>listing FOLDER</c>.</summary>
internal static class Listing
{
    public static void Run(string folder)
    {
        var clock = Stopwatch.StartNew();
        var data = ImageFolder.Open(folder);
        Console.WriteLine($"{data.Count} images of {data.ClassNames.Count} classes listed in {clock.Elapsed.TotalSeconds:F2} s");
        clock.Restart();
        var split = data.Split(0.8);
        Console.WriteLine($"split into {split.Train.Count} and {split.Validation.Count} in {clock.Elapsed.TotalSeconds:F2} s");
        using var process = Process.GetCurrentProcess();
        Console.WriteLine($"peak of the process: {process.PeakWorkingSet64 >> 20} MiB, with libtorch loaded; "
            + $"managed heap: {GC.GetTotalMemory(forceFullCollection: true) >> 20} MiB");
        GC.KeepAlive(split);
    }
}
