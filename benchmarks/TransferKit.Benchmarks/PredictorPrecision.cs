using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>How a predictor in bfloat16 differs from one in float32: labels, probabilities, processor time.</summary>
internal static class PredictorPrecision
{
    public static void Run(string model, string folder)
    {
        var files = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Order().ToList();
        var (exact, exactTime) = Predict(model, files, Precision.Float32);
        var (rough, roughTime) = Predict(model, files, Precision.BFloat16);
        var flips = exact.Zip(rough).Count(pair => pair.First.Label != pair.Second.Label);
        var differences = exact.Zip(rough, Difference).Order().ToList();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{flips} of {exact.Count} labels differ. Probabilities differ by {differences[differences.Count / 2]:E1} in the middle, "
            + $"{differences[differences.Count * 99 / 100]:E1} in 99 of 100, {differences[^1]:E1} at most. "
            + $"Processor time: {exactTime:F1} s in float32, {roughTime:F1} s in bfloat16."));
    }

    private static (List<Prediction> Predictions, double Seconds) Predict(string model, List<string> files, Precision precision)
    {
        using var predictor = Predictor.Load(model, new PredictorOptions { Precision = precision });
        var before = Environment.CpuUsage.TotalTime;
        var predictions = predictor.PredictMany(files).Where(result => result.IsSuccess).Select(result => result.Prediction!).ToList();
        return (predictions, (Environment.CpuUsage.TotalTime - before).TotalSeconds);
    }

    private static float Difference(Prediction one, Prediction other) =>
        one.Probabilities.Zip(other.Probabilities, (a, b) => Math.Abs(a - b)).Max();
}
