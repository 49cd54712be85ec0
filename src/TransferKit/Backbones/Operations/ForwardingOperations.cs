namespace TransferKit;

/// <summary>
/// Leaves every operation to another interpreter, except for its own say in what becomes of operands: where an interpreter that
/// does some operations otherwise begins.
/// </summary>
/// <param name="inner">The other interpreter.</param>
internal abstract class ForwardingOperations<T>(Operations<T> inner) : Operations<T>
    where T : class
{
    protected Operations<T> Inner { get; } = inner;

    /// <summary>What an operation takes in place of an operand.</summary>
    protected abstract T Operand(T value);

    public override IReadOnlyList<long> Sizes(T value) => Inner.Sizes(value);

    public override T Run(Layer layer, T input) => layer.Compute(this, input);

    public override T Weight(Weight weight) => Inner.Weight(weight);

    public override T Weight(Weight weight, T other) => Inner.Weight(weight, other);

    public override T Constant(T other, float[] values, params long[] sizes) => Inner.Constant(other, values, sizes);

    public override T Cast(T value, T other) => Inner.Cast(value, other);

    public override T ToFloat32(T value) => Inner.ToFloat32(value);

    public override T Convolution(T input, T kernel, T? bias, Kernel2d window, int groups = 1) =>
        Inner.Convolution(Operand(input), kernel, bias, window, groups);

    public override T Linear(T input, T matrix, T? bias) => Inner.Linear(Operand(input), matrix, bias);

    internal override T MatMul(T left, T right) => Inner.MatMul(Operand(left), Operand(right));

    public override T Attention(T queries, T keys, T values, T? bias = null, double? scale = null) =>
        Inner.Attention(Operand(queries), Operand(keys), Operand(values), bias, scale);

    internal override T BatchNorm(BatchNorm norm, T input) => Inner.BatchNorm(norm, Operand(input));

    internal override T GroupNorm(T input, int groups, T scale, T shift, double epsilon) =>
        Inner.GroupNorm(Operand(input), groups, scale, shift, epsilon);

    public override T LayerNorm(T input, T scale, T shift, double epsilon) =>
        Inner.LayerNorm(Operand(input), scale, shift, epsilon);

    internal override T RmsNorm(T input, T scale, double epsilon) => Inner.RmsNorm(Operand(input), scale, epsilon);

    public override T Normalize(T input) => Inner.Normalize(Operand(input));

    internal override T Length(T input, params long[] dimensions) => Inner.Length(Operand(input), dimensions);

    public override T Activate(ActivationFunction activation, T input) => Inner.Activate(activation, Operand(input));

    public override T Exp(T input) => Inner.Exp(Operand(input));

    public override T Minimum(T input, double limit) => Inner.Minimum(Operand(input), limit);

    public override T Scale(T input, double factor) => Inner.Scale(Operand(input), factor);

    public override T Add(T left, T right) => Inner.Add(Operand(left), Operand(right));

    public override T Multiply(T left, T right) => Inner.Multiply(Operand(left), Operand(right));

    internal override T Divide(T left, T right) => Inner.Divide(Operand(left), Operand(right));

    public override T Pool(T input, PoolKind kind, Kernel2d window, bool ceiling = false) =>
        Inner.Pool(Operand(input), kind, window, ceiling);

    public override T GlobalPool(T input, PoolKind kind, int size = 1) => Inner.GlobalPool(Operand(input), kind, size);

    internal override T Drop(T input, double probability, bool wholeSamples, bool training) =>
        training ? Inner.Drop(Operand(input), probability, wholeSamples, training) : input;

    public override T Reshape(T input, params long[] sizes) => Inner.Reshape(Operand(input), sizes);

    public override T Permute(T input, params long[] order) => Inner.Permute(Operand(input), order);

    public override T Concat(int dimension, params IReadOnlyList<T> inputs) =>
        Inner.Concat(dimension, [.. inputs.Select(Operand)]);

    public override T[] Split(T input, int dimension, params long[] lengths) =>
        Inner.Split(Operand(input), dimension, lengths);

    public override T Slice(T input, int dimension, long start, long length) =>
        Inner.Slice(Operand(input), dimension, start, length);

    public override T Pad(T input, long[] front, long[] behind) => Inner.Pad(Operand(input), front, behind);

    public override T Roll(T input, long[] shifts, long[] dimensions) => Inner.Roll(Operand(input), shifts, dimensions);

    public override T Rows(T table, T indices) => Inner.Rows(Operand(table), indices);

    internal override T Rows(T table, long[] indices) => Inner.Rows(Operand(table), indices);

    public override T Prepend(T input, T first) => Inner.Prepend(Operand(input), first);

    internal override T Run(ModuleLayer module, T input) => Inner.Run(module, Operand(input));
}
