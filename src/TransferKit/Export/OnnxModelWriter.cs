using System.Globalization;
using TorchSharp;

namespace TransferKit;

/// <summary>
/// Writes an ONNX model of messages that are small and weights that may not be: those are never held twice, and lie in a file of
/// their own where all together are more than a protobuf message can hold.
/// </summary>
internal sealed class OnnxModelWriter
{
    /// <summary>2 GiB is the limit; the rest is room for the nodes.</summary>
    public const long LargestModel = int.MaxValue - (64L << 20);

    /// <summary>Pages of memory: weights that begin at one can be mapped.</summary>
    private const int Alignment = 4096;

    /// <summary>Weights as small as this stay in the model.</summary>
    private const int SmallestExternal = 1024;

    private readonly string _path;
    private readonly IReadOnlyList<OnnxInitializer> _weights;
    private readonly bool _isExternal;
    private readonly List<(OnnxInitializer Weight, long Offset)> _external = [];
    private long _externalLength;

    /// <param name="path">The file.</param>
    /// <param name="weights">The weights.</param>
    /// <param name="largest">Up to how many bytes of weights stay in the model.</param>
    public OnnxModelWriter(string path, IReadOnlyList<OnnxInitializer> weights, long largest)
    {
        (_path, _weights) = (path, weights);
        _isExternal = weights.Sum(weight => weight.Bytes) > largest;
    }

    private string ExternalPath => _path + ".data";

    /// <param name="stream">Where the model goes.</param>
    /// <param name="model">The model's own fields, without the graph.</param>
    /// <param name="graph">The graph's fields, without the weights.</param>
    public void Write(Stream stream, OnnxMessage model, OnnxMessage graph)
    {
        var headers = _weights.Select(Header).ToList();
        var values = _weights.Where(weight => !IsExternal(weight)).Sum(weight => weight.Bytes);
        model.Announce(OnnxFields.Model.Graph, graph.Length + headers.Sum(header => (long)header.Length) + values);
        stream.Write(model.ToArray());
        stream.Write(graph.ToArray());
        foreach (var (weight, header) in _weights.Zip(headers))
        {
            stream.Write(header);
            if (!IsExternal(weight))
                WriteValues(stream, weight);
        }
        if (_external.Count > 0)
            AtomicFile.Write(ExternalPath, WriteExternal);
    }

    private bool IsExternal(OnnxInitializer weight) => _isExternal && weight.Bytes >= SmallestExternal;

    /// <summary>The weight's field in the graph, up to where its values go.</summary>
    private byte[] Header(OnnxInitializer weight)
    {
        var tensor = new OnnxMessage()
            .Add(OnnxFields.Tensor.Dimensions, weight.Shape)
            .Add(OnnxFields.Tensor.DataType, (long)ElementTypes.OnnxNumber(weight.Type))
            .Add(OnnxFields.Tensor.Name, weight.Name);
        if (!IsExternal(weight))
        {
            tensor.Announce(OnnxFields.Tensor.RawData, weight.Bytes);
            return [.. Field(tensor.Length + weight.Bytes), .. tensor.ToArray()];
        }

        var offset = _externalLength;
        _external.Add((weight, offset));
        _externalLength = (offset + weight.Bytes + Alignment - 1) / Alignment * Alignment;
        tensor.Add(OnnxFields.Tensor.ExternalData, Entry(OnnxFields.Location, Path.GetFileName(ExternalPath)))
            .Add(OnnxFields.Tensor.ExternalData, Entry(OnnxFields.Offset, offset.ToString(CultureInfo.InvariantCulture)))
            .Add(OnnxFields.Tensor.ExternalData, Entry(OnnxFields.Length, weight.Bytes.ToString(CultureInfo.InvariantCulture)))
            .Add(OnnxFields.Tensor.DataLocation, OnnxFields.Tensor.IsExternal);
        return [.. Field(tensor.Length), .. tensor.ToArray()];

        static byte[] Field(long length) => new OnnxMessage().Announce(OnnxFields.Graph.Initializer, length).ToArray();
    }

    private void WriteExternal(Stream stream)
    {
        foreach (var (weight, offset) in _external)
        {
            stream.Position = offset;
            WriteValues(stream, weight);
        }
    }

    private static void WriteValues(Stream stream, OnnxInitializer weight)
    {
        using var scope = torch.NewDisposeScope();
        TensorBytes.Write(stream, weight.Values().to_type(weight.Type));
    }

    /// <summary>A key and its value, as metadata and places of external data are told.</summary>
    public static OnnxMessage Entry(string key, string value) =>
        new OnnxMessage().Add(OnnxFields.Entry.Key, key).Add(OnnxFields.Entry.Value, value);
}
