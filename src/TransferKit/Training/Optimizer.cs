using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>How weights follow their gradients. A value.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(SgdOptimizer), "sgd")]
[JsonDerivedType(typeof(AdamOptimizer), "adam")]
[JsonDerivedType(typeof(RmsPropOptimizer), "rmsprop")]
[JsonDerivedType(typeof(LionOptimizer), "lion")]
[JsonDerivedType(typeof(LambOptimizer), "lamb")]
public abstract record Optimizer
{
    private protected Optimizer()
    {
    }

    /// <summary>The step size, above 0.</summary>
    public abstract double LearningRate { get; init; }

    /// <summary>How strongly weights are drawn to 0, at least 0; what it means, the rule decides.</summary>
    public abstract double WeightDecay { get; init; }

    /// <summary>
    /// Whether weight decay also shrinks what should keep its size: biases, norms, tokens, and embeddings of positions.
    /// Default: no, unlike in PyTorch.
    /// </summary>
    public bool DecayEverything { get; init; }

    /// <summary>Stochastic gradient descent with momentum (Sutskever et al., 2013), as in PyTorch.</summary>
    /// <param name="learningRate">The step size, above 0.</param>
    /// <param name="momentum">The share of the last step that is kept, in <c>[0, 1)</c>.</param>
    /// <param name="weightDecay">The L2 penalty, at least 0.</param>
    /// <param name="nesterov">Whether the gradient is taken ahead of the step; needs momentum.</param>
    public static Optimizer Sgd(
        double learningRate = 0.001, double momentum = 0.9, double weightDecay = 0, bool nesterov = false) =>
        new SgdOptimizer(learningRate, momentum, weightDecay, nesterov);

    /// <summary>Adam (Kingma and Ba, 2015), as in PyTorch.</summary>
    /// <param name="learningRate">The step size, above 0.</param>
    /// <param name="beta1">Decay of the mean of gradients, in <c>[0, 1)</c>.</param>
    /// <param name="beta2">Decay of the mean of squared gradients, in <c>[0, 1)</c>.</param>
    /// <param name="weightDecay">The L2 penalty, at least 0.</param>
    public static Optimizer Adam(
        double learningRate = 0.001, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0) =>
        new AdamOptimizer(learningRate, beta1, beta2, weightDecay, Decoupled: false);

    /// <summary>AdamW: Adam with the decay apart from the gradient (Loshchilov and Hutter, 2019), as in PyTorch.</summary>
    /// <param name="learningRate">The step size, above 0.</param>
    /// <param name="beta1">Decay of the mean of gradients, in <c>[0, 1)</c>.</param>
    /// <param name="beta2">Decay of the mean of squared gradients, in <c>[0, 1)</c>.</param>
    /// <param name="weightDecay">The share of a weight that is taken off at each step, times the rate; at least 0.</param>
    public static Optimizer AdamW(
        double learningRate = 0.001, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0.01) =>
        new AdamOptimizer(learningRate, beta1, beta2, weightDecay, Decoupled: true);

    /// <summary>RMSprop (Tieleman and Hinton, 2012), as in PyTorch: the average is rooted before epsilon is added.</summary>
    /// <param name="learningRate">The step size, above 0.</param>
    /// <param name="alpha">Decay of the mean of squared gradients, in <c>[0, 1)</c>.</param>
    /// <param name="epsilon">Added to the root, above 0.</param>
    /// <param name="momentum">The share of the last step that is kept, in <c>[0, 1)</c>.</param>
    /// <param name="weightDecay">The L2 penalty, at least 0.</param>
    public static Optimizer RmsProp(double learningRate = 0.01, double alpha = 0.99, double epsilon = 1e-8,
        double momentum = 0, double weightDecay = 0) =>
        new RmsPropOptimizer(learningRate, alpha, epsilon, momentum, weightDecay);

    /// <summary>
    /// Lion (Chen et al., 2023): steps of one size along the sign of an average. Takes a rate three to ten times smaller than
    /// AdamW's, and a decay as many times larger.
    /// </summary>
    /// <param name="learningRate">The step size, above 0.</param>
    /// <param name="beta1">The share of the average in the direction, in <c>[0, 1)</c>.</param>
    /// <param name="beta2">Decay of the average, in <c>[0, 1)</c>.</param>
    /// <param name="weightDecay">The share of a weight that is taken off at each step, times the rate; at least 0.</param>
    public static Optimizer Lion(
        double learningRate = 1e-4, double beta1 = 0.9, double beta2 = 0.99, double weightDecay = 0) =>
        new LionOptimizer(learningRate, beta1, beta2, weightDecay);

    /// <summary>
    /// LAMB (You et al., 2020): Adam's step, scaled for each weight tensor to the tensor's own size; for large batches. As in
    /// timm, what doesn't decay isn't scaled.
    /// </summary>
    /// <param name="learningRate">The step size, above 0.</param>
    /// <param name="beta1">Decay of the mean of gradients, in <c>[0, 1)</c>.</param>
    /// <param name="beta2">Decay of the mean of squared gradients, in <c>[0, 1)</c>.</param>
    /// <param name="weightDecay">The share of a weight that is added to its step, at least 0.</param>
    public static Optimizer Lamb(
        double learningRate = 0.001, double beta1 = 0.9, double beta2 = 0.999, double weightDecay = 0.01) =>
        new LambOptimizer(learningRate, beta1, beta2, weightDecay);

    /// <summary>The optimizer in words: <c>SGD, rate 0.001, momentum 0.9, weight decay 0</c>.</summary>
    public sealed override string ToString() => FormattableString.Invariant(
        $"{FormattableString.Invariant(Description)}, weight decay {WeightDecay}{(DecayEverything ? " of everything" : "")}");

    private protected abstract FormattableString Description { get; }

    /// <summary>Begins to train some weights; the caller disposes the result.</summary>
    internal abstract UpdateRule Begin(IReadOnlyList<ParameterGroup> groups);

    internal virtual IEnumerable<string> ValidationErrors()
    {
        if (!(LearningRate > 0) || !double.IsFinite(LearningRate))
            yield return FormattableString.Invariant($"The learning rate is {LearningRate}, but must be a number above 0.");
    }

    private protected IEnumerable<string> Decay() => WeightDecay >= 0
        ? [] : [FormattableString.Invariant($"The weight decay is {WeightDecay}, but must be at least 0.")];

    private protected static IEnumerable<string> Share(string name, double value) => value is >= 0 and < 1
        ? [] : [FormattableString.Invariant($"{name} is {value}, but must lie in [0, 1).")];
}
