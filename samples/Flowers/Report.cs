using System.Diagnostics;
using System.Text.Json;
using TransferKit;

namespace Flowers;

/// <summary>The JSON report, with the names that <c>benchmarks/baseline</c> compares by.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Format = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    public static void Write(string path, TrainingResult run, int trainImages, int validationImages)
    {
        var runtime = TorchRuntime.Diagnose();
        File.WriteAllText(path, JsonSerializer.Serialize(new
        {
            System = $"TorchSharp {runtime.TorchSharpVersion} libtorch {runtime.LibtorchVersion}",
            run.Model.Plan.Model,
            Classes = run.Model.ClassNames,
            TrainImages = trainImages,
            ValidationImages = validationImages,
            Epochs = run.History.Select(epoch => new
            {
                epoch.Epoch,
                epoch.TrainLoss,
                epoch.ValidationAccuracy,
                TrainSeconds = epoch.TrainTime.TotalSeconds,
                ValidationSeconds = epoch.ValidationTime.TotalSeconds,
                epoch.TrainImagesPerSecond,
            }),
            TotalSeconds = run.History.Sum(epoch => (epoch.TrainTime + epoch.ValidationTime).TotalSeconds),
            BestAccuracy = run.Best?.ValidationAccuracy,
            PeakMemoryMib = Process.GetCurrentProcess().PeakWorkingSet64 / (1024.0 * 1024),
        }, Format));
    }
}
