namespace TransferKit.Vision;

/// <summary>Turns a picture about its center by a random angle (torchvision's RandomRotation).</summary>
/// <param name="Degrees">The angle is drawn from [−value, value]; not negative.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Degrees"/> is negative.</exception>
public sealed record RandomRotation(double Degrees) : Transform
{
    /// <summary>The angle is drawn from [−value, value].</summary>
    public double Degrees { get; } = Require.Within(Degrees, 0, double.MaxValue);

    /// <summary>How pixels are taken from between pixels: nearest or bilinear. Default: nearest.</summary>
    public Interpolation Interpolation { get; init => field = Require.Warpable(value); } = Interpolation.Nearest;

    internal override void Apply(Canvas canvas, ref SeededRandom random) => Draw(ref random).Apply(canvas, ref random);

    internal Rotate Draw(ref SeededRandom random) => new(random.NextDouble(-Degrees, Degrees)) { Interpolation = Interpolation };
}
