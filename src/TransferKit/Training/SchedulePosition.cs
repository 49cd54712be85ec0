namespace TransferKit;

/// <summary>Where a training run stands: all that a <see cref="Schedule"/> knows. A value.</summary>
/// <param name="Step">Optimizer steps done so far, so 0 for the first; in <c>[0, TotalSteps)</c>.</param>
/// <param name="TotalSteps">Optimizer steps of the whole run, at least 1.</param>
/// <param name="StepsPerEpoch">Optimizer steps of an epoch, at least 1.</param>
public sealed record SchedulePosition(int Step, int TotalSteps, int StepsPerEpoch)
{
    /// <summary>
    /// The monitored score, after each finished epoch, first to last; <see cref="Schedule.ReduceOnPlateau"/> alone looks at it.
    /// Default: nothing yet.
    /// </summary>
    public IReadOnlyList<double> Monitored { get; init; } = [];

    /// <summary>Whether the monitored score should grow, as an accuracy, or fall, as a loss. Default: fall.</summary>
    public bool HigherIsBetter { get; init; }

    /// <summary>Epochs done so far, so 0 within the first.</summary>
    internal int Epoch => Step / StepsPerEpoch;

    /// <summary>The same moment for somebody who begins some steps later.</summary>
    internal SchedulePosition After(int steps) => this with { Step = Step - steps, TotalSteps = TotalSteps - steps };
}
