using System.Drawing;

namespace TransferKit.Vision;

/// <summary>
/// Carries another step out, sometimes (torchvision's RandomApply, and its RandomInvert, RandomGrayscale and so on).
/// </summary>
/// <param name="Step">The step.</param>
/// <param name="Probability">How often, in [0, 1].</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Probability"/> is outside [0, 1].</exception>
public sealed record RandomApply(Transform Step, double Probability = 0.5) : Transform
{
    /// <summary>How often, in [0, 1].</summary>
    public double Probability { get; } = Require.Probability(Probability);

    internal override Lambda? OwnCode => Step.OwnCode;

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        if (random.NextDouble() < Probability)
            Step.Apply(canvas, ref random);
    }

    /// <summary>Fixed only where the step gives the size that there is anyhow.</summary>
    internal override Size? OutputSize(Size? input) => Step.OutputSize(input) is { } output && output == input ? input : null;
}
