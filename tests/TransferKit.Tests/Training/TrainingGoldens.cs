using System.Text.Json;
using TorchSharp;

namespace TransferKit.Tests.Training;

/// <summary>What make_training_goldens.py found out about PyTorch.</summary>
internal static class TrainingGoldens
{
    private static readonly JsonElement Root = Read();

    public static JsonElement Losses => Root.GetProperty("losses");

    public static JsonElement Schedules => Root.GetProperty("schedules");

    public static JsonElement Optimizers => Root.GetProperty("optimizers");

    public static JsonElement Clipping => Root.GetProperty("clipping");

    public static JsonElement Finder => Root.GetProperty("finder");

    public static double[] Numbers(this JsonElement element, string name) =>
        element.GetProperty(name).Deserialize<double[]>()!;

    /// <summary>The gradient of a weight at an update, as the script computes it.</summary>
    public static torch.Tensor Gradient(int update, params long[] shape) => Wave(1.7, 0.9 * update, 0.5, shape);

    public static torch.Tensor Wave(double frequency, double phase, double scale, params long[] shape)
    {
        var count = (int)shape.Aggregate((a, b) => a * b);
        return torch.tensor([.. Enumerable.Range(0, count).Select(i => scale * Math.Sin(frequency * i + phase))], shape);
    }

    private static JsonElement Read()
    {
        using var file = File.OpenRead(Path.Join(AppContext.BaseDirectory, "Training", "training_goldens.json"));
        return JsonSerializer.Deserialize<JsonElement>(file);
    }
}
