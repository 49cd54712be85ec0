using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// A graph of ONNX operators that grows while the layers of a network emit themselves. Names of weights are those of the
/// state_dict. The common operators are in <see cref="OnnxOperators"/>.
/// </summary>
internal sealed class OnnxGraph
{
    private readonly Network _network;
    private readonly Dictionary<Weight, string> _names;
    private readonly Dictionary<Weight, OnnxValue> _weights = [], _widened = [];
    private readonly List<OnnxMessage> _nodes = [];
    private readonly List<OnnxNode> _structure = [];
    private readonly List<OnnxInitializer> _initializers = [];
    private readonly OnnxOptions _options;

    /// <param name="network">The network whose layers will emit themselves.</param>
    /// <param name="options">How they shall.</param>
    public OnnxGraph(Network network, OnnxOptions options)
    {
        (_network, _options) = (network, options);
        _names = network.NamedWeights().ToDictionary(found => found.Weight, found => found.Name);
    }

    /// <summary>
    /// Which operators there are: those of 2022, the first with layer normalization, which even older runtimes know; or of 2023,
    /// where a picture is resized, which needs antialiasing.
    /// </summary>
    public int Opset => _options.IncludePreprocessing == OnnxPreprocessing.Whole ? 18 : 17;

    /// <summary>The nodes, as NodeProto messages, each behind those that it needs.</summary>
    public IReadOnlyList<OnnxMessage> Nodes => _nodes;

    /// <summary>The same nodes, for those who compare graphs.</summary>
    public IReadOnlyList<OnnxNode> Structure => _structure;

    /// <summary>The weights that nodes use.</summary>
    public IReadOnlyList<OnnxInitializer> Initializers => _initializers;

    /// <summary>How many bytes their values take.</summary>
    public long Bytes => _initializers.Sum(weight => weight.Bytes);

    /// <summary>The dotted path of a layer.</summary>
    public string PathOf(Layer layer) => _network.PathOf(layer);

    /// <summary>A weight of a layer; it is stored in the file once a node takes it.</summary>
    public OnnxValue Parameter(Weight weight) => new(_names[weight], weight.Shape) { Weight = weight, Type = weight.Type };

    private OnnxValue Stored(Weight weight, ScalarType type)
    {
        if (!_weights.TryGetValue(weight, out var stored))
            _weights[weight] = stored = Store(_names[weight], weight.Shape, StoredType(weight, type), () => weight.Value);
        if (stored.Type == type)
            return stored;
        return _widened.TryGetValue(weight, out var known) ? known : _widened[weight] = Cast(stored, type);
    }

    private ScalarType StoredType(Weight weight, ScalarType type)
    {
        var halves = _options.Weights == OnnxWeights.Half && !weight.IsBuffer && weight.Shape.Count > 1;
        if (!halves && type != ScalarType.Float16)
            return type;
        if (FitsHalf(weight))
            return ScalarType.Float16;
        return halves ? type : throw new InvalidOperationException($"The weight '{_names[weight]}' has values beyond "
            + $"±{(int)Half.MaxValue}, which float16 can't hold: export with "
            + $"{nameof(OnnxWeights)}.{nameof(OnnxWeights.Half)}.");
    }

    /// <summary>Stores what stands for a weight of a layer, under the weight's name and that of the type.</summary>
    /// <param name="weight">The weight.</param>
    /// <param name="shape">The sizes of what is stored.</param>
    /// <param name="type">Its element type.</param>
    /// <param name="values">Makes it, in this type or another, once it is written.</param>
    public OnnxValue Stored(Weight weight, IReadOnlyList<long> shape, ScalarType type, Func<Tensor> values) =>
        Store($"{_names[weight]}.{type}", shape, type, values);

    private OnnxValue Store(string name, IReadOnlyList<long> shape, ScalarType type, Func<Tensor> values)
    {
        _initializers.Add(new OnnxInitializer(name, shape, type, values));
        return new OnnxValue(name, shape) { Type = type };
    }

    /// <summary>A value in another element type; a weight is stored in it.</summary>
    public OnnxValue Cast(OnnxValue value, ScalarType type) => value.Type == type ? value
        : value.Weight is not null ? value with { Type = type }
        : Node("Cast", value.Sizes, [value], ("to", ElementTypes.OnnxNumber(type))) with { Type = type };

    /// <summary>A single number, in an element type.</summary>
    public OnnxValue Scalar(double value, ScalarType type = ScalarType.Float32)
    {
        using var values = tensor((float)value, type);
        return Constant(values);
    }

    /// <summary>A vector of integers, as operators take for sizes and axes.</summary>
    public OnnxValue Vector(params long[] values)
    {
        using var vector = tensor(values);
        return Constant(vector);
    }

    /// <summary>A tensor that is no weight.</summary>
    public OnnxValue Constant(Tensor values) =>
        Node("Constant", values.shape, [], ("value", values)) with { Type = values.dtype };

