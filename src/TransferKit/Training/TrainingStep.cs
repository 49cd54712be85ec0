using TorchSharp;

namespace TransferKit;

/// <summary>
/// One optimizer step from one or several batches: the gradient of all their weighted losses, over the sum of all their weights,
/// as if they were one batch. Several processes make the same step from their shares of them.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly FrozenPrefix _prefix;
    private readonly TrainingOptions _options;
    private readonly SmallBatches _small;
    private readonly EpochBatches _batches;
    private readonly GradientBuckets _buckets;
    private readonly List<torch.Tensor> _parameters;
    private readonly torch.Tensor _batchSize, _least;
    private torch.Tensor? _weight;

    public TrainingStep(LiveModel model, FrozenPrefix prefix, TrainingRequest request, EpochBatches batches)
    {
        var (targets, options) = (request.Train.Targets, request.Options);
        (_prefix, _options, _batches) = (prefix, options, batches);
        _small = new SmallBatches(model.Network, prefix.Trained);
        var gpus = options.Distributed.SumsOn(model.Device, out var obstacle);
        if (gpus is not null)
            options.Logger.Chosen("Gradients are summed by", $"{gpus}");
        if (obstacle is not null)
            options.Logger.SummedByHost(obstacle);
        _buckets = new GradientBuckets(options.Distributed, prefix.Trained, options.RecomputeActivations
            ? [.. model.Network.BlockStarts().Select(step => step - prefix.Length)] : [], gpus);
        _parameters = [.. model.Network.NamedWeights().Where(found => found.Weight.IsTrainable)
            .Select(found => found.Weight.Value)];
        Loss = (options.Loss ?? TransferKit.Loss.DefaultFor(targets.Task)).Prepare(targets, model.Device);
        Optimizer = options.Optimizer.Begin(ParameterGroup.Of(model.Network, options.Optimizer, options.LearningRates));
        Scaler = new LossScaler(model.ComputeType);
        Average = options.Average is { } average ? AveragedWeights.Of(average, model.Network) : null;
        _batchSize = torch.tensor((float)options.BatchSize, device: model.Device).DetachFromDisposeScope();
        _least = torch.tensor(1e-30f, device: model.Device).DetachFromDisposeScope();
    }

    /// <summary>What is trained with.</summary>
    public PreparedLoss Loss { get; }

    public UpdateRule Optimizer { get; }

    public LossScaler Scaler { get; }

    /// <summary>The running average of the weights; null: there is none.</summary>
    public AveragedWeights? Average { get; }

    /// <summary>Whether there are gradients that wait for a step.</summary>
    public bool IsPending { get; private set; }

    /// <summary>
    /// What other processes have to know of gradients besides themselves, to be summed: what they weigh, and for each weight
    /// whether it has one.
    /// </summary>
    public double[] Totals => [_weight?.item<float>() ?? 0, .. _buckets.Presence];

    /// <summary>Adds a batch's share to the gradients.</summary>
    /// <param name="batch">The batch, or this process's share of it.</param>
    /// <param name="epoch">The epoch, counted from 1.</param>
    /// <param name="metrics">Where the batch is counted.</param>
    /// <returns>Its mean loss, a single number; the caller's dispose scope owns it.</returns>
    public torch.Tensor Backward(FeatureBatch batch, int epoch, RunningMetrics metrics)
    {
        // Dropout draws anew for each batch, so that what a batch draws depends on nothing before it.
        var rows = _batches.RowsOf(batch);
        using var random = RandomSource.Seeded(_options.Seed, epoch, batch.Number, rows);
        using var spared = _options.SyncBatchNorm
            ? _small.Spare(batch.Features, _options.BatchSize, rows?.Whole)
            : _small.Spare(batch.Features, _options.BatchSize, ranks: _options.Distributed.Size);
        var parts = Forward(batch.Features);
        var outputs = parts[^1].Output();
        var (sum, weight) = (Loss.Sum(outputs, batch.Targets), Loss.WeightOf(batch.Targets));
        var mean = sum / weight.maximum(_least);
        // Of several batches, what to divide by is known when the last is through; until then the gradients are of a like size.
        Scaler.Scale(IsWhole ? mean : sum / _batchSize).backward();
        for (var part = parts.Count - 1; part >= 0; part--)
        {
            if (_batches.EndsStep(batch.Number))
                _buckets.Send(part);
            if (part == 0)
                break;
            // What is behind a part is through, and makes room for it.
            using var next = parts[part].Input;
            using var gradient = next.grad!;
            using var output = parts[part - 1].Output();
            torch.autograd.backward([output], [gradient]);
        }
        Accumulate(weight);
        IsPending = true;
        metrics.Add(outputs, batch.Targets, sum, weight, batch.Number);
        return mean;
    }

    /// <summary>Begins to sum the gradients of all processes, as far as that hasn't begun.</summary>
    public void Send() => _buckets.Send();

    /// <summary>Takes the gradients of all processes together.</summary>
    /// <param name="totals">The sums of <see cref="Totals"/>.</param>
    public void Join(ReadOnlySpan<double> totals)
    {
        _buckets.Collect(totals[1..]);
        _weight?.Dispose();
        // A full batch of samples that weigh 1 leaves nothing to divide by.
        _weight = totals[0] == _options.BatchSize ? null
            : torch.tensor((float)totals[0], device: _batchSize.device).DetachFromDisposeScope();
        IsPending = totals[0] > 0;
    }

    /// <summary>Changes the weights by the gradients of the batches since the last step.</summary>
    /// <param name="factor">What the learning rates are multiplied with.</param>
    /// <param name="momentum">The momentum; null: the optimizer's own.</param>
    public void Apply(double factor, double? momentum)
    {
        if (Scaler.Unscale(_parameters))
        {
            DivideByWeight();
            if (_options.ClipValue is { } value)
                Gradients.ClipValue(_parameters, value);
            if (_options.ClipNorm is { } norm)
                Gradients.ClipNorm(_parameters, norm).Dispose();
            Optimizer.Step(factor, momentum);
            Average?.AfterStep();
        }
        Discard();
    }

    /// <summary>Forgets the gradients that wait for a step.</summary>
    public void Discard()
    {
        Optimizer.ClearGradients();
        _weight?.Dispose();
        (_weight, IsPending) = (null, false);
    }

    public void Dispose()
    {
        Discard();
        _buckets.Dispose();
        Optimizer.Dispose();
        Average?.Dispose();
        Loss.Dispose();
        _batchSize.Dispose();
        _least.Dispose();
    }

    /// <summary>Whether a step is of one batch, all of which is here.</summary>
    private bool IsWhole => _options.AccumulateBatches == 1 && _options.Distributed.Size == 1;

    /// <summary>Runs the layers that train, in parts that each have a graph of their own.</summary>
    /// <returns>What each part took, and what gives its output with the graph, once.</returns>
    private List<(torch.Tensor Input, Func<torch.Tensor> Output)> Forward(torch.Tensor features)
    {
        var parts = new List<(torch.Tensor Input, Func<torch.Tensor> Output)>();
        var (next, last) = (features, _buckets.Parts.Last());
        foreach (var layers in _buckets.Parts)
        {
            var input = next;
            var isKept = !_options.RecomputeActivations || ReferenceEquals(layers, last);
            var random = isKept ? null : RandomSource.State();
            var output = TensorOperations.Forward(layers, input);
            parts.Add((input, random is null ? () => output : () => Recompute(layers, input, random)));
            next = output.detach().requires_grad_();
            // With the graph goes all that was kept for it.
            if (!isKept)
                output.Dispose();
        }
        return parts;
    }

    private static torch.Tensor Recompute(IReadOnlyList<Layer> layers, torch.Tensor input, torch.Tensor random)
    {
        RandomSource.Restore(random);
        return TensorOperations.Recompute(layers, input);
    }

    private void Accumulate(torch.Tensor weight)
    {
        using var before = _weight;
        using var noGradient = torch.no_grad();
        _weight = (before is null ? weight.alias() : before.Add(weight)).DetachFromDisposeScope();
    }

    private void DivideByWeight()
    {
        if (IsWhole || _weight is null)
            return;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var factor = _batchSize / _weight.maximum(_least);
        foreach (var weight in _parameters)
            weight.grad?.mul_(factor);
    }
}
