namespace TransferKit.Vision;

/// <summary>Mirrors left to right, sometimes (torchvision's RandomHorizontalFlip).</summary>
/// <param name="Probability">How often, in [0, 1].</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Probability"/> is outside [0, 1].</exception>
public sealed record RandomHorizontalFlip(double Probability = 0.5) : Transform
{
    /// <summary>How often, in [0, 1].</summary>
    public double Probability { get; } = Require.Probability(Probability);

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        if (random.NextDouble() < Probability)
            canvas.MirrorX();
    }
}
