using TorchSharp;

namespace TransferKit;

/// <summary>Measures outputs of a network against labeled samples.</summary>
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
        torch.Tensor Infer(ImageBatch batch) =>
            layers.Run(batch.Images.to_type(model.ComputeType)).index_select(1, places);
        IEnumerable<(int[] Indices, torch.Tensor Values)> Read(ReadOptions pass, Func<ImageBatch, torch.Tensor> compute) =>
            DealtBatches.Read(model, data, pass, compute, options.Distributed, cancellationToken);
        if (options.TestTimeAugmentation is not { } augmentation)
            return Run(Label(Read(read, Infer), data, model.Device), batch => batch.Outputs, loss, data, metrics, onBatch: null);
        var means = Average(
            view => Read(read with { TestTimeAugmentation = augmentation, View = view },
                batch => data.Targets.Definition.ToProbabilities(Infer(batch)).to_type(torch.float32)),
            augmentation.Views, data, options.BatchSize, model.Device);
        return Run(Label(means, data, model.Device), batch => data.Targets.Definition.ToOutputs(batch.Outputs), loss, data,
            metrics, onBatch: null);
    }

    /// <summary>Measures what is made of batches.</summary>
    /// <param name="batches">The samples; disposed one by one.</param>
    /// <param name="run">From a batch to <c>[N, outputs]</c>.</param>
    /// <param name="loss">How far outputs are from targets.</param>
    /// <param name="data">Where the samples come from.</param>
    /// <param name="metrics">Where they are counted.</param>
    /// <param name="onBatch">Told after each batch.</param>
    /// <param name="group">Processes that measure a share of the samples each; null: this one measures all.</param>
    /// <exception cref="InvalidOperationException">There is no batch, for all samples were skipped.</exception>
    public static EvaluationResult Run<TBatch>(IEnumerable<TBatch> batches, Func<TBatch, torch.Tensor> run, PreparedLoss loss,
        Dataset data, RunningMetrics metrics, Action? onBatch, ProcessGroup? group = null)
        where TBatch : LoadedBatch
    {
        var samples = new EvaluatedSamples(data.Targets.Task, data.ClassNames);
        foreach (var batch in batches)
        {
            using (batch)
            using (torch.no_grad())
            using (torch.NewDisposeScope())
            {
                var outputs = run(batch);
                metrics.Add(outputs, batch.Targets, loss.Sum(outputs, batch.Targets), loss.WeightOf(batch.Targets));
                samples.Add(outputs, batch.Targets, batch.Indices);
            }
            onBatch?.Invoke();
        }
        if (group is { Size: > 1 })
        {
            var totals = metrics.Totals;
            group.Sum(totals);
            metrics.Join(totals);
            samples.Join(group);
        }
        if (metrics.SampleCount == 0)
            throw new InvalidOperationException("None of the samples to measure on could be read; see the reasons in the log.");
        metrics.Read();
        return EvaluationResult.From(samples, loss.IsPlain ? metrics.Loss : null);
    }

    /// <summary>
    /// What outputs say, probabilities where there are classes, averaged over the views of each sample: those of them that could
    /// be read.
    /// </summary>
    private static IEnumerable<(int[] Indices, torch.Tensor Values)> Average(
        Func<int, IEnumerable<(int[] Indices, torch.Tensor Values)>> read, int views, Dataset data, int batchSize,
        torch.Device device)
    {
        using var sums = torch.zeros(data.Count, data.Targets.Outputs, device: device);
        var counts = new int[data.Count];
        for (var view = 0; view < views; view++)
        {
            foreach (var (indices, probabilities) in read(view))
            {
                using (probabilities)
                using (torch.no_grad())
                using (torch.NewDisposeScope())
                {
                    var part = probabilities.SendTo(device).Divide(views);
                    sums.scatter_add_(0, Rows(indices).unsqueeze(1).expand_as(part), part);
                    foreach (var index in indices)
                        counts[index]++;
                }
            }
        }
        var seen = Enumerable.Range(0, data.Count).Where(index => counts[index] > 0);
        foreach (var chunk in seen.Chunk(batchSize))
        {
            torch.Tensor means;
            using (torch.NewDisposeScope())
            {
                var shares = torch.tensor(chunk.Select(index => (float)views / counts[index]).ToArray(), device: device);
                means = (sums.index_select(0, Rows(chunk)) * shares.unsqueeze(1)).DetachFromDisposeScope();
            }
            yield return (chunk, means);
        }

        torch.Tensor Rows(IReadOnlyList<int> indices) => torch.tensor([.. indices.Select(index => (long)index)], device: device);
    }

    /// <summary>Puts targets beside what was computed.</summary>
    private static IEnumerable<OutputBatch> Label(
        IEnumerable<(int[] Indices, torch.Tensor Values)> computed, Dataset data, torch.Device device)
    {
        foreach (var (number, (indices, values)) in computed.Index())
        {
            OutputBatch batch;
            using (values)
            using (torch.NewDisposeScope())
                batch = new OutputBatch(values.SendTo(device).alias().DetachFromDisposeScope(),
                    data.Targets.ToTensor(indices).SendTo(device).alias().DetachFromDisposeScope(), indices, number);
            yield return batch;
        }
    }

    /// <summary>What the network says of samples, or of several views of each on average.</summary>
    private sealed class OutputBatch(torch.Tensor outputs, torch.Tensor targets, IReadOnlyList<int> indices, int number)
        : LoadedBatch(outputs, targets, indices, number)
    {
        /// <summary><c>[N, outputs]</c>: logits, probabilities, or the numbers of a regression.</summary>
        public torch.Tensor Outputs => Values;
    }
}
