using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>The best linear layer for given features, computed and not trained.</summary>
internal static class LinearSolver
{
    /// <summary>Fits a layer to samples.</summary>
    /// <param name="features">float32 <c>[N, features]</c>.</param>
    /// <param name="targets">
    /// <c>[N, outputs]</c>: 1 for each class that a sample has and 0 for the others, or the numbers of a regression.
    /// </param>
    /// <param name="task">What the targets are.</param>
    /// <param name="l2">The penalty: of half the squared weights of standardized features, against the sum of losses.</param>
    /// <param name="layer">Takes the solution.</param>
    public static void Fit(Tensor features, Tensor targets, TaskDefinition task, double l2, Linear layer)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var wanted = targets.@double();
        var standardized = features.to(ScalarType.Float64, CPU, copy: true);
        var (mean, deviation) = Moments(standardized);
        standardized.sub_(mean).div_(deviation);
        var solution = !task.HasClasses
            ? Ridge(standardized, wanted, l2)
            : Lbfgs.Minimize(point => Penalized(point, standardized, wanted, task, l2),
                zeros(standardized.shape[1] + 1, wanted.shape[1], dtype: ScalarType.Float64));
        // The bias is the last row. What was done to the features is folded into the layer.
        var count = standardized.shape[1];
        var weights = solution.narrow(0, 0, count) / deviation.unsqueeze(1);
        layer.Matrix.Value.copy_(weights.t());
        layer.Bias!.Value.copy_(solution[count] - mean.matmul(weights));
    }

    /// <summary>What standardizes features: the mean of each, which is to be subtracted, and what to divide by then.</summary>
    /// <param name="features">float64 <c>[N, features]</c>.</param>
    internal static (Tensor Mean, Tensor Deviation) Moments(Tensor features)
    {
        var (mean, deviation) = (features.mean([0]), features.std([0], unbiased: false));
        // What changes by no more than float32 rounds says nothing, and must not become large. How small a network's features are
        // doesn't matter.
        return (mean, deviation.where(deviation.gt(mean.abs().Multiply(1e-7)), ones_like(deviation)));
    }

    /// <summary>The mean loss with its penalty, and the gradient.</summary>
    /// <param name="point"><c>[features + 1, outputs]</c>, the bias last, which isn't penalized.</param>
    /// <param name="features"><c>[N, features]</c>.</param>
    /// <param name="targets"><c>[N, outputs]</c>.</param>
    /// <param name="task">One class a sample, or several.</param>
    /// <param name="l2">The penalty.</param>
    internal static (double Value, Tensor Gradient) Penalized(
        Tensor point, Tensor features, Tensor targets, TaskDefinition task, double l2)
    {
        using var scope = NewDisposeScope();
        var (samples, count) = (features.shape[0], features.shape[1]);
        var weights = point.narrow(0, 0, count);
        var logits = Logits(point, features);
        var normalizer = task.HasOneClass ? logits.logsumexp(1).sum() : logaddexp(logits, zeros_like(logits)).sum();
        var loss = (normalizer - (logits * targets).sum()).Add((weights * weights).sum().Multiply(l2 / 2));
        var errors = task.ToProbabilities(logits).sub_(targets);
        var gradient = cat([features.t().matmul(errors).AddInPlace(weights, l2), errors.sum(0, keepdim: true)])
            .DivideInPlace(samples);
        return (loss.item<double>() / samples, gradient.MoveToOuterDisposeScope());
    }

    /// <summary>What a solution says of features, <c>[N, outputs]</c>.</summary>
    /// <param name="point"><c>[features + 1, outputs]</c>, the bias last.</param>
    /// <param name="features"><c>[N, features]</c>.</param>
    internal static Tensor Logits(Tensor point, Tensor features)
    {
        var count = features.shape[1];
        return features.matmul(point.narrow(0, 0, count)).AddInPlace(point[count]);
    }

    private static Tensor Ridge(Tensor features, Tensor targets, double l2)
    {
        var center = targets.mean([0], keepdim: true);
        var gram = features.t().matmul(features).AddInPlace(eye(features.shape[1], dtype: ScalarType.Float64), l2);
        return cat([linalg.solve(gram, features.t().matmul(targets - center)), center]);
    }
}
