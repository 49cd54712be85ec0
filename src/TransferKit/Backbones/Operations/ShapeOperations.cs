namespace TransferKit;

/// <summary>
/// Sizes in place of tensors: what a network's layers give for one sample, and how many multiply-adds that takes.
/// </summary>
internal sealed class ShapeOperations : Operations<SizedValue>
{
    private readonly ShapeVisitor? _visit;
    private long _multiplyAdds;

    /// <param name="visit">Told of each layer when its output is known; a layer's children come before it.</param>
    public ShapeOperations(ShapeVisitor? visit = null) => _visit = visit;

    public static SizedValue Of(Shape sample) => new([1, .. sample.Sizes]);

    public override IReadOnlyList<long> Sizes(SizedValue value) => value.Sizes;

    public override SizedValue Run(Layer layer, SizedValue input)
    {
        var outside = _multiplyAdds;
        _multiplyAdds = 0;
        var output = layer.Compute(this, input);
        _visit?.Invoke(layer, input.Shape, output.Shape, _multiplyAdds);
        _multiplyAdds = outside;
        return output;
    }

    public override SizedValue Weight(Weight weight) => new([.. weight.Shape]);

    public override SizedValue Weight(Weight weight, SizedValue other) => Weight(weight);

    public override SizedValue Constant(SizedValue other, float[] values, params long[] sizes) => new(sizes);

    public override SizedValue Cast(SizedValue value, SizedValue other) => value;

    public override SizedValue ToFloat32(SizedValue value) => value;

    public override SizedValue Convolution(SizedValue input, SizedValue kernel, SizedValue? bias, Kernel2d window, int groups = 1)
    {
        var channels = kernel.Sizes[1] * groups;
        if (input.Sizes.Length != 4 || input.Sizes[1] != channels)
            throw Unfit($"A convolution over {channels} channels", input);
        var output = window.OutputShape(input.Sample, kernel.Sizes[0]);
        _multiplyAdds += input.Sizes[0] * kernel.Count * output[1] * output[2];
        return new([input.Sizes[0], .. output.Sizes]);
    }

    public override SizedValue Linear(SizedValue input, SizedValue matrix, SizedValue? bias)
    {
        if (input.Sizes[^1] != matrix.Sizes[1])
            throw Unfit($"A linear layer of {matrix.Sizes[1]} inputs", input);
        _multiplyAdds += input.Count * matrix.Sizes[0];
        return input.With(input.Sizes.Length - 1, matrix.Sizes[0]);
    }

    internal override SizedValue MatMul(SizedValue left, SizedValue right)
    {
        _multiplyAdds += left.Count * right.Sizes[^1];
        return left.With(left.Sizes.Length - 1, right.Sizes[^1]);
    }

    public override SizedValue Attention(
        SizedValue queries, SizedValue keys, SizedValue values, SizedValue? bias = null, double? scale = null)
    {
        var (heads, tokens, width) = (queries.Sizes[1], queries.Sizes[2], values.Sizes[3]);
        _multiplyAdds += queries.Sizes[0] * heads * tokens * keys.Sizes[2] * (queries.Sizes[3] + width);
        return new([queries.Sizes[0], tokens, heads * width]);
    }

    internal override SizedValue BatchNorm(BatchNorm norm, SizedValue input) => input.Sizes[1] == norm.Scale.Count
        ? input
        : throw Unfit($"A batch norm over {norm.Scale.Count} channels", input);

    public override SizedValue LayerNorm(SizedValue input, SizedValue scale, SizedValue shift, double epsilon) =>
        input.Sizes[^1] == scale.Sizes[0] ? input : throw Unfit($"A layer norm over {scale.Sizes[0]} features", input);

    internal override SizedValue GroupNorm(
        SizedValue input, int groups, SizedValue scale, SizedValue shift, double epsilon) => input;

    internal override SizedValue RmsNorm(SizedValue input, SizedValue scale, double epsilon) =>
        input.Sizes[^1] == scale.Sizes[0] ? input : throw Unfit($"An RMS norm over {scale.Sizes[0]} features", input);

    public override SizedValue Normalize(SizedValue input) => input;

    internal override SizedValue Length(SizedValue input, params long[] dimensions) =>
        new([.. input.Sizes.Select((size, i) => dimensions.Contains(i) ? 1 : size)]);

    public override SizedValue Activate(ActivationFunction activation, SizedValue input) => input;

    public override SizedValue Exp(SizedValue input) => input;

    public override SizedValue Minimum(SizedValue input, double limit) => input;

