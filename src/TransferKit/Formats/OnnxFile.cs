using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// The initializers of an ONNX model (onnx.proto3 of ONNX 1.x), which are its weights, and the nodes that use them: read from the
/// protobuf encoding itself, of which only the few fields on the way to them are looked at.
/// </summary>
internal sealed class OnnxFile
{
    /// <summary>The descriptions between the tensors' bytes are short.</summary>
    private const int BufferSize = 256;

    /// <summary>Graphs of more nodes are no classifiers of images.</summary>
    private const int MaxNodes = 5000;

    /// <summary>Inputs, outputs or attributes of a node.</summary>
    private const int MaxParts = 1024;

    private readonly FileBytes _file;
    private readonly WeightsFile _weights;
    private readonly PlainStorage _storage;
    private readonly Dictionary<string, StoredTensor> _tensors = new(StringComparer.Ordinal);
    private readonly List<OnnxNode> _nodes = [];
    private readonly Dictionary<string, PlainStorage> _external = new(StringComparer.Ordinal);

    private OnnxFile(FileBytes file, WeightsFile weights) =>
        (_file, _weights, _storage) = (file, weights, new PlainStorage(file, 0, file.Length));

    /// <summary>ONNX models begin with their version: field 1, a small number.</summary>
    public static bool Recognizes(ReadOnlySpan<byte> start) => start is [0x08, > 0 and < 32, ..];

    public static IReadOnlyDictionary<string, StoredTensor> Read(FileBytes file, WeightsFile weights)
    {
        var onnx = new OnnxFile(file, weights);
        foreach (var graph in Fields(onnx._storage, 0, file.Length).Where(field => field.Is(OnnxFields.Model.Graph)))
            foreach (var field in Fields(onnx._storage, graph.Start, graph.End))
                if (field.Is(OnnxFields.Graph.Initializer))
                    onnx.AddTensor(field);
                else if (field.Is(OnnxFields.Graph.Node) && onnx._nodes.Count <= MaxNodes)
                    onnx.AddNode(field);
        weights.Graph = onnx._nodes.Count <= MaxNodes ? onnx._nodes : null;
        if (onnx._nodes.Exists(onnx.WidensWeights))
            throw new WeightsException(file.Path,
                "holds weights in 8 bits, too coarse to be trained further: take the file or the model "
                    + "that they were rounded from.");
        return onnx._tensors.Count > 0
            ? onnx._tensors
            : throw new WeightsException(file.Path, "is no weights file that TransferKit knows, or ONNX without weights.");
    }

    /// <summary>Whether a node makes numbers of weights that are stored in 8 bits.</summary>
    private bool WidensWeights(OnnxNode node) => node is { Type: "DequantizeLinear", Inputs: [var name, ..] }
        && _tensors.TryGetValue(name, out var tensor) && tensor.Type is ScalarType.Int8 or ScalarType.Byte;

    private void AddTensor(Field message)
    {
        var shape = new List<long>();
        var type = 0UL;
        var name = "";
        Field? values = null;
        var outside = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var field in Fields(_storage, message.Start, message.End))
        {
            switch (field.Number)
            {
                case OnnxFields.Tensor.Dimensions when field.Wire == 0: shape.Add((long)field.Value); break;
                case OnnxFields.Tensor.Dimensions: shape.AddRange(Varints(field)); break;
                case OnnxFields.Tensor.DataType: type = field.Value; break;
                case OnnxFields.Tensor.FloatData or OnnxFields.Tensor.RawData or OnnxFields.Tensor.DoubleData
                    when field.Wire == 2:
                    values = field; break;
                case OnnxFields.Tensor.Name when field.Wire == 2: name = Text(field); break;
                case OnnxFields.Tensor.ExternalData when field.Wire == 2: AddEntry(field, outside); break;
            }
        }

