namespace TransferKit;

/// <summary>The schedule of a run, step by step.</summary>
/// <param name="options">The schedule, and how many epochs there are.</param>
/// <param name="score">What plateaus are found by.</param>
/// <param name="stepsPerEpoch">Optimizer steps of an epoch.</param>
/// <param name="rate">The highest of the optimizer's rates, which is the head's.</param>
internal sealed class RunSchedule(TrainingOptions options, Score score, int stepsPerEpoch, double rate)
{
    /// <summary>Optimizer steps of an epoch.</summary>
    public int StepsPerEpoch => stepsPerEpoch;

    /// <summary>Where a step stands.</summary>
    /// <param name="step">The step, counted from 0 over all epochs.</param>
    /// <param name="history">The epochs that are done.</param>
    /// <param name="epochs">How many there are; null: as the options say.</param>
    public SchedulePosition At(long step, IReadOnlyList<EpochResult> history, int? epochs = null) =>
        new((int)Math.Max(step, 0), stepsPerEpoch * (epochs ?? options.Epochs), stepsPerEpoch)
        {
            Monitored = [.. history.Select(epoch => epoch.Monitored)],
            HigherIsBetter = score.HigherIsBetter,
        };

    /// <summary>The highest rate in a step.</summary>
    /// <inheritdoc cref="At"/>
    public double RateAt(long step, IReadOnlyList<EpochResult> history, int? epochs = null) =>
        options.Schedule.Rate(rate, At(step, history, epochs));

    /// <summary>The highest rates in steps of an epoch, evenly spread up to its last one.</summary>
    /// <param name="last">The last step of the epoch.</param>
    /// <param name="history">The epochs before.</param>
    public IReadOnlyList<double> RatesOfEpoch(long last, IReadOnlyList<EpochResult> history)
    {
        var steps = Math.Clamp(stepsPerEpoch, 1, Math.Max(last + 1, 1));
        var shown = (int)Math.Min(steps, EpochResult.MostRates);
        return
        [
            .. Enumerable.Range(1, shown)
                .Select(i => RateAt(last - (shown - i) * (steps - 1) / Math.Max(shown - 1, 1), history)),
        ];
    }
}
