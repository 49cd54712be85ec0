using TorchSharp;
using static TorchSharp.torch.nn;

namespace TransferKit;

/// <summary>The maximum or the average of each window of <c>[N, C, H, W]</c>.</summary>
public sealed class Pool : Layer
{
    private readonly PoolKind _kind;
    private readonly Window _window;
    private readonly bool _ceiling;

    /// <summary>Creates a pooling layer.</summary>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="window">Kernel, stride and padding.</param>
    /// <param name="ceiling">Whether windows that reach over the end count too.</param>
    public Pool(PoolKind kind, Window window, bool ceiling = false) => (_kind, _window, _ceiling) = (kind, window, ceiling);

    /// <inheritdoc/>
    public override string Kind => $"{_kind}Pool";

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => _kind switch
    {
        PoolKind.Max => functional.max_pool2d(
            input, _window.Kernels, _window.Strides, _window.Paddings, _window.Dilations, _ceiling),
        _ => functional.avg_pool2d(input, _window.Kernels, _window.Strides, _window.Paddings, _ceiling),
    };

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => _window.OutputShape(input, input[0], _ceiling);

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var output = OutputShape(input.Sample);
        // Windows that reach over the end are told as padding: runtimes differ about what "ceil_mode" means.
        var below = _window.Height.Overhang(input.Sizes[2], output[1]);
        var right = _window.Width.Overhang(input.Sizes[3], output[2]);
        long[] sizes = [input.Sizes[0], .. output.Sizes];
        var (padding, pads) = (_window.Paddings, _window.Pads);
        if (_kind == PoolKind.Max)
            return graph.Node("MaxPool", sizes, [input], ("kernel_shape", _window.Kernels), ("strides", _window.Strides),
                ("dilations", _window.Dilations), ("pads", new[] { pads[0], pads[1], pads[2] + below, pads[3] + right }));
        if (below + right == 0)
            return graph.Node("AveragePool", sizes, [input], ("kernel_shape", _window.Kernels), ("strides", _window.Strides),
                ("pads", pads), ("count_include_pad", 1));
        // The mean counts the padding, and not what lies beyond it.
        long[] edge = [0, 0, .. padding];
        return graph.Node("AveragePool", sizes, [graph.Pad(input, edge, edge)], ("kernel_shape", _window.Kernels),
            ("strides", _window.Strides), ("pads", new[] { 0, 0, below, right }), ("count_include_pad", 0));
    }
}

/// <summary>The maximum or average of a whole feature map, <c>[N, C, H, W]</c> → <c>[N, C, S, S]</c>.</summary>
public sealed class GlobalPool : Layer
{
    private readonly PoolKind _kind;
    private readonly int _size;

    /// <summary>Creates an adaptive pooling layer.</summary>
    /// <param name="kind">Maximum or average.</param>
    /// <param name="size">Height and width of the output, S.</param>
    public GlobalPool(PoolKind kind, int size = 1) => (_kind, _size) = (kind, size);

    /// <inheritdoc/>
    public override string Kind => $"Global{_kind}Pool";

    /// <inheritdoc/>
    public override torch.Tensor Forward(torch.Tensor input) => _kind switch
    {
        PoolKind.Max => functional.adaptive_max_pool2d(input, [_size, _size]),
        _ => functional.adaptive_avg_pool2d(input, [_size, _size]),
    };

    /// <inheritdoc/>
    protected override Shape InferShape(Shape input, ShapeVisitor? visit) => new(input[0], _size, _size);

    internal override OnnxValue Emit(OnnxGraph graph, OnnxValue input)
    {
        var (height, width) = (input.Sizes[2], input.Sizes[3]);
        if (height == _size && width == _size)
            return input;
        if (_size == 1)
            return graph.Node($"Global{_kind}Pool", [input.Sizes[0], input.Sizes[1], 1, 1], [input]);
        return _kind == PoolKind.Max
            ? MaxOfBins(graph, MaxOfBins(graph, input, 2), 3)
            : graph.MatMul(graph.MatMul(MeanOfBins(graph, height), input), graph.Transpose(MeanOfBins(graph, width), 1, 0));
    }

    /// <summary>A matrix <c>[S, size]</c> that turns a dimension's values into the means of its bins.</summary>
    private OnnxValue MeanOfBins(OnnxGraph graph, long size)
    {
        var means = new float[_size * size];
        for (var bin = 0; bin < _size; bin++)
            foreach (var place in Bin(bin, size))
                means[bin * size + place] = 1f / Bin(bin, size).Count;
        return graph.Constant(torch.tensor(means, [_size, size]));
    }

    private OnnxValue MaxOfBins(OnnxGraph graph, OnnxValue input, int dimension)
    {
        var bins = Enumerable.Range(0, _size).Select(bin => Bin(bin, input.Sizes[dimension])).ToList();
        var longest = bins.Max(bin => bin.Count);
        // Shorter bins repeat their last place, which no maximum minds.
        var places = from bin in bins from i in Enumerable.Range(0, longest) select bin[Math.Min(i, bin.Count - 1)];
        var gathered = graph.Gather(input, graph.Constant(torch.tensor(places.ToArray(), [_size, longest])), dimension);
        return graph.Node("ReduceMax", [.. gathered.Sizes.Where((_, i) => i != dimension + 1)], [gathered],
            ("axes", new[] { dimension + 1L }), ("keepdims", 0));
    }

    /// <summary>The places of a dimension that an output looks at, as PyTorch's adaptive pooling has them.</summary>
    private List<long> Bin(int bin, long size)
    {
        var (start, end) = (bin * size / _size, ((bin + 1) * size + _size - 1) / _size);
        return [.. Enumerable.Range((int)start, (int)(end - start)).Select(place => (long)place)];
    }
}

/// <summary>What a pooling layer keeps of a window.</summary>
public enum PoolKind
{
    /// <summary>The largest value.</summary>
    Max,

    /// <summary>The mean value; padding counts as zeros.</summary>
    Average,
}
