namespace TransferKit;

/// <summary>
/// Weighs what a layer computes against the values that have to be rounded, or widened again, because it does so in 8 bits:
/// between layers that all do, there are none.
/// </summary>
internal sealed class RoundingCosts : QuantizedOperations<SizedValue>
{
    /// <summary>
    /// Below that many multiply-adds for each value that is rounded or widened, a layer stays in float32: with it EfficientNet-B0
    /// is as fast in ONNX Runtime as in float32, and half as fast without (docs/deployment.md).
    /// </summary>
    private const int LeastPerValue = 24;

    /// <summary>What a layer takes besides, in multiply-adds: it becomes several nodes, each of which is started.</summary>
    private const int PerLayer = 100_000;

    private readonly IReadOnlySet<Weight> _kernels;
    private readonly Dictionary<Weight, long> _multiplyAdds = [], _values = [];
    private readonly Dictionary<SizedValue, Weight> _origins = new(ReferenceEqualityComparer.Instance);

    private RoundingCosts(IReadOnlySet<Weight> kernels)
        : base(new ShapeOperations()) => _kernels = kernels;

    /// <summary>Those layers that are faster in 8 bits.</summary>
    /// <param name="network">The network.</param>
    /// <param name="image">The shape of its images.</param>
    /// <param name="layers">The layers that could be in 8 bits, by their kernels.</param>
    public static IReadOnlySet<Weight> Worthwhile(Network network, Shape image, IReadOnlyCollection<Weight> layers)
    {
        var kept = layers.ToHashSet();
        RoundingCosts costs;
        do
        {
            costs = new RoundingCosts(kept);
            network.Compute(costs, ShapeOperations.Of(image));
        }
        while (kept.RemoveWhere(kernel => !costs.IsWorthwhile(kernel)) > 0);
        return kept;
    }

    private bool IsWorthwhile(Weight kernel) =>
        _multiplyAdds[kernel] >= PerLayer + LeastPerValue * _values.GetValueOrDefault(kernel);

    protected override bool IsQuantized(Weight kernel) => _kernels.Contains(kernel);

    // Another object, as some operations hand on the one that they are given.
    protected override SizedValue Round(SizedValue value, int range) => value with { };

    protected override SizedValue Operand(SizedValue value)
    {
        if (IsRounded(value) && _origins.TryGetValue(value, out var kernel))
            Charge(kernel, value);
        return base.Operand(value);
    }

    protected override SizedValue Convolution(SizedValue input, int range, QuantizedWeights layer, Kernel2d window, int groups)
    {
        var output = Inner.Convolution(input, Inner.Weight(layer.Kernel), null, window, groups) with { };
        Note(layer.Kernel, input, output.Count / layer.Kernel.Shape[0] * layer.Kernel.Count);
        _origins[output] = layer.Kernel;
        return output;
    }

    protected override SizedValue Linear(SizedValue input, int range, QuantizedWeights layer)
    {
        Note(layer.Kernel, input, input.Count * layer.Kernel.Shape[0]);
        return Inner.Linear(input, Inner.Weight(layer.Kernel), null);
    }

    private void Note(Weight kernel, SizedValue input, long multiplyAdds)
    {
        _multiplyAdds[kernel] = multiplyAdds;
        if (!IsRounded(input))
            Charge(kernel, input);
    }

    private void Charge(Weight kernel, SizedValue value) => _values[kernel] = _values.GetValueOrDefault(kernel) + value.Count;
}
