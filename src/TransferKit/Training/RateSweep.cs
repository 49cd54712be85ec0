using TorchSharp;

namespace TransferKit;

/// <summary>Trains at ever higher rates and notes the losses; the weights are then as they were.</summary>
internal static class RateSweep
{
    /// <param name="model">The model.</param>
    /// <param name="request">The samples to train on, and how.</param>
    /// <param name="low">The first rate, above 0.</param>
    /// <param name="high">The rate that the step after the last would have, above <paramref name="low"/>.</param>
    /// <param name="steps">Steps to make, at least 10.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    public static LearningRateSweep Run(
        LiveModel model, TrainingRequest request, double low, double high, int steps, CancellationToken cancellationToken)
    {
        var (data, options) = (request.Train, request.Options);
        using var prefix = FrozenPrefix.Of(model.Network, model.Recipe.BatchNorm);
        TrainingChecks.RequireTrainable(model, prefix, data, options);
        var epochs = new EpochBatches(model, request);
        prefix.Compile(model);
        var images = MixedBatches.Of(new ImageBatches(model, data), options.Mix, data.Targets.Outputs);
        var features = new FeatureBatches(images, model, prefix);
        using var step = new TrainingStep(model, prefix, request, epochs);
        using var before = new WeightsSnapshot(model.Network);
        using var metrics = new RunningMetrics(data.Targets.Task, steps * options.BatchSize, options.BatchSize);
        using var mode = prefix.EnterTraining();
        using var batches = Batches().GetEnumerator();
        var highest = options.LearningRates.HighestOf(options.Optimizer.LearningRate);
        return LearningRateSweep.Sweep(rate =>
        {
            batches.MoveNext();
            using var scope = torch.NewDisposeScope();
            var (batch, epoch) = batches.Current;
            using (batch)
            {
                var loss = step.Backward(batch, epoch, metrics);
                step.Apply(rate / highest, momentum: null);
                return loss.item<float>();
            }
        }, before.Restore, low, high, steps);

        // As many epochs as it takes.
        IEnumerable<(FeatureBatch Batch, int Epoch)> Batches()
        {
            for (var epoch = 1; ; epoch++)
            {
                var seen = metrics.SampleCount;
                foreach (var batch in features.Read(epochs.Read(epoch, firstBatch: 0), cancellationToken))
                    yield return (batch, epoch);
                TrainingChecks.RequireRead(metrics.SampleCount - seen, epochs.Samples);
            }
        }
    }
}
