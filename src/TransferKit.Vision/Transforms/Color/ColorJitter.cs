namespace TransferKit.Vision;

/// <summary>
/// Changes brightness, contrast, saturation and hue by random amounts in random order (torchvision's ColorJitter). An amount of
/// 0 leaves that property alone.
/// </summary>
public sealed record ColorJitter : Transform
{
    /// <summary>The factor is drawn from [max(0, 1 − value), 1 + value]; not negative. Default: 0.</summary>
    public double Brightness { get; init => field = Require.Within(value, 0, double.MaxValue); }

    /// <summary>The factor is drawn from [max(0, 1 − value), 1 + value]; not negative. Default: 0.</summary>
    public double Contrast { get; init => field = Require.Within(value, 0, double.MaxValue); }

    /// <summary>The factor is drawn from [max(0, 1 − value), 1 + value]; not negative. Default: 0.</summary>
    public double Saturation { get; init => field = Require.Within(value, 0, double.MaxValue); }

    /// <summary>The turn is drawn from [−value, value]; 0 to 0.5. Default: 0.</summary>
    public double Hue { get; init => field = Require.Within(value, 0, 0.5); }

    internal override void Apply(Canvas canvas, ref SeededRandom random)
    {
        foreach (var step in Draw(ref random))
            step.Apply(canvas, ref random);
    }

    /// <summary>The steps, in the order in which they are carried out.</summary>
    internal IReadOnlyList<Transform> Draw(ref SeededRandom random)
    {
        Span<int> order = [0, 1, 2, 3];
        random.Shuffle(order);
        // Everything is drawn, also for what is left alone: what one property draws must not depend on another's amount.
        var (brightness, contrast) = (DrawFactor(Brightness, ref random), DrawFactor(Contrast, ref random));
        var (saturation, turn) = (DrawFactor(Saturation, ref random), random.NextDouble(-Hue, Hue));
        var steps = new List<Transform>(order.Length);
        foreach (var property in order)
        {
            Transform? step = property switch
            {
                0 => Brightness == 0 ? null : new AdjustBrightness(brightness),
                1 => Contrast == 0 ? null : new AdjustContrast(contrast),
                2 => Saturation == 0 ? null : new AdjustSaturation(saturation),
                _ => Hue == 0 ? null : new AdjustHue(turn),
            };
            if (step is not null)
                steps.Add(step);
        }

        return steps;
    }

    private static double DrawFactor(double amount, ref SeededRandom random) =>
        random.NextDouble(Math.Max(0, 1 - amount), 1 + amount);
}
