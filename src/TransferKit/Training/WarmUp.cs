namespace TransferKit;

/// <summary>How long the learning rate grows before a <see cref="Schedule"/> begins. A value.</summary>
public sealed record WarmUp
{
    private readonly double _length;
    private readonly Unit _unit;

    private WarmUp(double length, Unit unit) => (_length, _unit) = (length, unit);

    private enum Unit
    {
        Steps,
        Epochs,
        Share,
    }

    /// <summary>A number of optimizer steps.</summary>
    /// <param name="steps">At least 1.</param>
    public static WarmUp Steps(int steps) => new(steps, Unit.Steps);

    /// <summary>A number of epochs; parts of one too.</summary>
    /// <param name="epochs">Above 0.</param>
    public static WarmUp Epochs(double epochs) => new(epochs, Unit.Epochs);

    /// <summary>A share of the whole run.</summary>
    /// <param name="fraction">Between 0 and 1, both excluded.</param>
    public static WarmUp Fraction(double fraction) => new(fraction, Unit.Share);

    /// <summary>The length in optimizer steps, rounded to the nearest; shorter than the run.</summary>
    internal int StepsOf(SchedulePosition position)
    {
        var steps = _unit switch
        {
            Unit.Steps => _length,
            Unit.Epochs => _length * position.StepsPerEpoch,
            _ => _length * position.TotalSteps,
        };
        return (int)Math.Min(Math.Round(steps, MidpointRounding.AwayFromZero), position.TotalSteps - 1);
    }

    internal IEnumerable<string> Mistakes()
    {
        if (_unit == Unit.Share && _length is not (> 0 and < 1))
            yield return $"The warm-up is {_length} of the run, but must lie between 0 and 1, both excluded.";
        else if (!(_length > 0) || !double.IsFinite(_length))
            yield return $"The warm-up is {this}, but must be longer than 0.";
    }

    /// <summary>How long it is, in words: <c>3 epochs</c>.</summary>
    public override string ToString() => FormattableString.Invariant(_unit switch
    {
        Unit.Steps => $"{_length} steps",
        Unit.Epochs => $"{_length} epochs",
        _ => (FormattableString)$"{100 * _length} % of the run",
    });
}
