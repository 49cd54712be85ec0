namespace TransferKit;

/// <summary>
/// Which layers train, as an ordered list of freeze rules; a later one wins where two touch the same layer. A value.
/// </summary>
internal sealed record FreezePlan
{
    /// <summary>Whether everything trains before the rules speak; null: as the weights suggest.</summary>
    public bool? AllTrain { get; init; }

    public IReadOnlyList<FreezeRule> Rules { get; init; } = [];

    public FreezePlan With(bool train, IEnumerable<string> patterns) =>
        this with { Rules = [.. Rules, .. patterns.Select(pattern => new FreezeRule(pattern, train))] };

    /// <summary>Applies the freeze rules to a network. A new head always trains.</summary>
    public void Apply(Network network, bool pretrained, bool newHead)
    {
        foreach (var (name, weight) in network.NamedWeights())
        {
            var trains = AllTrain ?? !pretrained;
            foreach (var rule in Rules)
                if (LayerPattern.Matches(rule.Pattern, name))
                    trains = rule.Train;
            weight.SetTrains(trains || (newHead && network.IsInHead(name)));
        }
    }

    public bool Equals(FreezePlan? other) =>
        other is not null && AllTrain == other.AllTrain && Rules.SequenceEqual(other.Rules);

    public override int GetHashCode() => Rules.Aggregate(AllTrain.GetHashCode(), HashCode.Combine);

    public override string ToString() => string.Join(", ",
    [
        AllTrain switch { true => "all layers train", false => "all layers frozen", null => "layers as the weights suggest" },
        .. Rules.Select(rule => $"{(rule.Train ? "unfreeze" : "freeze")} {rule.Pattern}"),
    ]);
}

/// <summary>One rule of a <see cref="FreezePlan"/>.</summary>
/// <param name="Pattern">A dotted path, <c>*</c> standing for one segment.</param>
/// <param name="Train">Whether the layers at and below it train.</param>
internal sealed record FreezeRule(string Pattern, bool Train);
