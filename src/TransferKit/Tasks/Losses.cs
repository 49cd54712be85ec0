using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <inheritdoc cref="Loss.CrossEntropy"/>
internal sealed record CrossEntropyLoss(double LabelSmoothing, ClassWeights? ClassWeights) : Loss
{
    public override LearningTask Task => LearningTask.Classification;

    internal override ClassWeights? Weights => ClassWeights;

    private protected override FormattableString Description => $"cross-entropy, label smoothing {LabelSmoothing}{With(Weights)}";

    internal override Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights) =>
        functional.cross_entropy(outputs, targets, weights, reduction: Reduction.None, label_smoothing: LabelSmoothing);

    internal override IEnumerable<string> ValidationErrors() => [.. Smoothing(LabelSmoothing), .. base.ValidationErrors()];
}

/// <inheritdoc cref="Loss.Focal"/>
internal sealed record FocalLoss(double Gamma, ClassWeights? ClassWeights) : Loss
{
    public override LearningTask Task => LearningTask.Classification;

    internal override ClassWeights? Weights => ClassWeights;

    private protected override FormattableString Description => $"focal loss, gamma {Gamma}{With(Weights)}";

    internal override Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights)
    {
        using var scope = NewDisposeScope();
        var logProbabilities = functional.log_softmax(outputs, 1);
        // 1 − p, exact near 0, and not 0 itself, where the power has no gradient.
        var doubt = logProbabilities.expm1().neg().ClampMin(1e-12);
        var losses = -doubt.Pow(Gamma) * logProbabilities;
        if (weights is not null)
            losses *= weights;
        return (targets.is_floating_point() ? (losses * targets).sum(1) : losses.gather(1, targets.unsqueeze(1)).squeeze(1))
            .MoveToOuterDisposeScope();
    }

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Gamma >= 0 && double.IsFinite(Gamma)
            ? Array.Empty<string>()
            : [FormattableString.Invariant($"The focal loss's gamma is {Gamma}, but must be at least 0.")],
        .. base.ValidationErrors(),
    ];
}

/// <inheritdoc cref="Loss.BinaryCrossEntropy"/>
internal sealed record BinaryCrossEntropyLoss(double LabelSmoothing, ClassWeights? PositiveWeights) : Loss
{
    public override LearningTask Task => LearningTask.MultiLabel;

    internal override ClassWeights? Weights => PositiveWeights;

    private protected override FormattableString Description =>
        $"binary cross-entropy, label smoothing {LabelSmoothing}{With(Weights)}";

    internal override Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights)
    {
        using var scope = NewDisposeScope();
        var smooth = LabelSmoothing == 0 ? targets : targets.Multiply(1 - LabelSmoothing).Add(LabelSmoothing / 2);
        return functional.binary_cross_entropy_with_logits(outputs, smooth, reduction: Reduction.None, pos_weights: weights)
            .mean([1]).MoveToOuterDisposeScope();
    }

    internal override IEnumerable<string> ValidationErrors() => [.. Smoothing(LabelSmoothing), .. base.ValidationErrors()];
}

/// <inheritdoc cref="Loss.MeanSquared"/>
internal sealed record MeanSquaredLoss : Loss
{
    public override LearningTask Task => LearningTask.Regression;

    private protected override FormattableString Description => $"mean squared error";

    internal override Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights)
    {
        using var losses = functional.mse_loss(outputs, targets, reduction: Reduction.None);
        return losses.mean([1]);
    }
}

/// <inheritdoc cref="Loss.MeanAbsolute"/>
internal sealed record MeanAbsoluteLoss : Loss
{
    public override LearningTask Task => LearningTask.Regression;

    private protected override FormattableString Description => $"mean absolute error";

    internal override Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights)
    {
        using var losses = functional.l1_loss(outputs, targets, reduction: Reduction.None);
        return losses.mean([1]);
    }
}

/// <inheritdoc cref="Loss.Huber"/>
internal sealed record HuberLoss(double Delta) : Loss
{
    public override LearningTask Task => LearningTask.Regression;

    private protected override FormattableString Description => $"Huber loss, delta {Delta}";

    internal override Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights)
    {
        using var losses = functional.huber_loss(outputs, targets, Delta, reduction: Reduction.None);
        return losses.mean([1]);
    }

    internal override IEnumerable<string> ValidationErrors() => Delta > 0 && double.IsFinite(Delta)
        ? []
        : [FormattableString.Invariant($"The Huber loss's delta is {Delta}, but must be above 0.")];
}
