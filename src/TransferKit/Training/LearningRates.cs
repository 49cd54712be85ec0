using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>How learning rates differ from the input of a network to its head. A value.</summary>
/// <remarks>
/// A network is divided into its stages, those that <see cref="TransferPlan.UnfreezeLast"/> counts, and its head; what is
/// frozen counts too, so a stage keeps its rate when others are unfrozen.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(UniformRates), "uniform")]
[JsonDerivedType(typeof(SliceRates), "slice")]
[JsonDerivedType(typeof(LayerDecayRates), "layer-decay")]
[JsonDerivedType(typeof(HeadMultiplierRates), "head-times")]
public abstract record LearningRates
{
    private protected LearningRates()
    {
    }

    /// <summary>The optimizer's rate everywhere.</summary>
    public static LearningRates Uniform { get; } = new UniformRates();

    /// <summary>
    /// From a low rate at the first stage to a high one at the head, each the same multiple of the one before, as fastai's
    /// <c>slice</c> (Howard and Ruder, 2018). They take the place of the optimizer's rate.
    /// </summary>
    /// <param name="low">The first stage's rate, above 0.</param>
    /// <param name="high">The head's rate, above 0.</param>
    public static LearningRates Slice(double low, double high) => new SliceRates(low, high);

    /// <summary>
    /// The optimizer's rate at the head, and times a factor for every stage below it, as the layer decay of BEiT (Bao et al.,
    /// 2022) and timm.
    /// </summary>
    /// <param name="decay">The factor, in <c>(0, 1]</c>.</param>
    public static LearningRates LayerDecay(double decay = 0.9) => new LayerDecayRates(decay);

    /// <summary>The optimizer's rate everywhere but in the head, which has a multiple of it.</summary>
    /// <param name="factor">The multiple, above 0.</param>
    public static LearningRates HeadMultiplier(double factor) => new HeadMultiplierRates(factor);

    /// <summary>The rate of every weight of a network, under its name.</summary>
    internal IReadOnlyDictionary<string, double> Of(Network network, double rate)
    {
        var stages = network.Stages();
        var rates = new Dictionary<string, double>();
        var stage = 0;
        foreach (var (name, _) in network.NamedWeights())
        {
            var isHead = network.IsInHead(name);
            // What is part of no stage, a norm that stands alone, goes with the stage before it.
            if (!isHead && stages.ToList().FindIndex(path => LayerPattern.IsWithin(name, path)) is >= 0 and var found)
                stage = found;
            rates[name] = RateOf(rate, isHead ? stages.Count : stage, stages.Count);
        }
        return rates;
    }

    /// <summary>The head's rate without a multiplier: the optimizer's, or the highest of those that replace it.</summary>
    internal virtual double HighestOf(double rate) => rate;

    /// <summary>The rate of a part of the network.</summary>
    /// <param name="rate">The optimizer's.</param>
    /// <param name="part">The stage, counted from 0; the head is <paramref name="head"/>.</param>
    /// <param name="head">The number of stages.</param>
    internal abstract double RateOf(double rate, int part, int head);

    internal virtual IEnumerable<string> ValidationErrors() => [];

    private protected static IEnumerable<string> Positive(string what, double value) => value > 0 && double.IsFinite(value)
        ? []
        : [FormattableString.Invariant($"The {what} is {value}, but must be a number above 0.")];
}

/// <inheritdoc cref="LearningRates.Uniform"/>
internal sealed record UniformRates : LearningRates
{
    public override string ToString() => "one rate";

    internal override double RateOf(double rate, int part, int head) => rate;
}

/// <inheritdoc cref="LearningRates.Slice"/>
internal sealed record SliceRates(double Low, double High) : LearningRates
{
    public override string ToString() => FormattableString.Invariant($"rates from {Low} to {High}");

    internal override double HighestOf(double rate) => High;

    internal override double RateOf(double rate, int part, int head) =>
        head == 0 ? High : Low * Math.Pow(High / Low, (double)part / head);

    internal override IEnumerable<string> ValidationErrors() => [.. Positive("low rate", Low), .. Positive("high rate", High)];
}

/// <inheritdoc cref="LearningRates.LayerDecay"/>
internal sealed record LayerDecayRates(double Decay) : LearningRates
{
    public override string ToString() => FormattableString.Invariant($"rates times {Decay} a stage");

    internal override double RateOf(double rate, int part, int head) => rate * Math.Pow(Decay, head - part);

    internal override IEnumerable<string> ValidationErrors() => Decay is > 0 and <= 1
        ? []
        : [FormattableString.Invariant($"The layer decay is {Decay}, but must lie in (0, 1].")];
}

/// <inheritdoc cref="LearningRates.HeadMultiplier"/>
internal sealed record HeadMultiplierRates(double Multiple) : LearningRates
{
    public override string ToString() => FormattableString.Invariant($"the head's rate times {Multiple}");

    internal override double RateOf(double rate, int part, int head) => part == head ? rate * Multiple : rate;

    internal override IEnumerable<string> ValidationErrors() => Positive("head's multiple of the rate", Multiple);
}