    public override SizedValue Scale(SizedValue input, double factor) => input;

    public override SizedValue Add(SizedValue left, SizedValue right) => Broadcast(left, right);

    public override SizedValue Multiply(SizedValue left, SizedValue right) => Broadcast(left, right);

    internal override SizedValue Divide(SizedValue left, SizedValue right) => Broadcast(left, right);

    public override SizedValue Pool(SizedValue input, PoolKind kind, Kernel2d window, bool ceiling = false) =>
        new([input.Sizes[0], .. window.OutputShape(input.Sample, input.Sizes[1], ceiling).Sizes]);

    public override SizedValue GlobalPool(SizedValue input, PoolKind kind, int size = 1) =>
        new([input.Sizes[0], input.Sizes[1], size, size]);

    internal override SizedValue Drop(SizedValue input, double probability, bool wholeSamples, bool training) => input;

    public override SizedValue Reshape(SizedValue input, params long[] sizes)
    {
        var known = sizes.Where(size => size != Unknown).Aggregate(1L, (product, size) => product * size);
        SizedValue output = new([.. sizes.Select(size => size == Unknown ? input.Count / known : size)]);
        return output.Count == input.Count
            ? output
            : throw new ArgumentException($"A value of sizes {input} can't be given the sizes {output}.", nameof(sizes));
    }

    public override SizedValue Permute(SizedValue input, params long[] order) =>
        new([.. order.Select(dimension => input.Sizes[dimension])]);

    public override SizedValue Concat(int dimension, params IReadOnlyList<SizedValue> inputs) =>
        inputs[0].With(dimension, inputs.Sum(input => input.Sizes[dimension]));

    public override SizedValue[] Split(SizedValue input, int dimension, params long[] lengths) =>
        [.. lengths.Select(length => input.With(dimension, length))];

    public override SizedValue Slice(SizedValue input, int dimension, long start, long length) => input.With(dimension, length);

    public override SizedValue Pad(SizedValue input, long[] front, long[] behind) =>
        new([.. input.Sizes.Select((size, i) => size + front[i] + behind[i])]);

    public override SizedValue Roll(SizedValue input, long[] shifts, long[] dimensions) => input;

    public override SizedValue Rows(SizedValue table, SizedValue indices) => table.With(0, indices.Count);

    internal override SizedValue Rows(SizedValue table, long[] indices) => table.With(0, indices.Length);

    public override SizedValue Prepend(SizedValue input, SizedValue first) =>
        input.With(1, first.Sizes[1] + input.Sizes[1]);

    internal override SizedValue Run(ModuleLayer module, SizedValue input) =>
        new([input.Sizes[0], .. module.Output.Sizes]);

    private static SizedValue Broadcast(SizedValue left, SizedValue right)
    {
        var rank = Math.Max(left.Sizes.Length, right.Sizes.Length);
        return new([.. Enumerable.Range(0, rank).Select(i => Math.Max(At(left, i), At(right, i)))]);

        long At(SizedValue value, int dimension) =>
            dimension - (rank - value.Sizes.Length) is >= 0 and var own ? value.Sizes[own] : 1;
    }

    private static ArgumentException Unfit(string what, SizedValue input) =>
        new($"{what} can't take a sample of shape {input.Shape}.", nameof(input));
}

/// <summary>A value of which only the sizes are known.</summary>
/// <param name="Sizes">The sizes, outermost first.</param>
internal sealed record SizedValue(long[] Sizes)
{
    public long Count => Sizes.Aggregate(1L, (product, size) => product * size);

    /// <summary>The sizes of a sample; where one sample became several, as with windows, those of all.</summary>
    public Shape Shape => new(Sizes[0] == 1 ? Sizes.AsSpan(1) : Sizes);

    /// <summary>The sizes of one sample, or of one of the several that it became.</summary>
    public Shape Sample => new(Sizes.AsSpan(1));

    public SizedValue With(int dimension, long size) => new([.. Sizes.Select((old, i) => i == dimension ? size : old)]);

    public override string ToString() => $"[{string.Join(", ", Sizes)}]";
}

/// <summary>Sees the shapes of a sample before and after a layer.</summary>
/// <param name="layer">The layer.</param>
/// <param name="input">The shape of a sample before it.</param>
/// <param name="output">The shape of a sample after it.</param>
/// <param name="multiplyAdds">
/// Multiplications with addition that one sample costs in this layer itself, without its children.
/// </param>
internal delegate void ShapeVisitor(Layer layer, Shape input, Shape output, long multiplyAdds);
