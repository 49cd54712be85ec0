namespace TransferKit;

/// <summary>
/// Says which values are held in 8 bits where convolutions and linear layers are, for any interpreter: such that a runtime that
/// has integer kernels finds, around each of them, values that were rounded in front of it and are rounded behind it.
/// </summary>
/// <remarks>
/// A layer rounds its input. What a convolution gives is rounded too, but behind a ReLU, which costs nothing there; sums,
/// averages and concatenations of rounded values are rounded, and what only moves values keeps their range. All else computes in
/// float32 on what rounded values stand for. Ranges are told by the number of the operation, which is the same for all
/// interpreters.
/// </remarks>
/// <param name="inner">What computes.</param>
internal abstract class QuantizedOperations<T>(Operations<T> inner) : ForwardingOperations<T>(inner)
    where T : class
{
    private readonly Dictionary<T, Weight> _weights = new(ReferenceEqualityComparer.Instance);

    // Values that are rounded wherever they are used, and which range they then have.
    private readonly Dictionary<T, int> _rounded = new(ReferenceEqualityComparer.Instance);
    private int _ranges;

    /// <summary>Whether the layer with this kernel or matrix computes in 8 bits.</summary>
    protected abstract bool IsQuantized(Weight kernel);

    /// <summary>A value rounded to 8 bits and back.</summary>
    /// <param name="value">The value.</param>
    /// <param name="range">The number of its range.</param>
    protected abstract T Round(T value, int range);

    /// <summary>A convolution in 8 bits.</summary>
    /// <param name="input">As in <see cref="Operations{T}"/>, not rounded yet.</param>
    /// <param name="range">The input's range.</param>
    /// <param name="layer">Kernel and bias.</param>
    /// <param name="window">Stride, padding and dilation.</param>
    /// <param name="groups">Groups of channels.</param>
    /// <returns>What is to be rounded.</returns>
    protected abstract T Convolution(T input, int range, QuantizedWeights layer, Kernel2d window, int groups);

    /// <summary>A linear map in 8 bits, which gives float32.</summary>
    /// <param name="input">As in <see cref="Operations{T}"/>, not rounded yet.</param>
    /// <param name="range">The input's range.</param>
    /// <param name="layer">Matrix and bias.</param>
    protected abstract T Linear(T input, int range, QuantizedWeights layer);

    /// <summary>The range in which a layer takes its input.</summary>
    /// <param name="input">The input.</param>
    /// <param name="own">The layer's own, for inputs that are not rounded yet.</param>
    protected virtual int RangeOf(T input, int own) => _rounded.GetValueOrDefault(input, own);

    /// <summary>Whether a value is rounded wherever it is used.</summary>
    protected bool IsRounded(T value) => _rounded.ContainsKey(value);

    /// <summary>What is computed in float32 computes with what rounded values stand for.</summary>
    protected override T Operand(T value) => _rounded.TryGetValue(value, out var range) ? Round(value, range) : value;

    // What is made of a weight alone is the same for all images, and not rounded.
    public override T Run(Layer layer, T input) =>
        _weights.ContainsKey(input) ? Inner.Run(layer, input) : base.Run(layer, input);

    public sealed override T Weight(Weight weight) => Known(base.Weight(weight), weight);

    public sealed override T Weight(Weight weight, T other) => Known(base.Weight(weight, other), weight);

    public sealed override T Convolution(T input, T kernel, T? bias, Kernel2d window, int groups = 1)
    {
        var (own, output) = (_ranges++, _ranges++);
        return QuantizedOf(kernel, bias) is { } layer
            ? Rounded(Convolution(input, RangeOf(input, own), layer, window, groups), output)
            : base.Convolution(input, kernel, bias, window, groups);
    }

    public sealed override T Linear(T input, T matrix, T? bias)
    {
        var own = _ranges++;
        return QuantizedOf(matrix, bias) is { } layer ? Linear(input, RangeOf(input, own), layer)
            : base.Linear(input, matrix, bias);
    }

    public sealed override T Activate(ActivationFunction activation, T input) =>
        activation is ActivationFunction.Relu or ActivationFunction.Relu6 && _rounded.TryGetValue(input, out var range)
            ? Rounded(Inner.Activate(activation, input), range)
            : base.Activate(activation, input);

    public sealed override T Add(T left, T right) => Combine(inputs => Inner.Add(inputs[0], inputs[1]), left, right);

    public sealed override T Concat(int dimension, params IReadOnlyList<T> inputs) =>
        Combine(parts => Inner.Concat(dimension, parts), [.. inputs]);

    public sealed override T Pool(T input, PoolKind kind, Kernel2d window, bool ceiling = false) => kind == PoolKind.Max
        ? Move(input, value => Inner.Pool(value, kind, window, ceiling))
        : Combine(inputs => Inner.Pool(inputs[0], kind, window, ceiling), input);

    public sealed override T GlobalPool(T input, PoolKind kind, int size = 1) => kind == PoolKind.Max
        ? Move(input, value => Inner.GlobalPool(value, kind, size))
        : Combine(inputs => Inner.GlobalPool(inputs[0], kind, size), input);

    public sealed override T Reshape(T input, params long[] sizes) => Move(input, value => Inner.Reshape(value, sizes));

    public sealed override T Permute(T input, params long[] order) => Move(input, value => Inner.Permute(value, order));

    public sealed override T Slice(T input, int dimension, long start, long length) =>
        Move(input, value => Inner.Slice(value, dimension, start, length));

    public sealed override T[] Split(T input, int dimension, params long[] lengths) => _rounded.TryGetValue(input, out var range)
        ? [.. Inner.Split(Round(input, range), dimension, lengths).Select(part => Rounded(part, range))]
        : Inner.Split(input, dimension, lengths);

    /// <summary>Makes a value of several: rounded, in a range of its own, if all of them are.</summary>
    private T Combine(Func<T[], T> combine, params T[] inputs)
    {
        var range = _ranges++;
        return Array.TrueForAll(inputs, IsRounded)
            ? Rounded(combine([.. inputs.Select(input => Round(input, _rounded[input]))]), range)
            : combine([.. inputs.Select(Operand)]);
    }

    /// <summary>Puts values into another order, or takes some of them: the range stays theirs.</summary>
    private T Move(T input, Func<T, T> move) => _rounded.TryGetValue(input, out var range)
        ? Rounded(move(Round(input, range)), range)
        : move(input);

    private T Rounded(T value, int range)
    {
        _rounded[value] = range;
        return value;
    }

    private T Known(T value, Weight weight)
    {
        _weights[value] = weight;
        return value;
    }

    /// <summary>The weights of a layer that computes in 8 bits; null: it doesn't, or they are computed.</summary>
    private QuantizedWeights? QuantizedOf(T kernel, T? bias)
    {
        var shift = bias is null ? null : _weights.GetValueOrDefault(bias);
        return (bias is null || shift is not null) && _weights.TryGetValue(kernel, out var weight) && IsQuantized(weight)
            ? new QuantizedWeights(weight, shift)
            : null;
    }
}
