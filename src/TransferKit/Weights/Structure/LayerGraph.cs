namespace TransferKit;

/// <summary>
/// The layers with weights in an ONNX graph, in its order, and which feeds which. What stands between them (activations, sums,
/// reshapes) is passed through, for exporters write it in many ways.
/// </summary>
internal sealed class LayerGraph
{
    private readonly Func<string, IReadOnlyList<long>?> _shapes;
    private readonly Func<string, long[]?> _integers;
    private readonly bool _withPools;
    private readonly List<WeightedLayer> _layers = [];
    private readonly List<string> _others = [];
    private readonly Dictionary<string, (string Name, bool IsTransposed)> _aliases = new(StringComparer.Ordinal);
    private readonly Dictionary<string, IReadOnlyList<WeightedLayer>> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, WeightedLayer> _direct = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long[]> _padding = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _uses;

    /// <param name="nodes">The graph, each node behind those that it needs.</param>
    /// <param name="shapes">The shape of a weight, by its name; null for values that are computed.</param>
    /// <param name="integers">The values of a stored vector of integers, by its name; null where there is none.</param>
    /// <param name="withPools">
    /// Whether poolings count as layers: without weights, but told apart. Parallel branches may differ in nothing else.
    /// </param>
    public LayerGraph(IReadOnlyList<OnnxNode> nodes, Func<string, IReadOnlyList<long>?> shapes, Func<string, long[]?> integers,
        bool withPools)
    {
        (_shapes, _integers, _withPools) = (shapes, integers, withPools);
        _uses = nodes.SelectMany(node => node.Inputs).CountBy(name => name, StringComparer.Ordinal)
            .ToDictionary(StringComparer.Ordinal);
        foreach (var node in nodes)
            Add(node);
    }

    /// <summary>The layers, each behind those that feed it.</summary>
    public IReadOnlyList<WeightedLayer> Layers => _layers;

    /// <summary>Weights that operators of other kinds take.</summary>
    public IReadOnlyList<string> Others => _others;

    private void Add(OnnxNode node)
    {
        if (node.Inputs.Count == 0 || node.Outputs.Count == 0)
            return;
        switch (node.Type)
        {
            case "Identity" or "Cast" when Weight(node, 0) is { } same:
                _aliases[node.Outputs[0]] = same;
                break;
            case "Transpose" when Weight(node, 0) is var (name, isTransposed) && Shape(name).Count == 2:
                _aliases[node.Outputs[0]] = (name, !isTransposed);
                break;
            case "Conv" when Weight(node, 1) is var (kernel, _):
                AddLayer(node, new(Geometry(node, Shape(kernel)))
                {
                    Matrix = kernel, Shape = Shape(kernel), Bias = Weight(node, 2)?.Name, Before = Before(node),
                });
                break;
            case "Gemm" when Weight(node, 1) is var (matrix, swapped) && Shape(matrix).Count == 2
                && node.Number("alpha", 1) == 1 && node.Number("beta", 1) == 1:
                AddLinear(node, matrix, swapped ^ (node.Integer("transB", 0) == 0), Weight(node, 2)?.Name);
                break;
            case "MatMul" when Weight(node, 1) is var (matrix, swapped) && Shape(matrix).Count == 2:
                AddLinear(node, matrix, !swapped, bias: null);
                break;
            case "Add" when Bias(node) is var (layer, bias):
                layer.Bias = bias;
                AddLayer(node, layer, isNew: false);
                break;
            case "BatchNormalization" when Norm(node) is { } norm:
                AddNorm(node, norm);
                break;
            default:
                PassThrough(node);
                break;
        }
    }

    private void AddLinear(OnnxNode node, string matrix, bool isTransposed, string? bias)
    {
        var shape = Shape(matrix);
        AddLayer(node, new("Linear")
        {
            Matrix = matrix, Shape = isTransposed ? [.. shape.Reverse()] : shape, IsTransposed = isTransposed, Bias = bias,
            Before = Before(node),
        });
    }

    private void AddNorm(OnnxNode node, IReadOnlyList<string> norm)
    {
        // A norm belongs to the convolution whose outputs nobody else sees.
        if (_direct.TryGetValue(node.Inputs[0], out var layer) && layer.Norm is null && layer.Kind != "Norm"
            && _uses[node.Inputs[0]] == 1)
        {
            (layer.Norm, layer.Epsilon) = (norm, node.Number("epsilon", 1e-5f));
            AddLayer(node, layer, isNew: false);
            return;
        }

        AddLayer(node, new("Norm")
        {
            Shape = Shape(norm[0]), Norm = norm, Epsilon = node.Number("epsilon", 1e-5f), Before = Before(node),
        });
    }

