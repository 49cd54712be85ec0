using TorchSharp;

namespace TransferKit;

// Scalars are made outside of the functions that change a weight: each is a native object.

/// <inheritdoc cref="Optimizer.Sgd"/>
internal sealed class SgdRule(SgdOptimizer options, IReadOnlyList<ParameterGroup> groups)
    : UpdateRule(groups, options.Momentum == 0 ? [] : ["momentum"])
{
    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        // Zero at first, so that the first step's average is the gradient itself, as PyTorch's is.
        var kept = options.Momentum == 0 ? 0 : momentum ?? options.Momentum;
        Scalar step = -rate, ahead = -rate * kept, keep = kept, decay = weightDecay;
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0)
                gradient.add_(weight, decay);
            if (options.Momentum == 0)
            {
                weight.add_(gradient, step);
                return;
            }
            var average = memories[0].mul_(keep).add_(gradient);
            weight.add_(average, options.Nesterov ? ahead : step);
            if (options.Nesterov)
                weight.add_(gradient, step);
        };
    }
}

/// <inheritdoc cref="Optimizer.Adam"/>
internal sealed class AdamRule(AdamOptimizer options, IReadOnlyList<ParameterGroup> groups)
    : UpdateRule(groups, "mean", "squares")
{
    private const double Epsilon = 1e-8;

    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        var (beta1, beta2) = (momentum ?? options.Beta1, options.Beta2);
        // Both corrections of the bias, and epsilon, moved to where they are single numbers.
        var root = Math.Sqrt(1 - Math.Pow(beta2, Steps));
        Scalar step = -rate * root / (1 - Math.Pow(beta1, Steps)), epsilon = Epsilon * root;
        Scalar keep1 = beta1, take1 = 1 - beta1, keep2 = beta2, take2 = 1 - beta2;
        Scalar decay = weightDecay, shrink = 1 - rate * weightDecay;
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0 && options.Decoupled)
                weight.mul_(shrink);
            else if (weightDecay != 0)
                gradient.add_(weight, decay);
            var mean = memories[0].mul_(keep1).add_(gradient, take1);
            var squares = memories[1].mul_(keep2).addcmul_(gradient, gradient, take2);
            weight.addcdiv_(mean, squares.sqrt().add_(epsilon), step);
        };
    }
}

/// <inheritdoc cref="Optimizer.RmsProp"/>
internal sealed class RmsPropRule(RmsPropOptimizer options, IReadOnlyList<ParameterGroup> groups)
    : UpdateRule(groups, options.Momentum == 0 ? ["squares"] : ["squares", "momentum"])
{
    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        Scalar step = -rate, keep = options.Alpha, take = 1 - options.Alpha, epsilon = options.Epsilon, decay = weightDecay;
        Scalar kept = momentum ?? options.Momentum, one = 1;
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0)
                gradient.add_(weight, decay);
            var root = memories[0].mul_(keep).addcmul_(gradient, gradient, take).sqrt().add_(epsilon);
            if (options.Momentum == 0)
                weight.addcdiv_(gradient, root, step);
            else
                weight.add_(memories[1].mul_(kept).addcdiv_(gradient, root, one), step);
        };
    }
}

/// <inheritdoc cref="Optimizer.Lion"/>
internal sealed class LionRule(LionOptimizer options, IReadOnlyList<ParameterGroup> groups) : UpdateRule(groups, "mean")
{
    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        var (beta1, beta2) = (momentum ?? options.Beta1, options.Beta2);
        Scalar step = -rate, shrink = 1 - rate * weightDecay;
        Scalar keep1 = beta1, take1 = 1 - beta1, keep2 = beta2, take2 = 1 - beta2;
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0)
                weight.mul_(shrink);
            weight.add_(memories[0].mul(keep1).add_(gradient, take1).sign_(), step);
            memories[0].mul_(keep2).add_(gradient, take2);
        };
    }
}

/// <inheritdoc cref="Optimizer.Lamb"/>
internal sealed class LambRule(LambOptimizer options, IReadOnlyList<ParameterGroup> groups)
    : UpdateRule(groups, "mean", "squares")
{
    private const double Epsilon = 1e-6;

    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        var (beta1, beta2) = (momentum ?? options.Beta1, options.Beta2);
        var root = Math.Sqrt(1 - Math.Pow(beta2, Steps));
        Scalar scale = root / (1 - Math.Pow(beta1, Steps)), epsilon = Epsilon * root, step = -rate, decay = weightDecay;
        Scalar keep1 = beta1, take1 = 1 - beta1, keep2 = beta2, take2 = 1 - beta2;
        return (weight, gradient, memories) =>
        {
            var mean = memories[0].mul_(keep1).add_(gradient, take1);
            var squares = memories[1].mul_(keep2).addcmul_(gradient, gradient, take2);
            var change = (mean / squares.sqrt().add_(epsilon)).mul_(scale);
            if (weightDecay != 0)
            {
                change.add_(weight, decay);
                // Stays on the device: asking for the numbers would make a GPU wait at every weight.
                var (size, length) = (weight.norm(), change.norm());
                change.mul_(torch.where((size > 0).logical_and(length > 0), size / length, torch.ones_like(size)));
            }
            weight.add_(change, step);
        };
    }
}