    /// <summary>Adds a node with one output.</summary>
    /// <param name="type">The operator.</param>
    /// <param name="sizes">The sizes of its output.</param>
    /// <param name="inputs">Its inputs, in order.</param>
    /// <param name="attributes">Its attributes: numbers, texts, vectors of integers, or tensors.</param>
    public OnnxValue Node(string type, IReadOnlyList<long> sizes, IReadOnlyList<OnnxValue> inputs,
        params ReadOnlySpan<(string, object)> attributes) => Node(type, [sizes], inputs, attributes)[0];

    /// <summary>Adds a node with several outputs.</summary>
    /// <inheritdoc cref="Node(string, IReadOnlyList{long}, IReadOnlyList{OnnxValue}, ReadOnlySpan{ValueTuple{string, object}})"/>
    public OnnxValue[] Node(string type, IReadOnlyList<IReadOnlyList<long>> sizes, IReadOnlyList<OnnxValue> inputs,
        params ReadOnlySpan<(string, object)> attributes)
    {
        var name = $"{type}_{_nodes.Count}";
        var kind = inputs.Count > 0 ? inputs[0].Type : ScalarType.Float32;
        var outputs = sizes.Select((size, i) => new OnnxValue(sizes.Count == 1 ? name : $"{name}.{i}", size) { Type = kind })
            .ToArray();
        Add(type, name, inputs, outputs, attributes);
        return outputs;
    }

    /// <summary>Gives a value the name that users of the graph ask for.</summary>
    public OnnxValue Named(string name, OnnxValue value)
    {
        var named = value with { Name = name };
        Add("Identity", name, [value], [named], []);
        return named;
    }

    private void Add(string type, string name, IReadOnlyList<OnnxValue> inputs, IReadOnlyList<OnnxValue> outputs,
        ReadOnlySpan<(string, object)> attributes)
    {
        _structure.Add(new OnnxNode(type, [.. inputs.Select(input => input.Name)], [.. outputs.Select(output => output.Name)],
            attributes.ToArray().ToDictionary(pair => pair.Item1, pair => pair.Item2)));
        var node = new OnnxMessage();
        foreach (var input in inputs)
            node.Add(OnnxFields.Node.Input, (input.Weight is { } weight ? Stored(weight, input.Type) : input).Name);
        foreach (var output in outputs)
            node.Add(OnnxFields.Node.Output, output.Name);
        node.Add(OnnxFields.Node.Name, name).Add(OnnxFields.Node.OpType, type);
        foreach (var (key, value) in attributes)
            node.Add(OnnxFields.Node.Attribute, Attribute(key, value));
        _nodes.Add(node);
    }

    private static OnnxMessage Attribute(string name, object value)
    {
        var message = new OnnxMessage().Add(OnnxFields.Attribute.Name, name);
        var type = value switch
        {
            float => OnnxFields.Attribute.IsFloat,
            int => OnnxFields.Attribute.IsInt,
            string => OnnxFields.Attribute.IsText,
            long[] => OnnxFields.Attribute.IsInts,
            _ => OnnxFields.Attribute.IsTensor,
        };
        message = value switch
        {
            float number => message.Add(OnnxFields.Attribute.Float, number),
            int number => message.Add(OnnxFields.Attribute.Int, (long)number),
            string text => message.Add(OnnxFields.Attribute.Text, text),
            long[] numbers => message.Add(OnnxFields.Attribute.Ints, numbers),
            _ => message.Add(OnnxFields.Attribute.Tensor, Inline((Tensor)value)),
        };
        return message.Add(OnnxFields.Attribute.Type, (long)type);
    }

    private static OnnxMessage Inline(Tensor values)
    {
        using var bytes = new MemoryStream();
        TensorBytes.Write(bytes, values);
        return new OnnxMessage()
            .Add(OnnxFields.Tensor.Dimensions, values.shape)
            .Add(OnnxFields.Tensor.DataType, (long)ElementTypes.OnnxNumber(values.dtype))
            .Add(OnnxFields.Tensor.RawData, bytes.ToArray());
    }

    private static bool FitsHalf(Weight weight)
    {
        using var scope = NewDisposeScope();
        return weight.Value.abs().max().item<float>() <= (float)Half.MaxValue;
    }
}

/// <summary>A tensor that is stored in the file.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Its sizes.</param>
/// <param name="Type">The element type to store it in.</param>
/// <param name="Values">Gives its values, in any element type.</param>
internal sealed record OnnxInitializer(string Name, IReadOnlyList<long> Shape, ScalarType Type, Func<Tensor> Values)
{
    /// <summary>How many bytes the values take.</summary>
    public long Bytes => Shape.Aggregate(1L, (product, size) => product * size) * Type.SizeInBytes();
}
