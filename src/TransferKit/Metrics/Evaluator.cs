using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>Measures outputs of a network against labelled samples.</summary>
internal static class Evaluator
{
    /// <summary>Measures a model with all its layers compiled for inference.</summary>
    /// <param name="model">The model; left in evaluation mode.</param>
    /// <param name="data">The samples, read in their own order, without augmentation.</param>
    /// <param name="batchSize">Samples at a time.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public static EvaluationResult Run(TransferModel model, Dataset data, int batchSize, CancellationToken cancellationToken)
    {
        model.Network.SetTraining(false);
        using var layers = new CompiledLayers(model, model.Network.Steps.Count);
        using var metrics = new RunningMetrics(data.Targets.Task, data.Count, batchSize);
        var read = Order(data, model.Preprocessing, batchSize, workers: 0);
        return Run(data.Read(read, cancellationToken),
            images => layers.Run(model.Receive(images).to_type(model.ComputeType)), data, metrics, onBatch: null);
    }

    /// <summary>Measures what a function makes of batches.</summary>
    /// <param name="batches">The samples, or their features.</param>
    /// <param name="outputs">From <see cref="Batch.Images"/> to logits <c>[N, classes]</c>.</param>
    /// <param name="data">Where the samples come from.</param>
    /// <param name="metrics">Where they are counted.</param>
    /// <param name="onBatch">Told after each batch.</param>
    /// <exception cref="InvalidOperationException">There is no batch, for all samples were skipped.</exception>
    public static EvaluationResult Run(IEnumerable<Batch> batches, Func<torch.Tensor, torch.Tensor> outputs, Dataset data,
        RunningMetrics metrics, Action? onBatch)
    {
        var confusion = new long[data.ClassNames.Count, data.ClassNames.Count];
        foreach (var batch in batches)
        {
            using (batch)
            using (torch.no_grad())
            using (torch.NewDisposeScope())
            {
                var logits = outputs(batch.Images).to_type(torch.ScalarType.Float32);
                var targets = batch.Targets.to(logits.device);
                metrics.Add(logits, targets, functional.cross_entropy(logits, targets));
                var predicted = logits.argmax(1).cpu().data<long>();
                var expected = batch.Targets.data<long>();
                for (var i = 0; i < expected.Count; i++)
                    confusion[expected[i], predicted[i]]++;
            }
            onBatch?.Invoke();
        }
        if (metrics.Taken == 0)
            throw new InvalidOperationException("None of the samples to measure on could be read; see the reasons in the log.");
        metrics.Read();
        return new EvaluationResult
        {
            Loss = metrics.Loss, Accuracy = metrics.Accuracy, Count = metrics.Taken, Confusion = confusion,
        };
    }

    /// <summary>All samples in their own order, as evaluation sees them.</summary>
    public static ReadOptions Order(Dataset data, Preprocessing preprocessing, int batchSize, int workers) => new()
    {
        Preprocessing = preprocessing,
        Order = [.. Enumerable.Range(0, data.Count)],
        BatchSize = batchSize,
        Workers = workers,
    };
}
