using TorchSharp;
using TorchSharp.Modules;

namespace TransferKit;

/// <summary>How weights follow their gradients. A value.</summary>
public abstract record Optimizer
{
    private protected Optimizer()
    {
    }

    /// <summary>The step size, above 0.</summary>
    public abstract double LearningRate { get; init; }

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

    internal abstract torch.optim.Optimizer Create(IEnumerable<Parameter> parameters);

    internal virtual IEnumerable<string> Mistakes()
    {
        if (!(LearningRate > 0) || !double.IsFinite(LearningRate))
            yield return $"The learning rate is {LearningRate}, but must be a number above 0.";
    }

    private protected static IEnumerable<string> Decay(double weightDecay) => weightDecay >= 0
        ? [] : [$"The weight decay is {weightDecay}, but must be at least 0."];

    private protected static IEnumerable<string> Share(string name, double value) => value is >= 0 and < 1
        ? [] : [$"{name} is {value}, but must lie in [0, 1)."];
}

/// <inheritdoc cref="Optimizer.Sgd"/>
internal sealed record SgdOptimizer(double LearningRate, double Momentum, double WeightDecay, bool Nesterov) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    internal override torch.optim.Optimizer Create(IEnumerable<Parameter> parameters) =>
        torch.optim.SGD(parameters, LearningRate, Momentum, weight_decay: WeightDecay, nesterov: Nesterov);

    internal override IEnumerable<string> Mistakes() =>
    [
        .. base.Mistakes(), .. Share("The momentum", Momentum), .. Decay(WeightDecay),
        .. Nesterov && Momentum == 0 ? ["Nesterov needs a momentum above 0."] : Array.Empty<string>(),
    ];
}

/// <inheritdoc cref="Optimizer.Adam"/>
internal sealed record AdamOptimizer(
    double LearningRate, double Beta1, double Beta2, double WeightDecay, bool Decoupled) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    internal override torch.optim.Optimizer Create(IEnumerable<Parameter> parameters) => Decoupled
        ? torch.optim.AdamW(parameters, LearningRate, Beta1, Beta2, weight_decay: WeightDecay)
        : torch.optim.Adam(parameters, LearningRate, Beta1, Beta2, weight_decay: WeightDecay);

    internal override IEnumerable<string> Mistakes() =>
        [.. base.Mistakes(), .. Share("Beta1", Beta1), .. Share("Beta2", Beta2), .. Decay(WeightDecay)];
}
