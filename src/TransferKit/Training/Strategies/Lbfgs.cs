using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Minimizes a smooth convex function by L-BFGS (Nocedal, 1980; Liu and Nocedal, 1989), with steps that are halved until the
/// function falls enough.
/// </summary>
internal static class Lbfgs
{
    private const int Remembered = 10, MaxIterations = 500, MaxHalvings = 30;
    private const double SufficientDecrease = 1e-4;

    /// <param name="function">The value and the gradient at a point; the caller's dispose scope owns the gradient.</param>
    /// <param name="start">Where to start; float64 of any shape.</param>
    /// <param name="tolerance">How large the gradient's largest entry may be in the end.</param>
    /// <returns>
    /// A point whose gradient's largest entry is at most the tolerance, or the best that was found; the caller's dispose scope
    /// owns it.
    /// </returns>
    public static Tensor Minimize(Func<Tensor, (double Value, Tensor Gradient)> function, Tensor start, double tolerance = 1e-6)
    {
        using var scope = NewDisposeScope();
        var point = start.clone();
        var (value, gradient) = function(point);
        var pairs = new List<(Tensor Step, Tensor Change, double Product)>();
        for (var iteration = 0; iteration < MaxIterations && gradient.abs().max().item<double>() > tolerance; iteration++)
        {
            using var inner = NewDisposeScope();
            var direction = Direction(gradient, pairs);
            var slope = Dot(direction, gradient);
            // Nothing is known of the curvature at first.
            var length = pairs.Count == 0 ? Math.Min(1, 1 / gradient.abs().sum().item<double>()) : 1;
            var (next, found) = (point, (Value: value, Gradient: gradient));
            for (var halvings = 0; halvings < MaxHalvings; halvings++, length /= 2)
            {
                var tried = point.Add(direction.Multiply(length));
                var there = function(tried);
                if (!(there.Value <= value + SufficientDecrease * length * slope))
                    continue;
                (next, found) = (tried, there);
                break;
            }
            // What numbers can tell apart is exhausted.
            if (ReferenceEquals(next, point))
                break;
            var (step, change) = (next - point, found.Gradient - gradient);
            if (Dot(step, change) is var product && product > 0)
                pairs.Add((step.MoveToOuterDisposeScope(), change.MoveToOuterDisposeScope(), product));
            if (pairs.Count > Remembered)
            {
                pairs[0].Step.Dispose();
                pairs[0].Change.Dispose();
                pairs.RemoveAt(0);
            }
            point.Dispose();
            gradient.Dispose();
            (point, value, gradient) = (next.MoveToOuterDisposeScope(), found.Value, found.Gradient.MoveToOuterDisposeScope());
        }
        return point.MoveToOuterDisposeScope();
    }

    /// <summary>Minus the gradient, bent by the curvature that the last steps met.</summary>
    private static Tensor Direction(Tensor gradient, List<(Tensor Step, Tensor Change, double Product)> pairs)
    {
        var direction = -gradient;
        var shares = new double[pairs.Count];
        for (var i = pairs.Count - 1; i >= 0; i--)
        {
            shares[i] = Dot(pairs[i].Step, direction) / pairs[i].Product;
            direction.sub_(pairs[i].Change.Multiply(shares[i]));
        }
        if (pairs.Count > 0)
            direction.MultiplyInPlace(pairs[^1].Product / Dot(pairs[^1].Change, pairs[^1].Change));
        for (var i = 0; i < pairs.Count; i++)
            direction.AddInPlace(pairs[i].Step, shares[i] - Dot(pairs[i].Change, direction) / pairs[i].Product);
        return direction;
    }

    private static double Dot(Tensor a, Tensor b) => (a * b).sum().item<double>();
}
