using System.Text.Json.Serialization;
using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>The objective that training minimizes: how far a network's outputs are from their targets. A value.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(CrossEntropyLoss), "cross-entropy")]
[JsonDerivedType(typeof(FocalLoss), "focal")]
[JsonDerivedType(typeof(BinaryCrossEntropyLoss), "binary-cross-entropy")]
[JsonDerivedType(typeof(MeanSquaredLoss), "mean-squared")]
[JsonDerivedType(typeof(MeanAbsoluteLoss), "mean-absolute")]
[JsonDerivedType(typeof(HuberLoss), "huber")]
public abstract record Loss
{
    private protected Loss()
    {
    }

    /// <summary>
    /// Cross-entropy of one class a sample, as PyTorch's: with class weights, the mean over hard labels is weighted by them;
    /// soft labels, as MixUp and CutMix make them, are averaged over the samples.
    /// </summary>
    /// <param name="labelSmoothing">
    /// The share of certainty that goes to all classes alike, in <c>[0, 1)</c> (Szegedy et al., 2016).
    /// </param>
    /// <param name="classWeights">How much each class counts; null: all alike.</param>
    public static Loss CrossEntropy(double labelSmoothing = 0, ClassWeights? classWeights = null) =>
        new CrossEntropyLoss(labelSmoothing, classWeights);

    /// <summary>
    /// Focal loss of one class a sample (Lin et al., 2017): cross-entropy times (1 − p)^gamma, p being the probability of the
    /// right class, so that easy samples count little. Averaged as <see cref="CrossEntropy"/>, which it is where gamma is 0.
    /// </summary>
    /// <param name="gamma">How little easy samples count, at least 0.</param>
    /// <param name="classWeights">How much each class counts, the paper's alpha; null: all alike.</param>
    public static Loss Focal(double gamma = 2, ClassWeights? classWeights = null) => new FocalLoss(gamma, classWeights);

    /// <summary>
    /// Binary cross-entropy of any number of classes a sample, averaged over samples and classes, as PyTorch's.
    /// </summary>
    /// <param name="labelSmoothing">
    /// The share s of certainty that is given up, in <c>[0, 1)</c>: targets become s / 2 and 1 − s / 2, as in Keras.
    /// </param>
    /// <param name="positiveWeights">How much having each class counts against not having it; null: the same.</param>
    public static Loss BinaryCrossEntropy(double labelSmoothing = 0, ClassWeights? positiveWeights = null) =>
        new BinaryCrossEntropyLoss(labelSmoothing, positiveWeights);

    /// <summary>The mean of squared errors, for a regression.</summary>
    public static Loss MeanSquared { get; } = new MeanSquaredLoss();

    /// <summary>The mean of absolute errors, for a regression.</summary>
    public static Loss MeanAbsolute { get; } = new MeanAbsoluteLoss();

    /// <summary>Huber's loss (1964), for a regression: half the squared error up to delta, linear beyond. As PyTorch's.</summary>
    /// <param name="delta">The error from which on it is linear, above 0.</param>
    public static Loss Huber(double delta = 1) => new HuberLoss(delta);

    /// <summary>What a model is trained with where no loss is chosen.</summary>
    /// <param name="task">What the model learns.</param>
    public static Loss DefaultFor(LearningTask task) => TaskDefinition.Of(task).DefaultLoss;

    /// <summary>The one task that the loss fits.</summary>
    [JsonIgnore]
    public abstract LearningTask Task { get; }

    /// <summary>The loss in words: <c>cross-entropy, label smoothing 0.1</c>.</summary>
    public sealed override string ToString() => FormattableString.Invariant(Description);

    private protected abstract FormattableString Description { get; }

    /// <summary>How much each class counts; null: all alike.</summary>
    internal virtual ClassWeights? Weights => null;

    /// <summary>Checks that samples can be trained on with the loss.</summary>
    /// <exception cref="ArgumentException">They can't; the message says what to take.</exception>
    internal void RequireFitting(Targets targets)
    {
        if (targets.Task != Task)
            throw new ArgumentException($"The loss '{this}' is for {Task}, and the samples have {targets.Task} targets: "
                + $"take '{DefaultFor(targets.Task)}' or another loss for {targets.Task}.", nameof(targets));
        _ = Weights?.For(targets);
    }

    /// <summary>Makes ready for the samples that will be trained on, which fit; the caller disposes the result.</summary>
    /// <param name="targets">What all training samples are.</param>
    /// <param name="device">Where the outputs will be.</param>
    internal PreparedLoss Prepare(Targets targets, Device device) =>
        new(this, Weights?.ToTensor(targets, device).DetachFromDisposeScope());

    /// <summary>The loss of each sample of a batch, times its weight: <c>[N]</c>, with gradients.</summary>
    /// <param name="outputs">What the network says, <c>[N, outputs]</c>.</param>
    /// <param name="targets">
    /// What it should say, on the same device: int64 <c>[N]</c> for one class a sample; float32 <c>[N, outputs]</c> for soft
    /// classes, several classes a sample, and numbers.
    /// </param>
    /// <param name="weights">How much each class counts, float32 <c>[classes]</c>; null: all alike.</param>
    internal abstract Tensor PerSample(Tensor outputs, Tensor targets, Tensor? weights);

    internal virtual IEnumerable<string> ValidationErrors() => Weights?.ValidationErrors() ?? [];

    private protected static IEnumerable<string> Smoothing(double value) => value is >= 0 and < 1
        ? []
        : [FormattableString.Invariant($"The label smoothing is {value}, but must lie in [0, 1).")];

    private protected static string With(ClassWeights? weights) => weights is null ? "" : $", {weights}";
}

/// <summary>A loss made ready for the samples of a run.</summary>
/// <param name="loss">The loss.</param>
/// <param name="weights">
/// How much each class counts, float32 <c>[classes]</c>, which then belongs to this one; null: all alike.
/// </param>
internal sealed class PreparedLoss(Loss loss, Tensor? weights) : IDisposable
{
    /// <summary>Whether it is the task's own, without weights and smoothing.</summary>
    public bool IsPlain => loss == Loss.DefaultFor(loss.Task);

    /// <summary>The weighted losses of a batch together, a single number with gradients.</summary>
    /// <inheritdoc cref="Loss.PerSample"/>
    public Tensor Sum(Tensor outputs, Tensor targets)
    {
        using var losses = loss.PerSample(outputs, targets, weights);
        return losses.sum();
    }

    /// <summary>
    /// What the losses of a batch weigh together, a single number: samples of hard labels count as their classes do, all others
    /// once. The loss of any set of samples is the sum of its batches' losses over the sum of their weights.
    /// </summary>
    public Tensor WeightOf(Tensor targets) =>
        weights is not null && TaskDefinition.Of(loss.Task).HasOneClass && !targets.is_floating_point()
            ? weights.index_select(0, targets).sum()
            : tensor((float)targets.shape[0], device: targets.device);

    /// <summary>The mean loss of some samples, a single number with gradients.</summary>
    /// <inheritdoc cref="Loss.PerSample"/>
    public Tensor Mean(Tensor outputs, Tensor targets) => Sum(outputs, targets) / WeightOf(targets);

    public void Dispose() => weights?.Dispose();
}