        if (ElementTypes.OfOnnx(type) is not { } element || name.Length == 0)
            return;
        var tensor = outside.TryGetValue(OnnxFields.Location, out var location)
            ? External(name, element, [.. shape], location, outside)
            : Internal(name, element, [.. shape], values);
        if (tensor is not null && !_tensors.TryAdd(name, tensor))
            throw _file.Damaged($"it has two tensors named '{name}'");
    }

    private void AddNode(Field message)
    {
        var (type, inputs, outputs) = ("", new List<string>(), new List<string>());
        var attributes = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach (var field in Fields(_storage, message.Start, message.End).Where(field => field.Wire == 2).Take(MaxParts))
        {
            switch (field.Number)
            {
                case OnnxFields.Node.Input: inputs.Add(Text(field)); break;
                case OnnxFields.Node.Output: outputs.Add(Text(field)); break;
                case OnnxFields.Node.OpType: type = Text(field); break;
                case OnnxFields.Node.Attribute: AddAttribute(field, attributes); break;
            }
        }

        _nodes.Add(new OnnxNode(type, inputs, outputs, attributes));
    }

    private void AddAttribute(Field message, Dictionary<string, object> attributes)
    {
        var name = "";
        object? value = null;
        var integers = new List<long>();
        foreach (var field in Fields(_storage, message.Start, message.End))
        {
            switch (field.Number)
            {
                case OnnxFields.Attribute.Name when field.Wire == 2: name = Text(field); break;
                case OnnxFields.Attribute.Text when field.Wire == 2: value = Text(field); break;
                case OnnxFields.Attribute.Int when field.Wire == 0: value = (long)field.Value; break;
                case OnnxFields.Attribute.Float when field.Wire == 5:
                    value = BitConverter.UInt32BitsToSingle(new ByteReader(_storage, field.Start, BufferSize).ReadUInt32());
                    break;
                case OnnxFields.Attribute.Ints when field.Wire == 0 && integers.Count < MaxParts:
                    integers.Add((long)field.Value);
                    break;
                case OnnxFields.Attribute.Ints when field.Wire == 2: integers.AddRange(Varints(field)); break;
            }
        }

        if (integers.Count > 0)
            attributes[name] = integers.ToArray();
        else if (value is not null)
            attributes[name] = value;
    }

    /// <summary>Values in the model itself; null for those encoded number by number: shapes and counters.</summary>
    private FileTensor? Internal(string name, ScalarType type, long[] shape, Field? values)
    {
        if (values is not { } field)
            return null;
        Check(name, type, shape, field.End - field.Start);
        return new FileTensor(_storage, type, shape, firstByte: field.Start);
    }

    private FileTensor External(string name, ScalarType type, long[] shape, string location, Dictionary<string, string> outside)
    {
        if (!_external.TryGetValue(location, out var storage))
        {
            var file = _weights.OpenPart(_weights.PathBeside(location));
            storage = new PlainStorage(file, 0, file.Length);
            _external.Add(location, storage);
        }

        var start = outside.TryGetValue(OnnxFields.Offset, out var text) && long.TryParse(text, out var offset) ? offset : 0;
        if (start < 0 || start > storage.Length)
            throw _file.Damaged($"the tensor '{name}' is said to lie at byte {start} of {location}");
        Check(name, type, shape, storage.Length - start, isWhole: false);
        return new FileTensor(storage, type, shape, firstByte: start);
    }

    private void Check(string name, ScalarType type, long[] shape, long length, bool isWhole = true)
    {
        Int128 bytes = type.SizeInBytes();
        foreach (var size in shape)
        {
            bytes *= size;
            if (size < 0 || bytes > length)
                throw _file.Damaged($"the tensor '{name}' of shape {StoredTensor.Show(shape)} has {length} bytes");
        }

        if (bytes > length || (isWhole && bytes != length))
            throw _file.Damaged($"the tensor '{name}' of shape {StoredTensor.Show(shape)} has {length} bytes");
    }

    /// <summary>A StringStringEntryProto: key and value.</summary>
    private void AddEntry(Field message, Dictionary<string, string> entries)
    {
        var (key, value) = ("", "");
        foreach (var field in Fields(_storage, message.Start, message.End).Where(field => field.Wire == 2))
        {
            if (field.Number == OnnxFields.Entry.Key)
                key = Text(field);
            else if (field.Number == OnnxFields.Entry.Value)
                value = Text(field);
        }

        entries[key] = value;
    }

    private string Text(Field field) =>
        new ByteReader(_storage, field.Start, BufferSize).ReadText((ulong)(field.End - field.Start));

    private IEnumerable<long> Varints(Field field)
    {
        const int MaxRank = 64;
        var reader = new ByteReader(_storage, field.Start, BufferSize);
        for (var i = 0; i < MaxRank && reader.Position < field.End; i++)
            yield return (long)reader.ReadVarint();
    }

    /// <summary>The fields of a protobuf message that lies between two places of the file.</summary>
    private static IEnumerable<Field> Fields(PlainStorage storage, long start, long end)
    {
        var reader = new ByteReader(storage, start, BufferSize);
        while (reader.Position < end)
        {
            var tag = reader.ReadVarint();
            var (number, wire) = (tag >> 3, (int)(tag & 7));
            var value = wire == 0 || wire == 2 ? reader.ReadVarint() : 0;
            var length = wire switch
            {
                0 => 0,
                1 => 8,
                2 => (long)Math.Min(value, long.MaxValue),
                5 => 4,
                _ => throw storage.File.Damaged($"its protobuf encoding breaks off before byte {reader.Position}"),
            };
            if (length > end - reader.Position)
                throw storage.File.Damaged($"its protobuf encoding breaks off at byte {reader.Position}");
            yield return new Field((int)Math.Min(number, int.MaxValue), wire, value, reader.Position, reader.Position + length);
            reader.Skip(length);
        }
    }

    /// <param name="Number">The field's number in its message.</param>
    /// <param name="Wire">0: a number, 1 and 5: eight and four bytes, 2: a run of bytes.</param>
    /// <param name="Value">The number, where it is one.</param>
    /// <param name="Start">Where its bytes begin.</param>
    /// <param name="End">Where they end.</param>
    private readonly record struct Field(int Number, int Wire, ulong Value, long Start, long End)
    {
        public bool Is(int number) => Number == number && Wire == 2;
    }
}
