using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// Seconds that compiled layers take for a batch, in float32 and in bfloat16, in turns: what baseline/compiled_compare.py sets
/// beside PyTorch. The least of several runs. Weights are random, pictures are there already.
/// </summary>
internal static class CompiledSpeed
{
    public static void Run(string model, int pixels, int batch, int repetitions)
    {
        Precision[] precisions = [Precision.Float32, Precision.BFloat16];
        using var scope = torch.NewDisposeScope();
        var models = precisions.Select(precision => Backbone.Create(model).WithImageSize(pixels).WithPrecision(precision)
            .On(ComputeDevice.Cpu).Build()).ToArray();
        var compiled = models.Select(built => new CompiledLayers(built.Live, built.Network.Steps.Count)).ToArray();
        var images = models.Select(built => built.Live.PrepareInput(torch.randn(batch, 3, pixels, pixels))).ToArray();
        var least = precisions.Select(_ => double.MaxValue).ToArray();
        for (var run = 0; run <= repetitions; run++)
            for (var i = 0; i < precisions.Length; i++)
            {
                var watch = Stopwatch.StartNew();
                compiled[i].Run(images[i]).Dispose();
                if (run > 0)
                    least[i] = Math.Min(least[i], watch.Elapsed.TotalSeconds);
            }
        foreach (var (precision, seconds) in precisions.Zip(least))
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{precision}\t{seconds:F4}"));
        foreach (var layers in compiled)
            layers.Dispose();
        foreach (var built in models)
            built.Dispose();
    }
}
