namespace TransferKit;

/// <summary>The operators that several layers use, with the sizes of what they give.</summary>
internal static class OnnxOperators
{
    /// <summary>An operator that keeps the sizes, such as <c>Relu</c>.</summary>
    public static OnnxValue Map(this OnnxGraph graph, string type, OnnxValue input,
        params ReadOnlySpan<(string, object)> attributes) => graph.Node(type, input.Sizes, [input], attributes);

    public static OnnxValue Add(this OnnxGraph graph, OnnxValue left, OnnxValue right) => graph.Combine("Add", left, right);

    public static OnnxValue Multiply(this OnnxGraph graph, OnnxValue left, OnnxValue right) => graph.Combine("Mul", left, right);

    /// <summary>An operator on a value and a number.</summary>
    public static OnnxValue Combine(this OnnxGraph graph, string type, OnnxValue left, double right) =>
        graph.Combine(type, left, graph.Scalar(right, left.Type));

    /// <summary>An operator on two values, which broadcast to each other.</summary>
    public static OnnxValue Combine(this OnnxGraph graph, string type, OnnxValue left, OnnxValue right)
    {
        var rank = Math.Max(left.Sizes.Count, right.Sizes.Count);
        return graph.Node(type, [.. Enumerable.Range(0, rank).Select(Size)], [left, right]);

        long Size(int dimension)
        {
            var (a, b) = (At(left, dimension), At(right, dimension));
            return a == 1 ? b : a;
        }

        long At(OnnxValue value, int dimension) =>
            dimension - (rank - value.Sizes.Count) is >= 0 and var own ? value.Sizes[own] : 1;
    }

    /// <summary>Gives a value other sizes; one may be <see cref="OnnxValue.Batch"/>, which follows from the others.</summary>
    public static OnnxValue Reshape(this OnnxGraph graph, OnnxValue input, params long[] sizes) =>
        graph.Node("Reshape", sizes, [input, graph.Vector(sizes)]);

    /// <summary>Puts the dimensions into another order.</summary>
    public static OnnxValue Transpose(this OnnxGraph graph, OnnxValue input, params long[] order) =>
        graph.Node("Transpose", [.. order.Select(dimension => input.Sizes[(int)dimension])], [input], ("perm", order));

    /// <summary>The matrix product of the last two dimensions.</summary>
    public static OnnxValue MatMul(this OnnxGraph graph, OnnxValue left, OnnxValue right)
    {
        var outer = left.Sizes.Count >= right.Sizes.Count ? left : right;
        return graph.Node("MatMul", [.. outer.Sizes.SkipLast(2), left.Sizes[^2], right.Sizes[^1]], [left, right]);
    }

    /// <summary>A linear map of the last dimension by a matrix <c>[Out, In]</c>.</summary>
    public static OnnxValue Linear(this OnnxGraph graph, OnnxValue input, OnnxValue matrix, OnnxValue? bias)
    {
        if (input.Sizes.Count == 2)
            return graph.Node("Gemm", [input.Sizes[0], matrix.Sizes[0]], bias is null ? [input, matrix] : [input, matrix, bias],
                ("transB", 1));
        var product = graph.MatMul(input, graph.Transpose(matrix, 1, 0));
        return bias is null ? product : graph.Add(product, bias);
    }

    /// <summary>Reduces dimensions, counted from the front or, below zero, from behind, to one number each.</summary>
    /// <param name="graph">The graph.</param>
    /// <param name="type">The operator, such as <c>ReduceMean</c>.</param>
    /// <param name="input">What is reduced.</param>
    /// <param name="dimensions">The dimensions.</param>
    /// <param name="keep">Whether they stay, with a size of 1.</param>
    public static OnnxValue Reduce(this OnnxGraph graph, string type, OnnxValue input, long[] dimensions, bool keep = true)
    {
        var rank = input.Sizes.Count;
        var sizes = input.Sizes.Index().Where(one => keep || !IsReduced(one.Index))
            .Select(one => IsReduced(one.Index) ? 1 : one.Item).ToArray();
        // An attribute became an input.
        return graph.Opset < 18
            ? graph.Node(type, sizes, [input], ("axes", dimensions), ("keepdims", keep ? 1 : 0))
            : graph.Node(type, sizes, [input, graph.Vector(dimensions)], ("keepdims", keep ? 1 : 0));

        bool IsReduced(int dimension) => dimensions.Contains(dimension) || dimensions.Contains(dimension - rank);
    }

    /// <summary>Joins values along a dimension.</summary>
    public static OnnxValue Concat(this OnnxGraph graph, int dimension, params IReadOnlyList<OnnxValue> inputs)
    {
        var sizes = inputs[0].Sizes.ToArray();
        sizes[dimension] = inputs.Sum(input => input.Sizes[dimension]);
        return graph.Node("Concat", sizes, inputs, ("axis", dimension));
    }

    /// <summary>Cuts a value into parts of the given lengths.</summary>
    public static OnnxValue[] Split(this OnnxGraph graph, OnnxValue input, int dimension, params long[] lengths) =>
        graph.Node("Split", [.. lengths.Select(length => With(input.Sizes, dimension, length))],
            [input, graph.Vector(lengths)], ("axis", dimension));

    /// <summary>Takes a run of a dimension.</summary>
    public static OnnxValue Slice(this OnnxGraph graph, OnnxValue input, int dimension, long start, long length) =>
        graph.Node("Slice", With(input.Sizes, dimension, length),
            [input, graph.Vector(start), graph.Vector(start + length), graph.Vector((long)dimension)]);

    /// <summary>Moves the first values of a dimension behind its others; below zero, the last ones to the front.</summary>
    public static OnnxValue Roll(this OnnxGraph graph, OnnxValue input, int dimension, long distance)
    {
        if (distance == 0)
            return input;
        var size = input.Sizes[dimension];
        var front = distance > 0 ? distance : size + distance;
        var parts = graph.Split(input, dimension, front, size - front);
        return graph.Concat(dimension, parts[1], parts[0]);
    }

    /// <summary>Adds zeros, for each dimension in front of its values and behind them.</summary>
    public static OnnxValue Pad(this OnnxGraph graph, OnnxValue input, long[] front, long[] behind) => graph.Node("Pad",
        [.. input.Sizes.Select((size, i) => size == OnnxValue.Batch ? size : size + front[i] + behind[i])],
        [input, graph.Vector([.. front, .. behind])]);

    /// <summary>Looks rows up, <c>[rows, …]</c> by <c>[indices …]</c>, along a dimension.</summary>
    public static OnnxValue Gather(this OnnxGraph graph, OnnxValue input, OnnxValue indices, int dimension = 0) =>
        graph.Node("Gather", [.. input.Sizes.Take(dimension), .. indices.Sizes, .. input.Sizes.Skip(dimension + 1)],
            [input, indices], ("axis", dimension));

    private static long[] With(IReadOnlyList<long> sizes, int dimension, long size) =>
        [.. sizes.Select((old, i) => i == dimension ? size : old)];
}
