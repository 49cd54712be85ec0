using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>How long the learning rate grows before a <see cref="Schedule"/> begins. A value.</summary>
public sealed record WarmUp
{
    private WarmUp(double length, WarmUpUnit unit) => (Length, Unit) = (length, unit);

    [JsonInclude]
    internal double Length { get; }

    [JsonInclude]
    internal WarmUpUnit Unit { get; }

    /// <summary>A number of optimizer steps.</summary>
    /// <param name="steps">At least 1.</param>
    public static WarmUp Steps(int steps) => new(steps, WarmUpUnit.Steps);

    /// <summary>A number of epochs; parts of one too.</summary>
    /// <param name="epochs">Above 0.</param>
    public static WarmUp Epochs(double epochs) => new(epochs, WarmUpUnit.Epochs);

    /// <summary>A share of the whole run.</summary>
    /// <param name="fraction">Between 0 and 1, both excluded.</param>
    public static WarmUp Fraction(double fraction) => new(fraction, WarmUpUnit.Share);

    /// <summary>The length in optimizer steps, rounded to the nearest; shorter than the run.</summary>
    internal int StepsOf(SchedulePosition position)
    {
        var steps = Unit switch
        {
            WarmUpUnit.Steps => Length,
            WarmUpUnit.Epochs => Length * position.StepsPerEpoch,
            _ => Length * position.TotalSteps,
        };
        return (int)Math.Min(Math.Round(steps, MidpointRounding.AwayFromZero), position.TotalSteps - 1);
    }

    internal IEnumerable<string> ValidationErrors()
    {
        if (Unit == WarmUpUnit.Share && Length is not (> 0 and < 1))
            yield return FormattableString.Invariant(
                $"The warm-up is {Length} of the run, but must lie between 0 and 1, both excluded.");
        else if (!(Length > 0) || !double.IsFinite(Length))
            yield return $"The warm-up is {this}, but must be longer than 0.";
    }

    /// <summary>How long it is, in words: <c>3 epochs</c>.</summary>
    public override string ToString() => FormattableString.Invariant(Unit switch
    {
        WarmUpUnit.Steps => $"{Length} steps",
        WarmUpUnit.Epochs => $"{Length} epochs",
        _ => (FormattableString)$"{100 * Length} % of the run",
    });
}

/// <summary>What the length of a <see cref="WarmUp"/> is counted in.</summary>
internal enum WarmUpUnit
{
    Steps,
    Epochs,
    Share,
}
