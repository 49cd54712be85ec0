using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// How the learning rate changes while a model trains: a pure function from the position in the run to a factor on the
/// optimizer's rate, asked before every step. The same settings give PyTorch's values. A value.
/// </summary>
/// <remarks>
/// Minima are shares of the rate, and not rates as in PyTorch, so that groups of weights with rates of their own keep
/// their proportion. What PyTorch counts in epochs is counted in epochs here too; what runs over the whole training moves
/// with every step.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(ConstantSchedule), "constant")]
[JsonDerivedType(typeof(StepSchedule), "step")]
[JsonDerivedType(typeof(MultiStepSchedule), "multi-step")]
[JsonDerivedType(typeof(ExponentialSchedule), "exponential")]
[JsonDerivedType(typeof(CosineSchedule), "cosine")]
[JsonDerivedType(typeof(CosineRestartsSchedule), "cosine-restarts")]
[JsonDerivedType(typeof(OneCycleSchedule), "one-cycle")]
[JsonDerivedType(typeof(PolynomialSchedule), "polynomial")]
[JsonDerivedType(typeof(PlateauSchedule), "plateau")]
[JsonDerivedType(typeof(WarmUpSchedule), "warm-up")]
public abstract record Schedule
{
    private protected Schedule()
    {
    }

    /// <summary>The optimizer's rate throughout.</summary>
    public static Schedule Constant { get; } = new ConstantSchedule();

    /// <summary>A factor more after every so many epochs: PyTorch's <c>StepLR</c>.</summary>
    /// <param name="every">Epochs between two drops, at least 1.</param>
    /// <param name="gamma">The factor, in <c>(0, 1]</c>.</param>
    public static Schedule Step(int every, double gamma = 0.1) => new StepSchedule(every, gamma);

    /// <summary>A factor more after each of the given epochs: PyTorch's <c>MultiStepLR</c>.</summary>
    /// <param name="milestones">Finished epochs after which the rate drops, each at least 1, ascending.</param>
    /// <param name="gamma">The factor, in <c>(0, 1]</c>.</param>
    public static Schedule MultiStep(IReadOnlyList<int> milestones, double gamma = 0.1)
    {
        ArgumentNullException.ThrowIfNull(milestones);
        return new MultiStepSchedule([.. milestones], gamma);
    }

    /// <summary>A factor more after every epoch: PyTorch's <c>ExponentialLR</c>.</summary>
    /// <param name="gamma">The factor, in <c>(0, 1]</c>.</param>
    public static Schedule Exponential(double gamma) => new ExponentialSchedule(gamma);

    /// <summary>
    /// Half a cosine from the rate down to a share of it, over all steps (Loshchilov and Hutter, 2017): PyTorch's
    /// <c>CosineAnnealingLR</c> with <c>T_max</c> the number of steps.
    /// </summary>
    /// <param name="minimum">The share of the rate at the end, in <c>[0, 1)</c>.</param>
    public static Schedule Cosine(double minimum = 0) => new CosineSchedule(minimum);

    /// <summary>
    /// Half cosines, each from the full rate down, which move with every step (SGDR; Loshchilov and Hutter, 2017): PyTorch's
    /// <c>CosineAnnealingWarmRestarts</c>.
    /// </summary>
    /// <param name="first">Epochs of the first cosine, at least 1: PyTorch's <c>T_0</c>.</param>
    /// <param name="multiplier">How much longer each next one is, at least 1: PyTorch's <c>T_mult</c>.</param>
    /// <param name="minimum">The share of the rate at the end of each, in <c>[0, 1)</c>.</param>
    public static Schedule CosineRestarts(int first, int multiplier = 1, double minimum = 0) =>
        new CosineRestartsSchedule(first, multiplier, minimum);

    /// <summary>
    /// One cycle over all steps: up to the rate along half a cosine while momentum falls, then down while it rises again
    /// (Smith and Topin, 2018): PyTorch's <c>OneCycleLR</c> with the optimizer's rate as <c>max_lr</c>.
    /// </summary>
    /// <param name="rise">The share of steps in which the rate grows, between 0 and 1, both excluded.</param>
    /// <param name="start">The first rate is the rate divided by this; above 0.</param>
    /// <param name="end">The last rate is the first divided by this; above 0.</param>
    /// <param name="momentumLow">Momentum at the highest rate, in <c>[0, 1)</c>.</param>
    /// <param name="momentumHigh">Momentum at the start and at the end, in <c>[0, 1)</c>.</param>
    /// <remarks>
    /// fastai's <c>fit_one_cycle</c> has rise 0.25, start 25 and end 4000 (its <c>div_final</c> counts from the rate).
    /// </remarks>
    public static Schedule OneCycle(double rise = 0.3, double start = 25, double end = 1e4,
        double momentumLow = 0.85, double momentumHigh = 0.95) =>
        new OneCycleSchedule(rise, start, end, momentumLow, momentumHigh);

