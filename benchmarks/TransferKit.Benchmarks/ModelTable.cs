using System.Diagnostics;
using System.Globalization;
using TorchSharp;

namespace TransferKit.Benchmarks;

/// <summary>
/// The table of <c>docs/choosing-a-model.md</c>: accuracy and size of models, and the processor time that an image costs, with
/// compiled layers in float32 on one thread. Time of the processor, not of the clock: other programs disturb it less.
/// </summary>
internal static class ModelTable
{
    // Small to large, one or two of each family that is worth a look today.
    private static readonly string[] Usual =
    [
        "mobilenet_v3_small", "shufflenet_v2_x1_0", "mobilenet_v3_large", "mobilenet_v2", "efficientnet_b0", "regnet_y_400mf",
        "resnet18", "regnet_y_1_6gf", "efficientnet_b2", "resnet50", "regnet_y_3_2gf", "convnext_tiny", "swin_t",
        "efficientnet_v2_s", "resnet101", "vit_b_16", "convnext_base",
    ];

    public static void Run(IReadOnlyList<string> models, int repetitions)
    {
        TorchRuntime.Threads = 1;
        Console.WriteLine("| model | top-1, % | parameters, M | multiply-adds, G | image, px | processor time, ms |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var model in models.Count > 0 ? models : Usual)
        {
            var weights = KnownWeights.Default(model);
            var pixels = weights.Preprocessing.CropSize;
            Console.WriteLine(string.Join(" | ",
                $"| `{model}`", Number(weights.Top1Accuracy ?? 0, "F1"), Number((weights.Parameters ?? 0) / 1e6, "F1"),
                Number(weights.Gflops ?? 0, "F2"), $"{pixels}", Number(Milliseconds(model, pixels, repetitions), "F0") + " |"));
        }
    }

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);

    // The least of several runs: the others were disturbed.
    private static double Milliseconds(string name, int pixels, int repetitions)
    {
        using var model = Backbone.Create(name).WithImageSize(pixels).WithPrecision(Precision.Float32).On(ComputeDevice.Cpu)
            .Build();
        using var compiled = new CompiledLayers(model.Live, model.Network.Steps.Count);
        using var images = model.Live.PrepareInput(torch.randn(1, 3, pixels, pixels)).DetachFromDisposeScope();
        return Enumerable.Range(0, repetitions + 1).Select(_ => Once()).Skip(1).Min();

        double Once()
        {
            using var process = Process.GetCurrentProcess();
            var before = process.TotalProcessorTime;
            compiled.Run(images).Dispose();
            process.Refresh();
            return (process.TotalProcessorTime - before).TotalMilliseconds;
        }
    }
}
