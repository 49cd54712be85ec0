namespace TransferKit;

/// <inheritdoc cref="Schedule.Constant"/>
internal sealed record ConstantSchedule : Schedule
{
    private protected override FormattableString Description => $"constant";

    internal override double FactorAt(SchedulePosition position) => 1;
}

/// <inheritdoc cref="Schedule.Step"/>
internal sealed record StepSchedule(int Every, double Gamma) : Schedule
{
    private protected override FormattableString Description => $"times {Gamma} every {Every} epochs";

    internal override double FactorAt(SchedulePosition position) => Math.Pow(Gamma, position.Epoch / Every);

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Require(Every >= 1, "number of epochs between two drops", Every, "be at least 1"),
        .. Require(Gamma is > 0 and <= 1, "gamma", Gamma, "lie in (0, 1]"),
    ];
}

/// <inheritdoc cref="Schedule.MultiStep"/>
internal sealed record MultiStepSchedule(IReadOnlyList<int> Milestones, double Gamma) : Schedule
{
    private protected override FormattableString Description => $"times {Gamma} after epochs {string.Join(", ", Milestones)}";

    internal override double FactorAt(SchedulePosition position) =>
        Math.Pow(Gamma, Milestones.Count(milestone => milestone <= position.Epoch));

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Milestones.Where((milestone, i) => milestone < 1 || (i > 0 && milestone <= Milestones[i - 1]))
            .SelectMany(milestone => Require(false, "milestone", milestone, "be at least 1 and above the one before")),
        .. Require(Gamma is > 0 and <= 1, "gamma", Gamma, "lie in (0, 1]"),
    ];

    public bool Equals(MultiStepSchedule? other) =>
        other is not null && Gamma == other.Gamma && Milestones.SequenceEqual(other.Milestones);

    public override int GetHashCode() => Milestones.Aggregate(Gamma.GetHashCode(), HashCode.Combine);
}

/// <inheritdoc cref="Schedule.Exponential"/>
internal sealed record ExponentialSchedule(double Gamma) : Schedule
{
    private protected override FormattableString Description => $"times {Gamma} every epoch";

    internal override double FactorAt(SchedulePosition position) => Math.Pow(Gamma, position.Epoch);

    internal override IEnumerable<string> ValidationErrors() => Require(Gamma is > 0 and <= 1, "gamma", Gamma, "lie in (0, 1]");
}

/// <inheritdoc cref="Schedule.Cosine"/>
internal sealed record CosineSchedule(double Minimum) : Schedule
{
    private protected override FormattableString Description => $"cosine to {Minimum}";

    internal override double FactorAt(SchedulePosition position) =>
        HalfCosine(1, Minimum, (double)position.Step / position.TotalSteps);

    internal override IEnumerable<string> ValidationErrors() =>
        Require(Minimum is >= 0 and < 1, "minimum", Minimum, "lie in [0, 1)");
}

/// <inheritdoc cref="Schedule.CosineRestarts"/>
internal sealed record CosineRestartsSchedule(int First, int Multiplier, double Minimum) : Schedule
{
    private protected override FormattableString Description =>
        $"cosines to {Minimum}, the first of {First} epochs, each next {Multiplier} times as long";

    internal override double FactorAt(SchedulePosition position)
    {
        // In steps, whose counts are whole, so that a cosine ends exactly where the next begins.
        long start = 0, length = (long)First * position.StepsPerEpoch;
        while (position.Step >= start + length)
            (start, length) = (start + length, length * Multiplier);
        return HalfCosine(1, Minimum, (double)(position.Step - start) / length);
    }

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Require(First >= 1, "first cosine", First, "have at least 1 epoch"),
        .. Require(Multiplier >= 1, "multiplier", Multiplier, "be at least 1"),
        .. Require(Minimum is >= 0 and < 1, "minimum", Minimum, "lie in [0, 1)"),
    ];
}

/// <inheritdoc cref="Schedule.OneCycle"/>
internal sealed record OneCycleSchedule(double Rise, double Start, double End, double MomentumLow, double MomentumHigh) : Schedule
{
    private protected override FormattableString Description =>
        $"one cycle, {100 * Rise} % up from 1/{Start}, down to 1/{Start * End}, momentum {MomentumHigh} to {MomentumLow}";

    internal override double FactorAt(SchedulePosition position) => At(position, 1 / Start, 1, 1 / Start / End);

