using TorchSharp;

namespace TransferKit;

/// <summary>
/// One optimizer step from one or several batches: the gradient of all their weighted losses, over the sum of all their weights,
/// as if they were one batch.
/// </summary>
internal sealed class TrainingStep : IDisposable
{
    private readonly FrozenPrefix _prefix;
    private readonly TrainingOptions _options;
    private readonly SmallBatches _small;
    private readonly List<torch.Tensor> _parameters;
    private readonly torch.Tensor _batchSize, _least;
    private torch.Tensor? _weight;

    public TrainingStep(LiveModel model, FrozenPrefix prefix, TrainingRequest request)
    {
        var (targets, options) = (request.Train.Targets, request.Options);
        (_prefix, _options, _small) = (prefix, options, new SmallBatches(model.Network, prefix.Trained));
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

    /// <summary>The batch, counted from 0 in its epoch, whose gradients wait for a step; null: none do.</summary>
    public int? Pending { get; private set; }

    /// <summary>Adds a batch's share to the gradients.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="epoch">The epoch, counted from 1.</param>
    /// <param name="metrics">Where the batch is counted.</param>
    /// <returns>Its mean loss, a single number; the caller's dispose scope owns it.</returns>
    public torch.Tensor Backward(FeatureBatch batch, int epoch, RunningMetrics metrics)
    {
        // Dropout draws anew for each batch, so that what a batch draws depends on nothing before it.
        using var random = RandomSource.Seeded(_options.Seed, epoch, batch.Number);
        using var spared = _small.Spare(batch.Features, _options.BatchSize);
        var outputs = TensorOperations.Forward(_prefix.Trained, batch.Features);
        var (sum, weight) = (Loss.Sum(outputs, batch.Targets), Loss.WeightOf(batch.Targets));
        var mean = sum / weight.maximum(_least);
        // Of several batches, what to divide by is known when the last is through; until then the gradients are of a like size.
        Scaler.Scale(_options.AccumulateBatches == 1 ? mean : sum / _batchSize).backward();
        Accumulate(weight);
        Pending = batch.Number;
        metrics.Add(outputs, batch.Targets, sum, weight, batch.Number);
        return mean;
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
        (_weight, Pending) = (null, null);
    }

    public void Dispose()
    {
        Discard();
        Optimizer.Dispose();
        Average?.Dispose();
        Loss.Dispose();
        _batchSize.Dispose();
        _least.Dispose();
    }

    private void Accumulate(torch.Tensor weight)
    {
        using var before = _weight;
        using var noGradient = torch.no_grad();
        _weight = (before is null ? weight.alias() : before.Add(weight)).DetachFromDisposeScope();
    }

    private void DivideByWeight()
    {
        if (_options.AccumulateBatches == 1 || _weight is null)
            return;
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var factor = _batchSize / _weight.maximum(_least);
        foreach (var weight in _parameters)
            weight.grad?.mul_(factor);
    }
}
