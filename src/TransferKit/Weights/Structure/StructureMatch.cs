using TorchSharp;
using static TorchSharp.torch;

namespace TransferKit;

/// <summary>
/// Names the tensors of a file whose own names mean nothing to a model, such as the <c>Parameter91</c> of a converter: by the
/// graph that uses them, or by their order; if there is one way to do it, and nothing is left over on either side.
/// </summary>
internal sealed class StructureMatch
{
    /// <summary>Longer vectors of integers are no paddings.</summary>
    private const int MostIntegers = 16;

    private readonly WeightsFile _file;
    private readonly Network _network;
    private readonly bool _replacesHead;
    private readonly OnnxGraph _own;

    private StructureMatch(WeightsFile file, Network network, bool replacesHead)
    {
        (_file, _network, _replacesHead) = (file, network, replacesHead);
        _own = new OnnxGraph(network, new OnnxOptions());
        // Some layers write down what they compute of their weights; what the weights are doesn't matter here.
        network.Allocate(CPU);
        using var scope = NewDisposeScope();
        var images = new OnnxValue("images", [OnnxValue.Batch, .. network.InputShape(network.ImageSize ?? 224).Sizes]);
        // The head that a new one replaces is left out: the file may have another one, or none.
        var operations = new OnnxOperations(_own);
        _ = network.Steps.Take(replacesHead ? network.HeadStep : network.Steps.Count)
            .Aggregate(images, (value, step) => operations.Run(step, value));
    }

    /// <summary>
    /// Names the tensors if their structure tells what they are; else <see cref="WeightsFile.Mismatch"/> says why not.
    /// </summary>
    /// <param name="file">The weights.</param>
    /// <param name="network">The network that they are for.</param>
    /// <param name="replacesHead">Whether the network's head is new.</param>
    /// <param name="prefix">What stands before the model's keys in the file; null: it is found out.</param>
    public static void Name(WeightsFile file, Network network, bool replacesHead, string? prefix = null)
    {
        var names = network.NamedWeights().Where(found => ElementTypes.IsFloatingPoint(found.Weight.Type))
            .Select(found => found.Name).Where(name => !replacesHead || !network.IsInHead(name))
            .ToHashSet(StringComparer.Ordinal);
        var known = KeyNames.Align(file, names, prefix).Keys.Count(names.Contains);
        if (known == names.Count)
            return;
        if (file.Graph is not null)
            NameByGraph(file, network, replacesHead);
        else if (known == 0)
            OrderMatch.Name(file, network, replacesHead);
    }

    private static void NameByGraph(WeightsFile file, Network network, bool replacesHead)
    {
        try
        {
            var match = new StructureMatch(file, network, replacesHead);
            // Converters write poolings in several ways, so they count only where layers can't be told apart without.
            if (match.TryName(withPools: false) is { } trouble && match.TryName(withPools: true) is not null)
                file.Mismatch = $"By the graph, {trouble}.";
        }
        catch (Exception error) when (error is NotSupportedException or ArgumentException)
        {
            file.Mismatch = $"The network has no graph to compare with: {error.Message}";
        }
    }

    /// <returns>Why it can't be done; null: it is done.</returns>
    private string? TryName(bool withPools)
    {
        var weights = _own.Initializers.ToDictionary(stored => stored.Name, stored => stored.Shape);
        var own = new LayerGraph(_own.Structure, name => weights.GetValueOrDefault(name), _ => null, withPools);
        var given = new LayerGraph(_file.Graph!, ShapeInFile, IntegersInFile, withPools);
        if (own.Others.Concat(given.Others).FirstOrDefault() is { } other)
            return $"only convolutions, batch norms and linear layers can be told apart, and {other} belongs to none of them";
        var last = _replacesHead && given.Layers is [.., { IsLinear: true } end] ? end : null;
        if (GraphMatch.Pair(own.Layers, [.. given.Layers.Where(layer => layer != last)], out var trouble) is not { } pairs)
        {
            if (last is null || GraphMatch.Pair(own.Layers, given.Layers, out _) is not { } whole)
                return trouble;
            (pairs, last) = (whole, null);
        }

        var named = new Dictionary<string, StoredTensor>(StringComparer.Ordinal);
        foreach (var (layer, source) in pairs)
            if (!TryTake(layer, source, named))
                return $"{layer} and {source} differ in their biases or norms";
        if (last is not null)
            foreach (var (role, tensor) in new[] { ("weight", Matrix(last)), ("bias", Tensor(last.Bias)) })
                if (tensor is not null)
                    named[$"{_network.HeadPaths[0]}.{role}"] = tensor;
        _file.Name(named, WeightsMatch.Graph);
        return null;
    }

    private bool TryTake(WeightedLayer layer, WeightedLayer source, Dictionary<string, StoredTensor> named)
    {
        if (layer.Matrix is { } matrix)
            named[matrix] = Matrix(source)!;
        if (layer.Norm is not [var weight, var bias, var mean, var variance])
        {
            if (layer.Bias is not null && source.Bias is not null)
                named[layer.Bias] = Tensor(source.Bias)!;
            return source.Norm is null && (layer.Bias is null) == (source.Bias is null);
        }

        if (source.Norm is not null)
        {
            foreach (var (name, given) in layer.Norm.Zip(source.Norm))
                named[name] = Tensor(given)!;
            // Our norm has an epsilon of its own.
            if (source.Epsilon != layer.Epsilon)
                named[variance] = new ShiftedTensor(named[variance], source.Epsilon - layer.Epsilon);
            if (layer.Bias is not null && source.Bias is not null)
                named[layer.Bias] = Tensor(source.Bias)!;
            return (layer.Bias is null) == (source.Bias is null);
        }

        if (Tensor(source.Bias) is not { Shape: [var channels] } shift)
            return false;
        // The exporter has folded the norm into the kernel and the bias: ours then does nothing but add that bias.
        named[weight] = new ConstantTensor(channels, 1);
        named[bias] = shift;
        named[mean] = new ConstantTensor(channels, 0);
        named[variance] = new ConstantTensor(channels, 1 - layer.Epsilon);
        if (layer.Bias is not null)
            named[layer.Bias] = new ConstantTensor(channels, 0);
        return true;
    }

    private StoredTensor? Matrix(WeightedLayer layer) =>
        Tensor(layer.Matrix) is not { } matrix ? null : layer.IsTransposed ? new TransposedTensor(matrix) : matrix;

    private StoredTensor? Tensor(string? name) => name is null ? null : _file.Tensors[name];

    private IReadOnlyList<long>? ShapeInFile(string name) =>
        _file.Tensors.TryGetValue(name, out var tensor) && ElementTypes.IsFloatingPoint(tensor.Type) ? tensor.Shape : null;

    private long[]? IntegersInFile(string name)
    {
        if (!_file.Tensors.TryGetValue(name, out var tensor)
            || tensor is not { Type: ScalarType.Int64, Shape: [<= MostIntegers] })
            return null;
        using var values = tensor.Read();
        return values.data<long>().ToArray();
    }
}
