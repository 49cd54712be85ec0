using System.Globalization;
using System.Text;

namespace TransferKit;

/// <summary>How accuracy grows with the number of samples that are learned from, and how it may go on. Immutable.</summary>
public sealed class LearningCurve
{
    private const int Resamplings = 200;

    private readonly Lazy<PowerLaw> _law;
    private readonly Lazy<PowerLaw[]> _resampled;

    internal LearningCurve()
    {
        _law = new(() => PowerLaw.Fit(
            [.. Points!.Select(point => ((double)point.Samples, 1 - point.Accuracy, (double)point.Measured))]));
        _resampled = new(() => [.. Enumerable.Range(0, Resamplings).Select(Resample)]);
    }

    /// <summary>What was measured, the fewest samples first.</summary>
    public required IReadOnlyList<LearningCurvePoint> Points { get; init; }

    /// <summary>How many samples there are now.</summary>
    public required int Samples { get; init; }

    /// <summary>The classes, first the one that is thought to gain most from further samples.</summary>
    public required IReadOnlyList<ClassGain> Classes { get; init; }

    /// <summary>The law that the points follow best.</summary>
    public PowerLaw Law => _law.Value;

    /// <summary>The accuracy that the law gives for a number of samples, in 0..1.</summary>
    /// <param name="samples">How many are learned from, at least 1.</param>
    public double AccuracyAt(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        return 1 - Law.At(samples);
    }

    /// <summary>
    /// Where that accuracy lies, as far as chance in the points lets it be known: the middle 95 % of two hundred laws
    /// that fit points which are drawn anew (parametric bootstrap; Efron, 1979). That the error follows such a law at all, it
    /// takes for granted: further than four times the samples, it is a guess.
    /// </summary>
    /// <param name="samples">How many are learned from, at least 1.</param>
    public ConfidenceInterval IntervalAt(int samples)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(samples, 1);
        double[] accuracies = [.. _resampled.Value.Select(law => 1 - law.At(samples)).Order()];
        return new(accuracies[Resamplings / 40], accuracies[Resamplings - 1 - Resamplings / 40]);
    }

    /// <summary>
    /// How many samples it takes to get to an accuracy, by the law; null: no number does, or more than two billion.
    /// </summary>
    /// <param name="accuracy">In 0..1.</param>
    public int? SamplesFor(double accuracy)
    {
        if (!(accuracy is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(accuracy), accuracy, "An accuracy lies in 0..1.");
        var left = 1 - accuracy - Law.Floor;
        if (Law.At(1) <= 1 - accuracy)
            return 1;
        var count = Math.Ceiling(Math.Pow(Law.Scale / left, 1 / Law.Exponent));
        return left > 0 && count <= int.MaxValue ? (int)count : null;
    }

    /// <summary>Draws what was measured, with its 95 % intervals, and how the law goes on to four times the samples.</summary>
    public LineChart Chart()
    {
        var (first, last) = (Math.Log(Points[0].Samples), Math.Log(4.0 * Samples));
        return new LineChart
        {
            Title = "accuracy by the number of samples", XLabel = "samples that are learned from", YLabel = "accuracy",
            LogarithmicX = true,
            Lines =
            [
                new("measured", [.. Points.Select(point => ((double)point.Samples, point.Accuracy))])
                {
                    IsScatter = true, Intervals = [.. Points.Select(point => (point.Interval.Low, point.Interval.High))],
                },
                new($"{Law}", [.. Enumerable.Range(0, 41).Select(i => Math.Exp(first + (last - first) * i / 40))
                    .Select(samples => (samples, 1 - Law.At(samples)))]),
            ],
        };
    }

    /// <summary>What was measured, how it may go on, and which classes would gain most.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(TextTable.Of(
        [
            ["samples", "accuracy", "95 %", ""],
            .. Points.Select(point => (string[])[$"{point.Samples}", Digits(point.Accuracy), $"{point.Interval}", "measured"]),
            .. new[] { Samples, 2 * Samples, 4 * Samples }.Select(samples =>
                (string[])[$"{samples}", Digits(AccuracyAt(samples)), $"{IntervalAt(samples)}", "by the law"]),
        ], leftColumns: 0));
        text.Append(CultureInfo.InvariantCulture, $"\n{Law}\n\n").Append(TextTable.Of(
        [
            ["class", "samples", "recall", "95 %", "with twice as many"],
            .. Classes.Select(one => (string[])
                [one.Name, $"{one.Samples}", Digits(one.Recall), $"{one.RecallInterval}", $"+{Digits(one.Gain)}"]),
        ], leftColumns: 1));
        return text.ToString();

        static string Digits(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
    }

    /// <summary>The law of points that chance might have brought as well.</summary>
    private PowerLaw Resample(int number)
    {
        var random = new SeededRandom(number, Samples);
        var points = new List<(double, double, double)>();
        foreach (var point in Points)
        {
            var share = (point.Measured * (1 - point.Accuracy) + 1) / (point.Measured + 2);
            var drawn = 1 - point.Accuracy + random.NextNormal() * Math.Sqrt(share * (1 - share) / point.Measured);
            points.Add((point.Samples, Math.Clamp(drawn, 0, 1), point.Measured));
        }
        return PowerLaw.Fit(points);
    }
}

/// <summary>What was measured after learning from some samples.</summary>
public sealed record LearningCurvePoint
{
    /// <summary>Their share of all samples, in 0..1.</summary>
    public required double Fraction { get; init; }

    /// <summary>Their number, the mean over the folds.</summary>
    public required int Samples { get; init; }

    /// <summary>Samples that were classified correctly, each by what was learned from other ones.</summary>
    public required int Correct { get; init; }

    /// <summary>Samples that were classified.</summary>
    public required int Measured { get; init; }

    /// <summary>The standard deviation of the accuracy over the folds, which learn from different samples.</summary>
    public required double Deviation { get; init; }

    /// <summary>The accuracy, in 0..1.</summary>
    public double Accuracy => (double)Correct / Measured;

    /// <summary>Where the accuracy lies with 95 % confidence (Wilson, 1927).</summary>
    public ConfidenceInterval Interval => ConfidenceInterval.Wilson(Correct, Measured);

    /// <summary><c>90 samples: 0.8522 (0.827–0.874)</c></summary>
    public override string ToString() => FormattableString.Invariant($"{Samples} samples: {Accuracy:F4} ({Interval})");
}

/// <summary>How well a class is recognized, and what further samples of it may bring.</summary>
public sealed record ClassGain
{
    /// <summary>The class.</summary>
    public required string Name { get; init; }

    /// <summary>Its samples now.</summary>
    public required int Samples { get; init; }

    /// <summary>The share of them that is recognized after learning from the largest part, in 0..1.</summary>
    public required double Recall { get; init; }

    /// <summary>Where that lies with 95 % confidence (Wilson, 1927).</summary>
    public required ConfidenceInterval RecallInterval { get; init; }

    /// <summary>
    /// How much more of the class would be recognized with twice as many samples of it than with all that there are, by the law
    /// that its recall follows best.
    /// </summary>
    public required double Gain { get; init; }

    /// <summary><c>daisy: recall 0.9100, +0.0130 with twice as many samples</c></summary>
    public override string ToString() =>
        FormattableString.Invariant($"{Name}: recall {Recall:F4}, +{Gain:F4} with twice as many samples");
}
