using TorchSharp;

namespace TransferKit;

/// <summary>Writes what layers compute in evaluation as nodes of a graph.</summary>
/// <param name="graph">The graph.</param>
internal sealed class OnnxOperations(OnnxGraph graph) : Operations<OnnxValue>
{
    public override IReadOnlyList<long> Sizes(OnnxValue value) => value.Sizes;

    public override OnnxValue Run(Layer layer, OnnxValue input)
    {
        if (input.Weight is not { } weight)
            return layer.Compute(this, input);
        // What is made of a weight alone is the same for all images, and computed here: not all runtimes look rows of a constant
        // up.
        using var scope = torch.NewDisposeScope();
        return graph.Constant(new TensorOperations().Run(layer, weight.Value));
    }

    public override OnnxValue Weight(Weight weight) => graph.Parameter(weight);

    public override OnnxValue Weight(Weight weight, OnnxValue other) => Cast(graph.Parameter(weight), other);

    public override OnnxValue Constant(OnnxValue other, float[] values, params long[] sizes)
    {
        using var tensor = torch.tensor(values, sizes, other.Type);
        return graph.Constant(tensor);
    }

    public override OnnxValue Cast(OnnxValue value, OnnxValue other) => graph.Cast(value, other.Type);

    public override OnnxValue ToFloat32(OnnxValue value) => graph.Cast(value, torch.ScalarType.Float32);

    public override OnnxValue Convolution(OnnxValue input, OnnxValue kernel, OnnxValue? bias, Kernel2d window, int groups = 1) =>
        graph.Node("Conv", [input.Sizes[0], .. window.OutputShape(input.Sample, kernel.Sizes[0]).Sizes],
            bias is null ? [input, kernel] : [input, kernel, bias],
            ("kernel_shape", window.Kernels), ("strides", window.Strides), ("pads", window.Pads), ("dilations", window.Dilations),
            ("group", groups));

    public override OnnxValue Linear(OnnxValue input, OnnxValue matrix, OnnxValue? bias) => graph.Linear(input, matrix, bias);

    internal override OnnxValue MatMul(OnnxValue left, OnnxValue right) => graph.MatMul(left, right);

    public override OnnxValue Attention(
        OnnxValue queries, OnnxValue keys, OnnxValue values, OnnxValue? bias = null, double? scale = null)
    {
        var (heads, tokens, width) = (queries.Sizes[1], queries.Sizes[2], values.Sizes[3]);
        var scaled = Scale(queries, scale ?? Math.Sqrt(1.0 / queries.Sizes[3]));
        var scores = graph.MatMul(scaled, Permute(keys, 0, 1, 3, 2));
        if (bias is { Sizes: [var kinds, ..] })
            scores = kinds is 1 or Unknown
                ? graph.Add(scores, bias)
                : Reshape(
                    graph.Add(Reshape(scores, Unknown, kinds, heads, tokens, tokens), bias), Unknown, heads, tokens, tokens);
        var attended = graph.MatMul(graph.Map("Softmax", scores, ("axis", 3)), values);
        return Reshape(Permute(attended, 0, 2, 1, 3), Unknown, tokens, heads * width);
    }

    internal override OnnxValue BatchNorm(BatchNorm norm, OnnxValue input) => graph.Node("BatchNormalization", input.Sizes,
        [input, .. new[] { norm.Scale, norm.Shift, norm.Mean, norm.Variance }.Select(weight => Weight(weight, input))],
        ("epsilon", (float)norm.Epsilon));

    /// <summary>ONNX has no such operator before opset 18: a group is an instance of its values.</summary>
    internal override OnnxValue GroupNorm(OnnxValue input, int groups, OnnxValue scale, OnnxValue shift, double epsilon)
    {
        using var ones = torch.ones(groups, input.Type);
        using var zeros = torch.zeros(groups, input.Type);
        var grouped = Reshape(input, Unknown, groups, input.Sample.Count / groups);
        var normal = graph.Node("InstanceNormalization", grouped.Sizes, [grouped, graph.Constant(ones), graph.Constant(zeros)],
            ("epsilon", (float)epsilon));
        var channels = input.Sizes[1];
        return Add(Multiply(Reshape(normal, [.. input.Sizes]), PerChannel(scale)), PerChannel(shift));

        OnnxValue PerChannel(OnnxValue values) => Reshape(Cast(values, input), channels, 1, 1);
    }

    public override OnnxValue LayerNorm(OnnxValue input, OnnxValue scale, OnnxValue shift, double epsilon) =>
        graph.Node("LayerNormalization", input.Sizes, [input, Cast(scale, input), Cast(shift, input)],
            ("axis", -1), ("epsilon", (float)epsilon));

