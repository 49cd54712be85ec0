using TorchSharp;

namespace TransferKit;

/// <inheritdoc cref="Optimizer.Sgd"/>
internal sealed class SgdRule(SgdOptimizer options, IReadOnlyList<ParameterGroup> groups)
    : UpdateRule(groups, options.Momentum == 0 ? [] : ["momentum"])
{
    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        // Zero at first, so that the first step's average is the gradient itself, as PyTorch's is.
        var kept = options.Momentum == 0 ? 0 : momentum ?? options.Momentum;
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0)
                gradient.AddInPlace(weight, weightDecay);
            if (options.Momentum == 0)
            {
                weight.AddInPlace(gradient, -rate);
                return;
            }
            if (options.Nesterov)
                weight.AddInPlace(gradient, -rate);
            // The gradient becomes the average, and what held the average takes its memory over: a pass less over all weights.
            gradient.AddInPlace(memories[0], kept);
            weight.AddInPlace(gradient, options.Nesterov ? -rate * kept : -rate);
            memories[0].set_(gradient);
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
        var (step, epsilon) = (-rate * root / (1 - Math.Pow(beta1, Steps)), Epsilon * root);
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0 && options.Decoupled)
                weight.MultiplyInPlace(1 - rate * weightDecay);
            else if (weightDecay != 0)
                gradient.AddInPlace(weight, weightDecay);
            var mean = memories[0].MultiplyInPlace(beta1).AddInPlace(gradient, 1 - beta1);
            var squares = memories[1].MultiplyInPlace(beta2).AddProductInPlace(gradient, gradient, 1 - beta2);
            weight.AddQuotientInPlace(mean, squares.sqrt().AddInPlace(epsilon), step);
        };
    }
}

/// <inheritdoc cref="Optimizer.RmsProp"/>
internal sealed class RmsPropRule(RmsPropOptimizer options, IReadOnlyList<ParameterGroup> groups)
    : UpdateRule(groups, options.Momentum == 0 ? ["squares"] : ["squares", "momentum"])
{
    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        var (alpha, kept) = (options.Alpha, momentum ?? options.Momentum);
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0)
                gradient.AddInPlace(weight, weightDecay);
            var root = memories[0].MultiplyInPlace(alpha).AddProductInPlace(gradient, gradient, 1 - alpha).sqrt()
                .AddInPlace(options.Epsilon);
            if (options.Momentum == 0)
                weight.AddQuotientInPlace(gradient, root, -rate);
            else
                weight.AddInPlace(memories[1].MultiplyInPlace(kept).AddQuotientInPlace(gradient, root, 1), -rate);
        };
    }
}

/// <inheritdoc cref="Optimizer.Lion"/>
internal sealed class LionRule(LionOptimizer options, IReadOnlyList<ParameterGroup> groups) : UpdateRule(groups, "mean")
{
    protected override WeightUpdate For(double rate, double weightDecay, double? momentum)
    {
        var (beta1, beta2) = (momentum ?? options.Beta1, options.Beta2);
        return (weight, gradient, memories) =>
        {
            if (weightDecay != 0)
                weight.MultiplyInPlace(1 - rate * weightDecay);
            weight.AddInPlace(memories[0].Multiply(beta1).AddInPlace(gradient, 1 - beta1).sign_(), -rate);
            memories[0].MultiplyInPlace(beta2).AddInPlace(gradient, 1 - beta2);
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
        var (scale, epsilon) = (root / (1 - Math.Pow(beta1, Steps)), Epsilon * root);
        return (weight, gradient, memories) =>
        {
            var mean = memories[0].MultiplyInPlace(beta1).AddInPlace(gradient, 1 - beta1);
            var squares = memories[1].MultiplyInPlace(beta2).AddProductInPlace(gradient, gradient, 1 - beta2);
            var change = (mean / squares.sqrt().AddInPlace(epsilon)).MultiplyInPlace(scale);
            if (weightDecay != 0)
            {
                change.AddInPlace(weight, weightDecay);
                // Stays on the device: asking for the numbers would make a GPU wait at every weight.
                var (size, length) = (weight.norm(), change.norm());
                var isRatio = size.GreaterThan(0).logical_and(length.GreaterThan(0));
                change.mul_(torch.where(isRatio, size / length, torch.ones_like(size)));
            }
            weight.AddInPlace(change, -rate);
        };
    }
}
