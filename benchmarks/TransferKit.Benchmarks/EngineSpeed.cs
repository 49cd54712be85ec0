using System.Diagnostics;
using System.Globalization;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// Milliseconds a picture that compiled layers take beside ONNX Runtime on the export of the same model, with as many threads, in
/// turns: what disturbs one disturbs the other. The least of several runs. Weights are random, pictures are there already.
/// </summary>
internal static class EngineSpeed
{
    private static readonly string[] Usual = ["resnet50", "mobilenet_v2", "efficientnet_b0", "convnext_tiny", "vit_b_16"];

    public static void Run(IReadOnlyList<string> models, int repetitions)
    {
        Console.WriteLine($"{TorchRuntime.Threads} threads, ms a picture");
        Console.WriteLine("| model | batch | ONNX Runtime | float32 | auto | ONNX Runtime / float32 |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var model in models.Count > 0 ? models : Usual)
            foreach (var batch in new[] { 1, 16 })
                Measure(model, batch, repetitions);
    }

    private static void Measure(string name, int batch, int repetitions)
    {
        using var scope = torch.NewDisposeScope();
        using var exact = Model(name, Precision.Float32);
        using var usual = Model(name, Precision.Auto);
        using var exactLayers = new CompiledLayers(exact.Live, exact.Network.Steps.Count);
        using var usualLayers = new CompiledLayers(usual.Live, usual.Network.Steps.Count);
        using var session = Session(exact);
        var pixels = torch.randn(batch, 3, 224, 224);
        var images = exact.Live.PrepareInput(pixels);
        var usualImages = images.to_type(usual.Live.ComputeType);
        var values = new DenseTensor<float>(pixels.data<float>().ToArray(), [batch, 3, 224, 224]);
        var input = NamedOnnxValue.CreateFromTensor(session.InputMetadata.Keys.First(), values);
        Action[] engines =
        [
            () => session.Run([input]).Dispose(),
            () => exactLayers.Run(images).Dispose(),
            () => usualLayers.Run(usualImages).Dispose(),
        ];
        var least = engines.Select(_ => double.MaxValue).ToArray();
        for (var run = 0; run < repetitions; run++)
            for (var i = 0; i < engines.Length; i++)
            {
                // Either's threads spin for a while when they have done their work, and its weights are in the caches then.
                Thread.Sleep(20);
                engines[i]();
                for (var again = 0; again < 3; again++)
                {
                    var watch = Stopwatch.StartNew();
                    engines[i]();
                    least[i] = Math.Min(least[i], watch.Elapsed.TotalMilliseconds / batch);
                }
            }
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {batch} | {least[0]:F1} | {least[1]:F1} | {least[2]:F1} | {least[0] / least[1]:F2} |"));
    }

    private static TransferModel Model(string name, Precision precision) =>
        Backbone.Create(name).WithPrecision(precision).On(ComputeDevice.Cpu).Build();

    private static InferenceSession Session(TransferModel model)
    {
        var folder = Directory.CreateTempSubdirectory();
        try
        {
            var path = Path.Join(folder.FullName, "model.onnx");
            model.ExportOnnx(path);
            using var options = new SessionOptions { IntraOpNumThreads = TorchRuntime.Threads };
            options.AddSessionConfigEntry("session.force_spinning_stop", "1");
            return new InferenceSession(path, options);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
