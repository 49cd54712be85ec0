using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// What the speed-ups cost in accuracy: the best validation accuracy of a few seeds with all of them (the precision of the
/// device, kept features) and with none (float32, everything computed in every epoch).
/// </summary>
internal static class AccuracyCost
{
    public static void Run(string folder, string model, string weights, string unfreeze, int seeds, bool augment)
    {
        var data = ImageFolder.Open(folder);
        var plan = Backbone.Create(model, Pretrained.FromFile(weights))
            .ReplaceHead(data.ClassNames.Count).Unfreeze(unfreeze.Split(','));
        var options = new TrainingOptions { Augment = augment, ValidationFraction = 0.3 };
        Console.WriteLine("| seed | with | without | seconds with | seconds without |\n|---|---|---|---|---|");
        var (with, without) = (new List<double>(), new List<double>());
        for (var seed = 0; seed < seeds; seed++)
        {
            var (fast, fastTime) = Train(plan, options with { Seed = seed });
            var (plain, plainTime) = Train(plan.WithPrecision(Precision.Float32),
                options with { Seed = seed, FeatureCache = null });
            with.Add(fast);
            without.Add(plain);
            Print($"| {seed} | {fast:F4} | {plain:F4} | {fastTime:F1} | {plainTime:F1} |");
        }
        Print($"| mean | {with.Average():F4} | {without.Average():F4} | | |");

        (double Accuracy, double Seconds) Train(TransferPlan recipe, TrainingOptions how)
        {
            using var run = recipe.Train(data, how);
            return (run.Best!.ValidationAccuracy,
                run.History.Sum(epoch => (epoch.TrainTime + epoch.ValidationTime).TotalSeconds));
        }
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
