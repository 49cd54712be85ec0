using TorchSharp;

namespace TransferKit;

/// <summary>Measures outputs of a network against labelled samples.</summary>
internal static class Evaluator
{
    /// <summary>Measures a model with all its layers compiled for inference.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The samples, read in their own order, without augmentation.</param>
    /// <param name="classNames">What the model's outputs are, the data's classes in any order.</param>
    /// <param name="options">How, once found right.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public static EvaluationResult Run(
        LiveModel model, Dataset data, IReadOnlyList<string> classNames, EvaluationOptions options,
        CancellationToken cancellationToken)
    {
        using var mode = model.Network.InMode(training: false);
        using var loss = Loss.DefaultFor(data.Targets.Task).Prepare(data.Targets, model.Device);
        using var layers = new CompiledLayers(model, model.Network.Steps.Count);
        using var metrics = new RunningMetrics(data.Targets.Task, data.Count, options.BatchSize);
        var read = model.ReadInOrder(data, options.BatchSize, workers: 0);
        // Scores are in the order of the data's classes, which needn't be the model's.
        var order = ClassOrder.Of(data.ClassNames, classNames)!;
        using var places = torch.tensor([.. order.Select(place => (long)place)], device: model.Device);
        torch.Tensor Infer(torch.Tensor images) =>
            layers.Run(model.PrepareInput(images).to_type(model.ComputeType)).index_select(1, places);
        if (options.TestTimeAugmentation is not { } augmentation)
            return Run(data.ReadFor(model, read, cancellationToken), Infer, loss, data, metrics, onBatch: null);
        var means = Average(
            view => data.ReadFor(model, read with { TestTimeAugmentation = augmentation, View = view }, cancellationToken),
            data.Targets.Definition, augmentation.Views, Infer);
        return Run(means, data.Targets.Definition.ToOutputs, loss, data, metrics, onBatch: null);
    }

    /// <summary>Measures what a function makes of batches.</summary>
    /// <param name="batches">The samples, or their features.</param>
    /// <param name="run">From <see cref="Batch.Images"/> to <c>[N, outputs]</c>.</param>
    /// <param name="loss">How far outputs are from targets.</param>
    /// <param name="data">Where the samples come from.</param>
    /// <param name="metrics">Where they are counted.</param>
    /// <param name="onBatch">Told after each batch.</param>
    /// <exception cref="InvalidOperationException">There is no batch, for all samples were skipped.</exception>
    public static EvaluationResult Run(IEnumerable<Batch> batches, Func<torch.Tensor, torch.Tensor> run, PreparedLoss loss,
        Dataset data, RunningMetrics metrics, Action? onBatch)
    {
        var samples = new EvaluatedSamples(data.Targets.Task, data.ClassNames);
        foreach (var batch in batches)
        {
            using (batch)
            using (torch.no_grad())
            using (torch.NewDisposeScope())
            {
                var outputs = run(batch.Images);
                var targets = batch.Targets.to(outputs.device);
                metrics.Add(outputs, targets, loss.Sum(outputs, targets), loss.WeightOf(targets));
                samples.Add(outputs, batch.Targets, batch.Indices);
            }
            onBatch?.Invoke();
        }
        if (metrics.SampleCount == 0)
            throw new InvalidOperationException("None of the samples to measure on could be read; see the reasons in the log.");
        metrics.Read();
        return EvaluationResult.From(samples, loss.IsPlain ? metrics.Loss : null);
    }

    /// <summary>Batches of what outputs say, probabilities where there are classes, averaged over the views of each sample.</summary>
    private static List<Batch> Average(
        Func<int, IEnumerable<Batch>> read, TaskDefinition task, int views, Func<torch.Tensor, torch.Tensor> infer)
    {
        var means = new List<Batch>();
        for (var view = 0; view < views; view++)
        {
            var place = 0;
            foreach (var batch in read(view))
            {
                using (batch)
                using (torch.no_grad())
                using (torch.NewDisposeScope())
                {
                    var outputs = infer(batch.Images);
                    var part = task.ToProbabilities(outputs).Divide(views);
                    if (view == 0)
                        means.Add(new Batch(
                            part.DetachFromDisposeScope(), batch.Targets.alias().DetachFromDisposeScope(), batch.Indices));
                    else
                        means[place++].Images.AddInPlace(part);
                }
            }
        }
        return means;
    }
}