    private void AddLayer(OnnxNode node, WeightedLayer layer, bool isNew = true)
    {
        if (isNew)
            _layers.Add(layer);
        foreach (var output in node.Outputs)
            (_direct[output], _sources[output]) = (layer, [layer]);
    }

    private void PassThrough(OnnxNode node)
    {
        foreach (var input in node.Inputs)
            if (Weight(input) is var (name, _) && Shape(name).Any(size => size > 1))
                _others.Add(name);
        // Other orders of the dimensions give other features to what comes behind.
        if (node.Type == "Transpose" && Before(node).Count > 0)
            AddLayer(node, new($"Transpose {string.Join(' ', node.Integers("perm") ?? [])}") { Before = Before(node) });
        else if (_withPools && node.Type is "MaxPool" or "AveragePool" && node.Integers("kernel_shape") is { } kernel)
            AddLayer(node, new($"{node.Type} {string.Join(' ', kernel)}") { Before = Before(node) });
        else
            foreach (var output in node.Outputs)
                _sources[output] = Before(node);
        if (node.Type == "Pad" && Padding(node) is { } padding)
            _padding[node.Outputs[0]] = padding;
    }

    private IReadOnlyList<WeightedLayer> Before(OnnxNode node)
    {
        var found = node.Inputs.Select(input => _sources.GetValueOrDefault(input)).OfType<IReadOnlyList<WeightedLayer>>()
            .ToList();
        return found.Count == 1 ? found[0] : [.. found.SelectMany(layers => layers).Distinct()];
    }

    private (string Name, bool IsTransposed)? Weight(OnnxNode node, int input) =>
        input < node.Inputs.Count ? Weight(node.Inputs[input]) : null;

    private (string Name, bool IsTransposed)? Weight(string value) =>
        _aliases.TryGetValue(value, out var alias) ? alias : _shapes(value) is null ? null : (value, false);

    private IReadOnlyList<long> Shape(string name) => _shapes(name)!;

    private (WeightedLayer Layer, string Bias)? Bias(OnnxNode node)
    {
        for (var i = 0; i < node.Inputs.Count && node.Inputs.Count == 2; i++)
            if (Weight(node, i) is var (name, _) && Shape(name).Count == 1 && _uses[node.Inputs[1 - i]] == 1
                && _direct.TryGetValue(node.Inputs[1 - i], out var layer) && layer is { Kind: "Linear", Bias: null })
                return (layer, name);
        return null;
    }

    private IReadOnlyList<string>? Norm(OnnxNode node)
    {
        var tensors = Enumerable.Range(1, 4).Select(i => Weight(node, i)?.Name).OfType<string>().ToList();
        return tensors.Count == 4 ? tensors : null;
    }

    /// <summary>
    /// What decides which pixels a kernel sees. Padding at the end isn't told apart: exporters leave out what no window reaches.
    /// </summary>
    private string Geometry(OnnxNode node, IReadOnlyList<long> kernel)
    {
        var dimensions = kernel.Count - 2;
        var ones = Enumerable.Repeat(1L, Math.Max(dimensions, 0)).ToArray();
        var (strides, dilations) = (node.Integers("strides") ?? ones, node.Integers("dilations") ?? ones);
        var pads = node.Text("auto_pad") switch
        {
            "SAME_UPPER" => Same(0),
            "SAME_LOWER" => Same(1),
            _ => node.Integers("pads")?.Take(dimensions) ?? ones.Select(_ => 0L),
        };
        if (_padding.TryGetValue(node.Inputs[0], out var before) && before.Length == 2 * kernel.Count)
            pads = pads.Zip(before.Skip(2), (pad, more) => pad + more);
        return $"Conv stride {string.Join(' ', strides)} dilation {string.Join(' ', dilations)} padding {string.Join(' ', pads)} "
            + $"groups {node.Integer("group", 1)}";

        // Of a size that the stride divides.
        IEnumerable<long> Same(int larger) => Enumerable.Range(0, dimensions).Select(
            i => (Math.Max(Reach(i) - strides.ElementAtOrDefault(i), 0) + larger) / 2);

        long Reach(int i) => (kernel[i + 2] - 1) * dilations.ElementAtOrDefault(i) + 1;
    }

    private long[]? Padding(OnnxNode node) =>
        node.Integers("pads") ?? (node.Inputs.Count > 1 ? _integers(node.Inputs[1]) : null);
}
