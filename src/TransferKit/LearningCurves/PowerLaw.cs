namespace TransferKit;

/// <summary>
/// How the error falls with the number of samples that are learned from: <c>Floor + Scale · n^−Exponent</c> (Hestness et al.,
/// "Deep learning scaling is predictable, empirically", 2017). A value.
/// </summary>
/// <param name="Scale">How much is to be learned, at least 0.</param>
/// <param name="Exponent">How fast it is learned, above 0.</param>
/// <param name="Floor">The error that no number of samples takes away, in 0..1.</param>
public sealed record PowerLaw(double Scale, double Exponent, double Floor)
{
    private const double LeastExponent = 0.05, MostExponent = 1.5;
    private const int Floors = 40, Exponents = 59;

    /// <summary>The error after learning from so many samples, at most 1.</summary>
    /// <param name="samples">Above 0.</param>
    public double At(double samples) => Math.Min(Floor + Scale * Math.Pow(samples, -Exponent), 1);

    /// <summary>
    /// The law that fits best: the least squares, each over the variance of its error, on a grid of floors and exponents, for
    /// which the scale follows. Few points leave much to chance, but a grid always ends, and at the same law.
    /// </summary>
    /// <param name="points">
    /// Numbers of samples, the errors after learning from them, and how many samples these are measured on.
    /// </param>
    internal static PowerLaw Fit(IReadOnlyList<(double Samples, double Error, double Measured)> points)
    {
        var least = points.Min(point => point.Error);
        var (best, lowest) = (new PowerLaw(0, 1, least), double.PositiveInfinity);
        double[] weights = [.. points.Select(WeightOf)];
        for (var i = 0; i <= Exponents; i++)
        {
            var exponent = LeastExponent + (MostExponent - LeastExponent) * i / Exponents;
            double[] powers = [.. points.Select(point => Math.Pow(point.Samples, -exponent))];
            for (var j = 0; j <= Floors; j++)
            {
                var floor = least * j / Floors;
                var (cross, square) = (0.0, 0.0);
                for (var k = 0; k < powers.Length; k++)
                {
                    cross += weights[k] * powers[k] * (points[k].Error - floor);
                    square += weights[k] * powers[k] * powers[k];
                }
                var scale = Math.Max(cross / square, 0);
                var sum = 0.0;
                for (var k = 0; k < powers.Length; k++)
                    sum += weights[k] * Math.Pow(points[k].Error - floor - scale * powers[k], 2);
                if (sum < lowest)
                    (best, lowest) = (new PowerLaw(scale, exponent, floor), sum);
            }
        }
        return best;
    }

    /// <summary>One over the variance of a share; where all or none are wrong it isn't 0 (Laplace's rule).</summary>
    private static double WeightOf((double Samples, double Error, double Measured) point)
    {
        var share = (point.Error * point.Measured + 1) / (point.Measured + 2);
        return point.Measured / (share * (1 - share));
    }

    /// <summary><c>error = 0.021 + 1.3 · n^−0.45</c></summary>
    public override string ToString() => FormattableString.Invariant($"error = {Floor:G3} + {Scale:G3} · n^−{Exponent:G3}");
}
