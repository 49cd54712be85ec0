using System.Diagnostics;
using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// What <see cref="AutoTrain"/> gains over the default settings, on pictures that neither has seen: a part that is held out from
/// both.
/// </summary>
internal static class AutoTrained
{
    /// <param name="folder">A folder of pictures.</param>
    /// <param name="plans">The candidates, of which the first is trained with the default settings.</param>
    /// <param name="minutes">The budget.</param>
    /// <param name="share">The share of pictures that is held out.</param>
    /// <param name="most">Of more pictures, so many are taken.</param>
    /// <param name="options">How the defaults and all trials are trained.</param>
    /// <param name="seed">Decides what is held out.</param>
    public static void Run(string folder, IReadOnlyList<TransferPlan> plans, double minutes, double share, int most,
        TrainingOptions options, int seed)
    {
        ImageDataset data = ImageFolder.Open(folder);
        if (data.Count > most)
            data = data.Split((double)most / data.Count, seed).Train;
        var (rest, test) = data.Split(1 - share, seed);
        var clock = Stopwatch.StartNew();
        using var found = AutoTrain.Run(rest, TimeSpan.FromMinutes(minutes), new AutoTrainOptions
        {
            Candidates = plans, Folder = null, Comparison = new ComparisonOptions { CacheFolder = null },
            Tuning = new TuningOptions { Training = options with { Epochs = new TuningOptions().Training.Epochs } },
        });
        var seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(found);
        Console.WriteLine(found.Tuning);
        Console.WriteLine("| on the held-out pictures | accuracy | 95 % | log loss | seconds |\n|---|---|---|---|---|");
        Print("AutoTrain", found.Model.Evaluate(test), seconds);
        foreach (var plan in new[] { plans[0], found.Tuning.Defaults.Plan }.DistinctBy(plan => plan.Model))
        {
            clock.Restart();
            using var run = plan.ReplaceHead(data.ClassNames.Count).Train(rest, options);
            Print($"the defaults, {plan.Model}", run.Model.Evaluate(test), clock.Elapsed.TotalSeconds);
        }
    }

    private static void Print(string what, EvaluationResult result, double seconds) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {what} | {result.Accuracy:F4} | {result.AccuracyInterval} | {result.LogLoss:F3} | {seconds:F0} |"));
}
