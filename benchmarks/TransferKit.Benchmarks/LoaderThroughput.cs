using System.Diagnostics;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// How many images a second the loader delivers, to put beside <c>baseline/loader_throughput.py</c>:
/// <c>loader FOLDER [--workers N] [--epochs N]</c>.
/// </summary>
internal static class LoaderThroughput
{
    private const int BatchSize = 32;

    public static void Run(string folder, int workers, int epochs)
    {
        var data = ImageFolder.Open(folder);
        var options = new ReadOptions
        {
            Preprocessing = Preprocessing.ImageNet,
            Order = [.. Enumerable.Range(0, data.Count)],
            BatchSize = BatchSize,
            Workers = workers,
        };

        Console.WriteLine($"{data.Count} images, {workers} workers; images/s and CPU time an image, best of {epochs}");
        Measure("random resized crop", data, options with { Augment = true }, epochs);
        Measure("resize, center crop", data, options, epochs);

        var cached = data.With(new ImageOptions { Cache = new PixelCacheOptions { MemoryBytes = 4L << 30 } });
        foreach (var batch in cached.Read(options))
            batch.Dispose();
        Measure("crop from the cache", cached, options with { Augment = true }, epochs);
        Measure("resize from the cache", cached, options, epochs);
    }

    private static void Measure(string name, ImageDataset data, ReadOptions options, int epochs)
    {
        var best = (Seconds: double.MaxValue, Cpu: 0.0);
        for (var epoch = 0; epoch < epochs; epoch++)
        {
            var cpuBefore = Environment.CpuUsage.TotalTime;
            var clock = Stopwatch.StartNew();
            foreach (var batch in data.Read(options with { Epoch = epoch }))
                batch.Dispose();
            var seconds = clock.Elapsed.TotalSeconds;
            if (seconds < best.Seconds)
                best = (seconds, (Environment.CpuUsage.TotalTime - cpuBefore).TotalMilliseconds);
        }

        Console.WriteLine($"{name,-24}{data.Count / best.Seconds,8:F0} images/s{best.Cpu / data.Count,8:F2} ms");
    }
}