    /// <summary>Down to 0 over all steps, along a power of what is left: PyTorch's <c>PolynomialLR</c>.</summary>
    /// <param name="power">The power, above 0; 1 is a straight line.</param>
    public static Schedule Polynomial(double power = 1) => new PolynomialSchedule(power);

    /// <summary>
    /// A factor more whenever the monitored score hasn't improved for a while: PyTorch's <c>ReduceLROnPlateau</c> with its
    /// relative threshold. It follows from <see cref="SchedulePosition.Monitored"/> alone.
    /// </summary>
    /// <param name="factor">The factor, between 0 and 1, both excluded.</param>
    /// <param name="patience">
    /// Epochs without improvement that are tolerated, at least 0; the next one lowers the rate, as in PyTorch (unlike the
    /// patience of <see cref="EarlyStopping"/>).
    /// </param>
    /// <param name="threshold">The relative change that counts as an improvement, at least 0.</param>
    /// <param name="cooldown">Epochs after a drop in which none counts as bad, at least 0.</param>
    /// <param name="minimum">The share of the rate that it doesn't fall below, in <c>[0, 1)</c>.</param>
    /// <param name="higherIsBetter">
    /// Whether the monitored score should grow, as an accuracy, or fall, as a loss; null: what
    /// <see cref="TrainingOptions.Monitor"/> says.
    /// </param>
    /// <param name="epsilon">
    /// The share of the rate by which a drop must lower it, or it isn't made, at least 0: PyTorch's <c>eps</c> over the rate.
    /// </param>
    public static Schedule ReduceOnPlateau(double factor = 0.1, int patience = 10, double threshold = 1e-4, int cooldown = 0,
        double minimum = 0, bool? higherIsBetter = null, double epsilon = 1e-8) =>
        new PlateauSchedule(factor, patience, threshold, cooldown, minimum, higherIsBetter, epsilon);

    /// <summary>
    /// The same schedule behind a straight line up to its first rate; it then runs over the steps that are left. PyTorch's
    /// <c>SequentialLR</c> of <c>LinearLR</c> and the schedule.
    /// </summary>
    /// <param name="length">How long the rate grows.</param>
    /// <param name="start">The share of the first rate at which it starts, in <c>(0, 1]</c>.</param>
    public Schedule WithWarmUp(WarmUp length, double start = 0.01)
    {
        ArgumentNullException.ThrowIfNull(length);
        return new WarmUpSchedule(this, length, start);
    }

    /// <summary>What the rate is multiplied with.</summary>
    /// <param name="position">Where the run stands.</param>
    public double Factor(SchedulePosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        return FactorAt(position);
    }

    /// <summary>The learning rate of a step.</summary>
    /// <param name="baseRate">The optimizer's rate.</param>
    /// <param name="position">Where the run stands.</param>
    public double Rate(double baseRate, SchedulePosition position) => baseRate * Factor(position);

    /// <summary>The momentum of a step (the first beta of Adam and its kin); null: the optimizer's own.</summary>
    /// <param name="position">Where the run stands.</param>
    public double? Momentum(SchedulePosition position)
    {
        ArgumentNullException.ThrowIfNull(position);
        return MomentumAt(position);
    }

    /// <summary>Draws the rate over a run.</summary>
    /// <param name="baseRate">The optimizer's rate.</param>
    /// <param name="epochs">Epochs of the run, at least 1.</param>
    /// <param name="stepsPerEpoch">Optimizer steps of an epoch, at least 1.</param>
    public LineChart Chart(double baseRate, int epochs, int stepsPerEpoch = 100)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epochs, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(stepsPerEpoch, 1);
        return new LineChart
        {
            Title = ToString(),
            XLabel = "epoch",
            YLabel = "learning rate",
            Lines =
            [
                new("learning rate", [.. Enumerable.Range(0, epochs * stepsPerEpoch).Select(step => ((double)step / stepsPerEpoch,
                    Rate(baseRate, new SchedulePosition(step, epochs * stepsPerEpoch, stepsPerEpoch))))]),
            ],
        };
    }

    /// <summary>The schedule in words: <c>cosine to 0</c>.</summary>
    public sealed override string ToString() => FormattableString.Invariant(Description);

    private protected abstract FormattableString Description { get; }

    internal abstract double FactorAt(SchedulePosition position);

    internal virtual double? MomentumAt(SchedulePosition position) => null;

    internal virtual IEnumerable<string> ValidationErrors() => [];

    /// <summary>Half a cosine from one value to another; <paramref name="share"/> runs from 0 to 1.</summary>
    private protected static double HalfCosine(double from, double to, double share) =>
        to + (from - to) / 2 * (1 + Math.Cos(Math.PI * share));

    private protected static IEnumerable<string> Require(bool holds, string what, double value, string must) =>
        holds ? [] : [FormattableString.Invariant($"The schedule's {what} is {value}, but must {must}.")];
}
