using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>Measures a model on labelled samples.</summary>
internal static class Evaluator
{
    /// <param name="model">The model; left in evaluation mode.</param>
    /// <param name="data">The samples, read in their own order, without augmentation.</param>
    /// <param name="options">How they are read.</param>
    /// <param name="onBatch">Told after each batch.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public static EvaluationResult Run(TransferModel model, Dataset data, EvaluationOptions options,
        Action<RunningMetrics>? onBatch, CancellationToken cancellationToken)
    {
        var read = new ReadOptions
        {
            Preprocessing = model.Preprocessing,
            Order = [.. Enumerable.Range(0, data.Count)],
            BatchSize = options.BatchSize,
            Workers = options.Workers,
        };
        var metrics = new RunningMetrics(data.ClassNames.Count, data.Count, options.BatchSize);
        model.Network.SetTraining(false);
        using var noGradient = torch.no_grad();
        foreach (var batch in data.Read(read, cancellationToken))
        {
            using (batch)
            using (torch.NewDisposeScope())
            {
                var logits = model.Network.Forward(model.Receive(batch.Images));
                var loss = functional.cross_entropy(logits, batch.Targets.to(model.TorchDevice));
                metrics.Add(logits, batch.Targets, loss.item<float>());
            }
            onBatch?.Invoke(metrics);
        }
        return metrics.Result();
    }
}

/// <summary>How samples are read for an evaluation.</summary>
/// <param name="BatchSize">Samples at a time, at least 1.</param>
/// <param name="Workers">Threads that prepare batches ahead; 0 lets the dataset choose.</param>
internal sealed record EvaluationOptions(int BatchSize, int Workers = 0);
