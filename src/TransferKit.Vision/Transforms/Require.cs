using System.Runtime.CompilerServices;

namespace TransferKit.Vision;

/// <summary>Checks of the parameters of transforms; each gives back the value it was given.</summary>
internal static class Require
{
    public static int Positive(int value, [CallerArgumentExpression(nameof(value))] string? name = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, 1, name);
        return value;
    }

    public static double Within(
        double value, double minimum, double maximum, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value >= minimum && value <= maximum
            ? value
            : throw new ArgumentOutOfRangeException(
                name, value, FormattableString.Invariant($"The value must lie in [{minimum}, {maximum}]."));

    public static double Probability(double value, [CallerArgumentExpression(nameof(value))] string? name = null) =>
        value is >= 0 and <= 1 ? value : throw new ArgumentOutOfRangeException(name, value, "A probability lies in [0, 1].");

    public static (double Minimum, double Maximum) Ordered(
        (double Minimum, double Maximum) bounds,
        double maximum = double.PositiveInfinity,
        [CallerMemberName] string? name = null) =>
        bounds.Minimum > 0 && bounds.Minimum <= bounds.Maximum && bounds.Maximum <= maximum
            ? bounds
            : throw new ArgumentOutOfRangeException(
                name, bounds, FormattableString.Invariant($"The bounds must be positive, in order, and at most {maximum}."));

    /// <summary>What turning and bending pictures can take pixels with, as torchvision's on tensors.</summary>
    public static Interpolation Warpable(Interpolation interpolation) =>
        interpolation is Interpolation.Nearest or Interpolation.Bilinear
        ? interpolation
        : throw new ArgumentException(
            $"Turning and bending a picture takes Nearest or Bilinear, not {interpolation}.", nameof(interpolation));
}
