namespace TransferKit;

/// <inheritdoc cref="Optimizer.Sgd"/>
internal sealed record SgdOptimizer(double LearningRate, double Momentum, double WeightDecay, bool Nesterov) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    public override double WeightDecay { get; init; } = WeightDecay;

    private protected override FormattableString Description =>
        $"SGD, rate {LearningRate}, momentum {Momentum}{(Nesterov ? " (Nesterov)" : "")}";

    internal override UpdateRule Begin(IReadOnlyList<ParameterGroup> groups) => new SgdRule(this, groups);

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. base.ValidationErrors(), .. Share("The momentum", Momentum), .. Decay(),
        .. Nesterov && Momentum == 0 ? ["Nesterov needs a momentum above 0."] : Array.Empty<string>(),
    ];
}

/// <inheritdoc cref="Optimizer.Adam"/>
internal sealed record AdamOptimizer(
    double LearningRate, double Beta1, double Beta2, double WeightDecay, bool Decoupled) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    public override double WeightDecay { get; init; } = WeightDecay;

    private protected override FormattableString Description =>
        $"{(Decoupled ? "AdamW" : "Adam")}, rate {LearningRate}, betas {Beta1} and {Beta2}";

    internal override UpdateRule Begin(IReadOnlyList<ParameterGroup> groups) => new AdamRule(this, groups);

    internal override IEnumerable<string> ValidationErrors() =>
        [.. base.ValidationErrors(), .. Share("Beta1", Beta1), .. Share("Beta2", Beta2), .. Decay()];
}

/// <inheritdoc cref="Optimizer.RmsProp"/>
internal sealed record RmsPropOptimizer(
    double LearningRate, double Alpha, double Epsilon, double Momentum, double WeightDecay) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    public override double WeightDecay { get; init; } = WeightDecay;

    private protected override FormattableString Description =>
        $"RMSprop, rate {LearningRate}, alpha {Alpha}, epsilon {Epsilon}, momentum {Momentum}";

    internal override UpdateRule Begin(IReadOnlyList<ParameterGroup> groups) => new RmsPropRule(this, groups);

    internal override IEnumerable<string> ValidationErrors() =>
    [
        .. base.ValidationErrors(), .. Share("Alpha", Alpha), .. Share("The momentum", Momentum), .. Decay(),
        .. Epsilon > 0 ? Array.Empty<string>() : [FormattableString.Invariant($"Epsilon is {Epsilon}, but must be above 0.")],
    ];
}

/// <inheritdoc cref="Optimizer.Lion"/>
internal sealed record LionOptimizer(double LearningRate, double Beta1, double Beta2, double WeightDecay) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    public override double WeightDecay { get; init; } = WeightDecay;

    private protected override FormattableString Description =>
        $"Lion, rate {LearningRate}, betas {Beta1} and {Beta2}";

    internal override UpdateRule Begin(IReadOnlyList<ParameterGroup> groups) => new LionRule(this, groups);

    internal override IEnumerable<string> ValidationErrors() =>
        [.. base.ValidationErrors(), .. Share("Beta1", Beta1), .. Share("Beta2", Beta2), .. Decay()];
}

/// <inheritdoc cref="Optimizer.Lamb"/>
internal sealed record LambOptimizer(double LearningRate, double Beta1, double Beta2, double WeightDecay) : Optimizer
{
    public override double LearningRate { get; init; } = LearningRate;

    public override double WeightDecay { get; init; } = WeightDecay;

    private protected override FormattableString Description =>
        $"LAMB, rate {LearningRate}, betas {Beta1} and {Beta2}";

    internal override UpdateRule Begin(IReadOnlyList<ParameterGroup> groups) => new LambRule(this, groups);

    internal override IEnumerable<string> ValidationErrors() =>
        [.. base.ValidationErrors(), .. Share("Beta1", Beta1), .. Share("Beta2", Beta2), .. Decay()];
}
