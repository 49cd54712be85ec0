using TorchSharp;

namespace TransferKit;

/// <summary>Classifies every sample by a plan that was trained on the samples of the other folds.</summary>
internal static class FoldTraining
{
    /// <param name="plan">The plan, with a head for the classes.</param>
    /// <param name="data">The samples, one class each.</param>
    /// <param name="options">How many folds, and how each is trained.</param>
    /// <param name="distrusted">Positions of samples that nothing is learned from; null: none.</param>
    /// <param name="progress">Told of every epoch.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public static EvaluationResult Run(TransferPlan plan, Dataset data, LabelErrorOptions options,
        IReadOnlySet<int>? distrusted, IProgress<ProbeProgress>? progress, CancellationToken cancellationToken)
    {
        var folds = StratifiedSplit.Folds(data.Labels, data.ClassNames.Count, options.Folds, keepSingle: true, options.Seed);
        int[][] held = [.. Enumerable.Range(0, options.Folds).Select(fold => (int[])[.. Samples(index => folds[index] == fold)])];
        List<DatasetSplit> splits =
        [
            .. held.Select((validation, fold) => new DatasetSplit(
                data.Subset([.. Samples(index => folds[index] != fold && distrusted?.Contains(index) != true)]),
                data.Subset(validation))),
        ];
        var training = (options.Training ?? new TrainingOptions()) with { Distributed = options.Distributed };
        using var result = plan.CrossValidate(
            splits, training, keepModels: false, new Epochs(options, progress), cancellationToken);
        var samples = new EvaluatedSamples(data.Targets.Task, data.ClassNames);
        using var scope = torch.NewDisposeScope();
        foreach (var (fold, found) in result.Folds.Select(one => one.Evaluation.Samples!).Index())
        {
            float[] outputs =
            [
                .. from sample in Enumerable.Range(0, found.Count)
                   from label in Enumerable.Range(0, data.ClassNames.Count)
                   select found.Output(sample, label),
            ];
            samples.Add(torch.tensor(outputs, [found.Count, data.ClassNames.Count]),
                torch.tensor([.. found.Labels.Select(label => (long)label)]),
                [.. found.Indices.Select(index => held[fold][index])]);
        }
        return EvaluationResult.From(samples, loss: null);

        IEnumerable<int> Samples(Func<int, bool> condition) => Enumerable.Range(0, data.Count).Where(condition);
    }

    /// <summary>Tells of trainings as of the other steps.</summary>
    private sealed class Epochs(LabelErrorOptions options, IProgress<ProbeProgress>? progress) : IProgress<TrainingProgress>
    {
        private int _done;

        public void Report(TrainingProgress now)
        {
            if (now.Finished is not null)
                progress?.Report(new("training of the folds", ++_done, options.Folds * now.Epochs));
        }
    }
}