    internal override OnnxValue RmsNorm(OnnxValue input, OnnxValue scale, double epsilon)
    {
        var values = ToFloat32(input);
        var square = graph.Reduce("ReduceMean", graph.Multiply(values, values), [-1]);
        var root = graph.Map("Sqrt", graph.Combine("Add", square, epsilon));
        return Cast(graph.Multiply(graph.Combine("Div", values, root), ToFloat32(scale)), input);
    }

    public override OnnxValue Normalize(OnnxValue input)
    {
        var values = ToFloat32(input);
        var length = graph.Reduce("ReduceL2", values, [-1]);
        return Cast(graph.Combine("Div", values, graph.Combine("Max", length, 1e-12)), input);
    }

    internal override OnnxValue Length(OnnxValue input, params long[] dimensions) =>
        Cast(graph.Reduce("ReduceL2", ToFloat32(input), dimensions), input);

    public override OnnxValue Activate(ActivationFunction activation, OnnxValue input) => activation switch
    {
        ActivationFunction.Relu => graph.Map("Relu", input),
        ActivationFunction.Relu6 => graph.Node("Clip", input.Sizes,
            [input, graph.Scalar(0, input.Type), graph.Scalar(6, input.Type)]),
        ActivationFunction.Silu => graph.Multiply(input, graph.Map("Sigmoid", input)),
        ActivationFunction.Hardswish => graph.Map("HardSwish", input),
        ActivationFunction.Hardsigmoid => graph.Map("HardSigmoid", input, ("alpha", 1 / 6f), ("beta", 0.5f)),
        ActivationFunction.Sigmoid => graph.Map("Sigmoid", input),
        ActivationFunction.Tanh => graph.Map("Tanh", input),
        ActivationFunction.Gelu => Gelu(input),
        ActivationFunction.GeluTanh => GeluTanh(input),
        ActivationFunction.QuickGelu => graph.Multiply(input, graph.Map("Sigmoid", Scale(input, 1.702))),
        ActivationFunction.SquaredRelu => Square(graph.Map("Relu", input)),
        _ => throw new InvalidOperationException($"Unknown activation {activation}."),
    };

    private OnnxValue Square(OnnxValue input) => graph.Multiply(input, input);

    /// <summary>
    /// x · (1 + erf(x / √2)) / 2, written as runtimes expect it that make one operator of it: ONNX has none before opset 20.
    /// </summary>
    private OnnxValue Gelu(OnnxValue input)
    {
        var error = graph.Map("Erf", graph.Combine("Div", input, Math.Sqrt(2)));
        return Scale(graph.Multiply(input, graph.Combine("Add", error, 1)), 0.5);
    }

    private OnnxValue GeluTanh(OnnxValue input)
    {
        var cube = Scale(graph.Multiply(graph.Multiply(input, input), input), 0.044715);
        var tanh = graph.Map("Tanh", Scale(graph.Add(input, cube), Math.Sqrt(2 / Math.PI)));
        return Scale(graph.Multiply(input, graph.Combine("Add", tanh, 1)), 0.5);
    }

    public override OnnxValue Exp(OnnxValue input) => graph.Map("Exp", input);

    public override OnnxValue Minimum(OnnxValue input, double limit) => graph.Combine("Min", input, limit);

    public override OnnxValue Scale(OnnxValue input, double factor) => graph.Combine("Mul", input, factor);

    public override OnnxValue Add(OnnxValue left, OnnxValue right) => graph.Add(left, right);

    public override OnnxValue Multiply(OnnxValue left, OnnxValue right) => graph.Multiply(left, right);

    internal override OnnxValue Divide(OnnxValue left, OnnxValue right) => graph.Combine("Div", left, right);

    public override OnnxValue Pool(OnnxValue input, PoolKind kind, Kernel2d window, bool ceiling = false)
    {
        var output = window.OutputShape(input.Sample, input.Sizes[1], ceiling);
        // Windows that reach over the end are told as padding: runtimes differ about what "ceil_mode" means.
        var below = window.Height.Overhang(input.Sizes[2], output[1]);
        var right = window.Width.Overhang(input.Sizes[3], output[2]);
        long[] sizes = [input.Sizes[0], .. output.Sizes];
        var pads = window.Pads;
        if (kind == PoolKind.Max)
            return graph.Node("MaxPool", sizes, [input], ("kernel_shape", window.Kernels), ("strides", window.Strides),
                ("dilations", window.Dilations), ("pads", new[] { pads[0], pads[1], pads[2] + below, pads[3] + right }));
        if (below + right == 0)
            return graph.Node("AveragePool", sizes, [input], ("kernel_shape", window.Kernels), ("strides", window.Strides),
                ("pads", pads), ("count_include_pad", 1));
        // The mean counts the padding, and not what lies beyond it.
        long[] edge = [0, 0, .. window.Paddings];
        return graph.Node("AveragePool", sizes, [Pad(input, edge, edge)], ("kernel_shape", window.Kernels),
            ("strides", window.Strides), ("pads", new[] { 0, 0, below, right }), ("count_include_pad", 0));
    }

