using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>An average of the weights over training, which often predicts better than the last weights. A value.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(EmaAverage), "ema")]
[JsonDerivedType(typeof(SwaAverage), "swa")]
public abstract record WeightAverage
{
    private protected WeightAverage()
    {
    }

    /// <summary>
    /// An exponential moving average, taken after every step (Polyak and Juditsky, 1992; as timm's <c>ModelEmaV3</c>).
    /// Tracked statistics of batch norms are averaged with the weights.
    /// </summary>
    /// <param name="decay">The share of the average that a step keeps, in <c>[0, 1)</c>.</param>
    /// <param name="warmUp">
    /// Whether the share grows from 0 as 1 − (1 + n)^(−2/3) over the n steps before, so that the first weights are soon
    /// forgotten.
    /// </param>
    public static WeightAverage Ema(double decay = 0.9998, bool warmUp = true) => new EmaAverage(decay, warmUp);

    /// <summary>
    /// The mean of the weights at the ends of epochs (stochastic weight averaging; Izmailov et al., 2018). Statistics of batch
    /// norms don't fit such a mean: they are estimated anew from training samples.
    /// </summary>
    /// <param name="fromEpoch">The first epoch that counts, from 1.</param>
    public static WeightAverage Swa(int fromEpoch) => new SwaAverage(fromEpoch);

    /// <summary>The share of the average that is kept after a step or an epoch; null: it isn't averaged now.</summary>
    /// <param name="updates">How often it has been averaged before.</param>
    /// <param name="endOfEpoch">The epoch that has just ended, counted from 1; null after a step.</param>
    internal abstract double? Keep(long updates, int? endOfEpoch);

    /// <summary>Whether statistics of batch norms must be estimated anew for the averaged weights.</summary>
    internal abstract bool NeedsStatistics { get; }

    internal abstract IEnumerable<string> ValidationErrors();
}

/// <inheritdoc cref="WeightAverage.Ema"/>
internal sealed record EmaAverage(double Decay, bool WarmUp) : WeightAverage
{
    internal override bool NeedsStatistics => false;

    public override string ToString() =>
        FormattableString.Invariant($"moving average, decay {Decay}{(WarmUp ? ", warmed up" : "")}");

    internal override double? Keep(long updates, int? endOfEpoch) => endOfEpoch is not null
        ? null
        : WarmUp ? Math.Min(Decay, 1 - Math.Pow(1 + updates, -2.0 / 3)) : Decay;

    internal override IEnumerable<string> ValidationErrors() => Decay is >= 0 and < 1
        ? []
        : [FormattableString.Invariant($"The decay of averaged weights is {Decay}, but must lie in [0, 1).")];
}

/// <inheritdoc cref="WeightAverage.Swa"/>
internal sealed record SwaAverage(int FromEpoch) : WeightAverage
{
    internal override bool NeedsStatistics => true;

    public override string ToString() => $"mean of the weights from epoch {FromEpoch} on";

    internal override double? Keep(long updates, int? endOfEpoch) =>
        endOfEpoch >= FromEpoch ? (double)updates / (updates + 1) : null;

    internal override IEnumerable<string> ValidationErrors() => FromEpoch >= 1
        ? []
        : [$"Weights are averaged from epoch {FromEpoch}, but epochs count from 1."];
}