    internal override double? MomentumAt(SchedulePosition position) => At(position, MomentumHigh, MomentumLow, MomentumHigh);

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Require(Rise is > 0 and < 1, "rise", Rise, "lie between 0 and 1, both excluded"),
        .. Require(Start > 0, "start", Start, "be above 0"),
        .. Require(End > 0, "end", End, "be above 0"),
        .. Require(MomentumLow is >= 0 and < 1, "low momentum", MomentumLow, "lie in [0, 1)"),
        .. Require(MomentumHigh is >= 0 and < 1, "high momentum", MomentumHigh, "lie in [0, 1)"),
    ];

    /// <summary>PyTorch's peak lies one step before the end of the rise, and may lie between two steps.</summary>
    private double At(SchedulePosition position, double first, double peak, double last)
    {
        var top = Math.Max(Rise * position.TotalSteps - 1, 0);
        var fall = position.TotalSteps - 1 - top;
        if (position.Step <= top)
            return top == 0 ? peak : HalfCosine(first, peak, position.Step / top);
        return HalfCosine(peak, last, (position.Step - top) / fall);
    }
}

/// <inheritdoc cref="Schedule.Polynomial"/>
internal sealed record PolynomialSchedule(double Power) : Schedule
{
    private protected override FormattableString Description => $"polynomial of power {Power}";

    internal override double FactorAt(SchedulePosition position) =>
        Math.Pow(1 - (double)position.Step / position.TotalSteps, Power);

    internal override IEnumerable<string> ValidationErrors() => Require(Power > 0, "power", Power, "be above 0");
}

/// <inheritdoc cref="Schedule.ReduceOnPlateau"/>
internal sealed record PlateauSchedule(
    double Drop, int Patience, double Threshold, int Cooldown, double Minimum, bool? HigherIsBetter, double Epsilon) : Schedule
{
    private protected override FormattableString Description =>
        $"times {Drop} after {Patience} epochs not {Better} by {Threshold}, resting {Cooldown}, down to {Minimum} by {Epsilon}";

    private string Better => HigherIsBetter switch { true => "above", false => "below", null => "better" };

    internal override double FactorAt(SchedulePosition position)
    {
        var (factor, bad, resting) = (1.0, 0, 0);
        var isHigherBetter = HigherIsBetter ?? position.HigherIsBetter;
        var best = isHigherBetter ? double.NegativeInfinity : double.PositiveInfinity;
        foreach (var value in position.Monitored)
        {
            if (Improves(value, best, isHigherBetter))
                (best, bad) = (value, 0);
            else
                bad++;
            if (resting > 0)
                (resting, bad) = (resting - 1, 0);
            if (bad <= Patience)
                continue;
            var lower = Math.Max(factor * Drop, Minimum);
            (factor, resting, bad) = (factor - lower > Epsilon ? lower : factor, Cooldown, 0);
        }
        return factor;
    }

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Require(Drop is > 0 and < 1, "factor", Drop, "lie between 0 and 1, both excluded"),
        .. Require(Patience >= 0, "patience", Patience, "be at least 0"),
        .. Require(Threshold >= 0, "threshold", Threshold, "be at least 0"),
        .. Require(Cooldown >= 0, "cooldown", Cooldown, "be at least 0"),
        .. Require(Epsilon >= 0, "epsilon", Epsilon, "be at least 0"),
        .. Require(Minimum is >= 0 and < 1, "minimum", Minimum, "lie in [0, 1)"),
    ];

    /// <summary>Written so that the first value improves on infinity, and one that is no number never improves.</summary>
    private bool Improves(double value, double best, bool isHigherBetter) =>
        isHigherBetter ? value > best * (1 + Threshold) : value < best * (1 - Threshold);
}

/// <inheritdoc cref="Schedule.WithWarmUp"/>
internal sealed record WarmUpSchedule(Schedule Then, WarmUp Length, double Start) : Schedule
{
    private protected override FormattableString Description => $"{Length} of warm-up from {Start}, then {Then}";

    internal override double FactorAt(SchedulePosition position)
    {
        var steps = Length.StepsOf(position);
        var after = position.After(steps);
        return after.Step >= 0
            ? Then.FactorAt(after)
            : (Start + (1 - Start) * position.Step / steps) * Then.FactorAt(after with { Step = 0 });
    }

    internal override double? MomentumAt(SchedulePosition position)
    {
        var after = position.After(Length.StepsOf(position));
        return Then.MomentumAt(after with { Step = Math.Max(after.Step, 0) });
    }

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. Then.ValidationErrors(), .. Length.ValidationErrors(),
        .. Require(Start is > 0 and <= 1, "warm-up's start", Start, "lie in (0, 1]"),
    ];
}
