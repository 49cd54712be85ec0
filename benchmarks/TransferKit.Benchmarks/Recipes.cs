using System.Globalization;
using TransferKit.Vision;

namespace TransferKit.Benchmarks;

/// <summary>
/// What could be the default of <see cref="TrainingOptions"/>, on one set of pictures: accuracy, log loss and calibration error
/// of the held-out pictures after five epochs, each the mean of a few seeds.
/// </summary>
internal static class Recipes
{
    private static readonly (string Name, TrainingOptions Options)[] Candidates =
    [
        .. from optimizer in new[] { Optimizer.Sgd(0.001), Optimizer.Sgd(0.01), Optimizer.AdamW(0.0003), Optimizer.AdamW(0.001) }
           from schedule in new[] { Schedule.Constant, Schedule.OneCycle() }
           select ($"{optimizer}, {schedule}", new TrainingOptions { Optimizer = optimizer, Schedule = schedule }),
    ];

    public static void Run(string folder, string model, Pretrained weights, IReadOnlyList<string> unfreeze, int? pixels,
        bool augment, int seeds, int most)
    {
        ImageDataset data = ImageFolder.Open(folder);
        if (data.Count > most)
            data = data.Split((double)most / data.Count).Train;
        var plan = Backbone.Create(model, weights).ReplaceHead(data.ClassNames.Count);
        if (unfreeze.Count > 0)
            plan = plan.Unfreeze([.. unfreeze]);
        if (pixels is { } size)
            plan = plan.WithImageSize(size);
        Console.WriteLine("| recipe | accuracy | log loss | calibration error |\n|---|---|---|---|");
        foreach (var (name, options) in Candidates)
        {
            var results = Enumerable.Range(0, seeds)
                .Select(seed => Train(plan, data, options with { Seed = seed, Augment = augment })).ToList();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"| {name} | {results.Average(result => result.Accuracy):F4} | {results.Average(result => result.LogLoss):F3} | "
                + $"{results.Average(result => result.CalibrationError):P1} |"));
        }
    }

    private static EvaluationResult Train(TransferPlan plan, ImageDataset data, TrainingOptions options)
    {
        using var run = plan.Train(data, options);
        return run.Model.Evaluation!;
    }
}