    public override OnnxValue GlobalPool(OnnxValue input, PoolKind kind, int size = 1)
    {
        var (height, width) = (input.Sizes[2], input.Sizes[3]);
        if (height == size && width == size)
            return input;
        if (size == 1)
            return graph.Node($"Global{kind}Pool", [input.Sizes[0], input.Sizes[1], 1, 1], [input]);
        return kind == PoolKind.Max
            ? MaxOfBins(MaxOfBins(input, 2, size), 3, size)
            : graph.MatMul(graph.MatMul(MeanOfBins(height, size, input), input), Permute(MeanOfBins(width, size, input), 1, 0));
    }

    /// <summary>A matrix <c>[bins, size]</c> that turns a dimension's values into the means of its bins.</summary>
    private OnnxValue MeanOfBins(long size, int bins, OnnxValue other)
    {
        var means = new float[bins * size];
        for (var i = 0; i < bins; i++)
            foreach (var place in Bin(i, bins, size))
                means[i * size + place] = 1f / Bin(i, bins, size).Count;
        using var matrix = torch.tensor(means, [bins, size], other.Type);
        return graph.Constant(matrix);
    }

    private OnnxValue MaxOfBins(OnnxValue input, int dimension, int count)
    {
        var bins = Enumerable.Range(0, count).Select(i => Bin(i, count, input.Sizes[dimension])).ToList();
        var longest = bins.Max(bin => bin.Count);
        // Shorter bins repeat their last place, which no maximum minds.
        var places = from bin in bins from i in Enumerable.Range(0, longest) select bin[Math.Min(i, bin.Count - 1)];
        using var index = torch.tensor(places.ToArray(), [count, longest]);
        var gathered = graph.Gather(input, graph.Constant(index), dimension);
        return graph.Reduce("ReduceMax", gathered, [dimension + 1], keep: false);
    }

    /// <summary>The places of a dimension that an output looks at, as PyTorch's adaptive pooling has them.</summary>
    private static List<long> Bin(int bin, int bins, long size)
    {
        var (start, end) = (bin * size / bins, ((bin + 1) * size + bins - 1) / bins);
        return [.. Enumerable.Range((int)start, (int)(end - start)).Select(place => (long)place)];
    }

    internal override OnnxValue Drop(OnnxValue input, double probability, bool wholeSamples, bool training) => input;

    public override OnnxValue Reshape(OnnxValue input, params long[] sizes) => graph.Reshape(input, sizes);

    public override OnnxValue Permute(OnnxValue input, params long[] order) => graph.Transpose(input, order);

    public override OnnxValue Concat(int dimension, params IReadOnlyList<OnnxValue> inputs) => graph.Concat(dimension, inputs);

    public override OnnxValue[] Split(OnnxValue input, int dimension, params long[] lengths) =>
        graph.Split(input, dimension, lengths);

    public override OnnxValue Slice(OnnxValue input, int dimension, long start, long length) =>
        graph.Slice(input, dimension, start, length);

    public override OnnxValue Pad(OnnxValue input, long[] front, long[] behind) => graph.Pad(input, front, behind);

    public override OnnxValue Roll(OnnxValue input, long[] shifts, long[] dimensions)
    {
        foreach (var (shift, dimension) in shifts.Zip(dimensions))
            input = graph.Roll(input, (int)dimension, -shift);
        return input;
    }

    public override OnnxValue Rows(OnnxValue table, OnnxValue indices) => graph.Gather(table, indices);

    internal override OnnxValue Rows(OnnxValue table, long[] indices)
    {
        using var index = torch.tensor(indices);
        return graph.Gather(table, graph.Constant(index));
    }

    public override OnnxValue Prepend(OnnxValue input, OnnxValue first)
    {
        // Zeros make room for it, to which it is added: so the graph needn't ask for the number of images, which not all runtimes
        // understand.
        var (count, length) = (first.Sizes[1], input.Sizes[1]);
        return Add(Pad(input, [0, count, 0], [0, 0, 0]), Pad(first, [0, 0, 0], [0, length, 0]));
    }

    internal override OnnxValue Run(ModuleLayer module, OnnxValue input) => throw new NotSupportedException(
        $"The layer '{graph.PathOf(module)}' is a TorchSharp module ({module.Kind}), of which nothing is known but how to run "
        + "it, so it can't be exported to ONNX. Build it from TransferKit's layers, or use Head.Linear, Head.Dropout, Head.Mlp "
        + "or Head.ConcatPool.");
}
