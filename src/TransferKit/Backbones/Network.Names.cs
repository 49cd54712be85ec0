using System.Text;
using TorchSharp;

namespace TransferKit;

internal sealed partial class Network
{
    public IEnumerable<(string Name, Weight Weight)> NamedWeights() => _root.NamedWeights();

    /// <summary>All layers with a name of their own, under their dotted paths.</summary>
    public IEnumerable<(string Path, Layer Layer)> NamedLayers() =>
        _root.Walk().Where(found => found.Path.Length > 0).DistinctBy(found => found.Path);

    /// <summary>The dotted path of a layer; a layer without a name of its own has its parent's.</summary>
    public string PathOf(Layer layer) => _root.Walk().First(found => ReferenceEquals(found.Layer, layer)).Path;

    /// <summary>
    /// The paths of the stages in front of the head, first to last: what <c>UnfreezeLast</c> counts. A norm that stands alone
    /// belongs to the stage before it.
    /// </summary>
    public IReadOnlyList<string> Stages() => [.. Parts().Where(part => !IsNorm(part))];

    private IEnumerable<string> Parts() =>
    [
        .. _root.NamedWeights().Select(found => found.Name)
            .Where(name => !IsInHead(name))
            .Select(name => LayerPattern.Truncate(name, LayerPattern.CommonDepth(name, Trunk) + 1))
            .Distinct(),
    ];

    /// <summary>Whether a layer or weight of that name belongs to the head.</summary>
    public bool IsInHead(string name) => HeadPaths.Any(path => LayerPattern.IsWithin(name, path));

    private bool IsNorm(string part) => NamedLayers()
        .Where(found => LayerPattern.IsWithin(found.Path, part) && found.Layer.Weights.Count > 0)
        .All(found => found.Layer.IsNorm);

    /// <summary>
    /// Of the first steps' layers and of their weights, wherever these come from: a file may be replaced by another one of the
    /// same name.
    /// </summary>
    public uint Checksum(int steps)
    {
        using var scope = torch.NewDisposeScope();
        var checksum = 0u;
        foreach (var (path, layer) in Steps.Take(steps).SelectMany(step => step.Walk()))
        {
            checksum = Crc32.Append(checksum, Encoding.UTF8.GetBytes($"{path} {layer.Kind}"));
            foreach (var weight in layer.Weights)
            {
                using var inner = torch.NewDisposeScope();
                checksum = Crc32.Append(checksum, weight.Value.cpu().contiguous().bytes);
            }
        }
        return checksum;
    }

    /// <summary>The last of <see cref="Stages"/>, with the norms that belong to them.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public IReadOnlyList<string> LastStages(int count)
    {
        var stages = Stages();
        if (count < 0 || count > stages.Count)
            throw new ArgumentOutOfRangeException(nameof(count), count,
                $"The network has {stages.Count} stages: {string.Join(", ", stages)}.");
        return count == 0 ? [] : [.. Parts().SkipWhile(part => part != stages[^count])];
    }

    /// <summary>Checks that every pattern names at least one layer or weight.</summary>
    /// <exception cref="ArgumentException">One doesn't; the message has the nearest names and the stages.</exception>
    public void RequireLayers(IEnumerable<string> patterns)
    {
        var names = NamedLayers().Select(found => found.Path).Concat(NamedWeights().Select(found => found.Name)).ToList();
        foreach (var pattern in patterns)
            if (!names.Exists(name => LayerPattern.Matches(pattern, name)))
                throw new ArgumentException(
                    $"There is no layer '{pattern}'.{NearestNames.Hint(pattern, names)} "
                    + $"The stages are {string.Join(", ", Stages())}; the head is {string.Join(" and ", HeadPaths)}.",
                    nameof(patterns));
    }
}
