namespace TransferKit;

/// <summary>
/// What a sweep over learning rates brought (the range test of Smith, 2017, as fastai's <c>lr_find</c>): the rate grows from
/// step to step by one factor, and the loss tells where it is high enough to learn fast and where it is too high. A value.
/// </summary>
public sealed record LearningRateSweep
{
    /// <summary>The share of the smoothed loss that a step keeps, fastai's.</summary>
    private const double Smoothing = 0.98;

    /// <summary>The sweep ends where the smoothed loss is more than so many times the best.</summary>
    private const double Diverged = 4;

    /// <summary>Steps at the end that suggestions leave out, for the loss explodes there.</summary>
    private const int Tail = 5;

    internal LearningRateSweep()
    {
    }

    /// <summary>The learning rate of each step that was made, ascending.</summary>
    public required IReadOnlyList<double> Rates { get; init; }

    /// <summary>
    /// The smoothed loss of each of them: s₀ = 0, sₙ = 0.98 sₙ₋₁ + 0.02 lossₙ, shown as sₙ / (1 − 0.98ⁿ). The last is not a
    /// finite number where the loss overflowed.
    /// </summary>
    public required IReadOnlyList<double> Losses { get; init; }

    /// <summary>The steps that were asked for; fewer were made where the loss exploded.</summary>
    public required int Steps { get; init; }

    /// <summary>
    /// The rate at which the loss falls most steeply over the logarithm of the rate. Without the first tenth of the steps and
    /// the last five, as the others; null where less than two steps are left.
    /// </summary>
    public double? Steepest
    {
        get
        {
            var (rates, losses) = Considered();
            if (rates.Length < 2)
                return null;
            double Slope(int i) => (losses[i + 1] - losses[i]) / Math.Log(rates[i + 1] / rates[i]);
            return rates[Enumerable.Range(0, rates.Length - 1).MinBy(Slope)];
        }
    }

    /// <summary>A tenth of the rate with the lowest loss; null where no step is left.</summary>
    public double? MinimumOverTen
    {
        get
        {
            var (rates, losses) = Considered();
            return rates.Length == 0 ? null : rates[Enumerable.Range(0, rates.Length).MinBy(i => losses[i])] / 10;
        }
    }

    /// <summary>
    /// fastai's own choice: a third and a sixth into the longest valley. Its length is that of the longest falling subsequence
    /// of losses, its end the last of that; null where no step is left.
    /// </summary>
    public double? Valley
    {
        get
        {
            var (rates, losses) = Considered();
            if (rates.Length == 0)
                return null;
            var lengths = new int[rates.Length];
            Array.Fill(lengths, 1);
            var (start, end) = (0, 0);
            for (var i = 1; i < rates.Length; i++)
            {
                for (var j = 0; j < i; j++)
                    if (losses[i] < losses[j])
                        lengths[i] = Math.Max(lengths[i], lengths[j] + 1);
                if (lengths[i] > lengths[end])
                    (start, end) = (i - lengths[i], i);
            }
            var third = (end - start) / 3.0;
            return rates[Math.Max(start + (int)third + (int)(third / 2), 0)];
        }
    }

    /// <summary>Draws the losses over the rates, with the suggestions.</summary>
    public LineChart Chart()
    {
        var shown = Math.Max(Rates.Count - Tail, 0);
        return new LineChart
        {
            Title = "learning-rate finder",
            XLabel = "learning rate",
            YLabel = "loss",
            LogarithmicX = true,
            Lines = [new("loss", [.. Rates.Zip(Losses).Take(shown)])],
            Markers =
            [
                .. new[] { ("valley", Valley), ("steepest", Steepest), ("minimum / 10", MinimumOverTen) }
                    .Where(suggestion => suggestion.Item2 is not null && suggestion.Item2 >= Rates[0])
                    .Select(suggestion => (suggestion.Item1, suggestion.Item2!.Value, LossNear(suggestion.Item2.Value))),
            ],
        };
    }

    /// <summary>The suggestions in a line.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"valley {Valley:G3}, steepest {Steepest:G3}, minimum / 10 {MinimumOverTen:G3}");

    /// <summary>Sweeps.</summary>
    /// <param name="step">Trains one step at a rate; returns its loss.</param>
    /// <param name="restore">Puts weights and all else back to how they were; called in any case.</param>
    /// <param name="low">The first rate, above 0.</param>
    /// <param name="high">The rate that the step after the last would have, above <paramref name="low"/>.</param>
    /// <param name="steps">Steps to make, at least 10.</param>
    internal static LearningRateSweep Sweep(
        Func<double, double> step, Action restore, double low = 1e-7, double high = 10, int steps = 100)
    {
        if (!(low > 0) || !(high > low) || !double.IsFinite(high))
            throw new ArgumentOutOfRangeException(nameof(high), high,
                FormattableString.Invariant($"The rates must be above 0, and the last above the first, {low}."));
        ArgumentOutOfRangeException.ThrowIfLessThan(steps, 10);
        var (rates, losses) = (new List<double>(), new List<double>());
        var (average, best) = (0.0, double.PositiveInfinity);
        try
        {
            while (rates.Count < steps)
            {
                rates.Add(low * Math.Pow(high / low, (double)rates.Count / steps));
                average = Smoothing * average + (1 - Smoothing) * step(rates[^1]);
                losses.Add(average / (1 - Math.Pow(Smoothing, rates.Count)));
                best = Math.Min(best, losses[^1]);
                if (!double.IsFinite(losses[^1]) || losses[^1] > Diverged * best)
                    break;
            }
        }
        finally
        {
            restore();
        }
        return new LearningRateSweep { Rates = rates, Losses = losses, Steps = steps };
    }

    /// <summary>The steps that suggestions look at.</summary>
    private (double[] Rates, double[] Losses) Considered()
    {
        var first = Steps / 10;
        var overflow = Losses.ToList().FindIndex(double.IsNaN);
        // fastai goes on after a loss that is no number, and so its last five steps lie behind it.
        var end = overflow >= 0 ? Math.Min(overflow, Steps - Tail) : Losses.Count - Tail;
        return end <= first ? ([], []) : ([.. Rates.Take(end).Skip(first)], [.. Losses.Take(end).Skip(first)]);
    }

    private double LossNear(double rate) =>
        Losses[Enumerable.Range(0, Rates.Count).MinBy(i => Math.Abs(Math.Log(Rates[i] / rate)))];
}
