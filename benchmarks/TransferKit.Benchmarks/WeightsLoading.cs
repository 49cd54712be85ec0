using System.Diagnostics;

namespace TransferKit.Benchmarks;

/// <summary>Loading a weights file into a network, beside reading the file's bytes.</summary>
internal static class WeightsLoading
{
    public static void Run(string model, string path, int repetitions)
    {
        using var network = Architectures.Create(model);
        network.Allocate(TorchSharp.torch.CPU);
        var bytes = Median(repetitions, () => File.ReadAllBytes(path));
        var load = Median(repetitions, () =>
        {
            using var file = WeightsFile.Open(path);
            StateDictLoader.Load(file, network.NamedWeights());
        });
        Console.WriteLine($"{model}: reading the bytes {bytes:F1} ms, loading {load:F1} ms, {load / bytes:F2} times that");
    }

    private static double Median(int repetitions, Action action)
    {
        action();
        var times = new double[repetitions];
        for (var i = 0; i < repetitions; i++)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
        Array.Sort(times);
        return times[repetitions / 2];
    }
}
