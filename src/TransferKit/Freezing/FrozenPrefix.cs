using TorchSharp;

namespace TransferKit;

/// <summary>
/// A network cut in two for training: the longest run of layers, from the input on, in which nothing trains, and the rest.
/// The front runs without gradients, and compiled once it is told so.
/// </summary>
internal sealed class FrozenPrefix : IDisposable
{
    private readonly Network _network;
    private readonly BatchNormMode _batchNorm;
    private readonly Layer[] _frozen, _training;
    private CompiledLayers? _compiled;

    private FrozenPrefix(Network network, BatchNormMode batchNorm, int cut)
    {
        (_network, _batchNorm) = (network, batchNorm);
        (_frozen, _training) = ([.. network.Steps.Take(cut)], [.. network.Steps.Skip(cut)]);
    }

    /// <summary>Cuts a network at the first layer that trains.</summary>
    public static FrozenPrefix Of(Network network, BatchNormMode batchNorm)
    {
        var steps = network.Steps;
        var cut = 0;
        while (cut < steps.Count && !steps[cut].NamedWeights().Any(found => found.Weight.IsTrainable))
            cut++;
        // Dropout right in front of the first layer that trains belongs to the training, and stays random.
        var last = cut;
        while (last > 0 && !steps[last - 1].NamedWeights().Any())
            last--;
        var random = Enumerable.Range(last, cut - last).FirstOrDefault(i => steps[i].IsRandom, cut);
        return new FrozenPrefix(network, batchNorm, random);
    }

    /// <summary>The number of <see cref="Network.Steps"/> in front of the cut.</summary>
    public int Length => _frozen.Length;

    /// <summary>The steps behind the cut: from <see cref="Features"/> to logits <c>[N, classes]</c>.</summary>
    public IReadOnlyList<Layer> Trained => _training;

    /// <summary>The steps in front of the cut.</summary>
    public IReadOnlyList<Layer> Frozen => _frozen;

    /// <summary>
    /// Whether the front gives the same for an image in every epoch, in training as in evaluation, and costs enough that it is
    /// worth remembering.
    /// </summary>
    public bool IsWorthKeeping => _frozen.Any(step => step.NamedWeights().Any()) && (_batchNorm == BatchNormMode.AlwaysFrozen
        || !_frozen.SelectMany(step => step.Walk()).Any(found => found.Layer is BatchNorm));

    /// <summary>Multiplications with addition that the front, and the whole network, cost an image.</summary>
    public (long Frozen, long Total) MultiplyAdds(Shape image)
    {
        var (shape, frozen, total) = (image, 0L, 0L);
        void Count(Layer layer, Shape input, Shape output, long own) => total += own;
        foreach (var step in _frozen)
            shape = step.OutputShape(shape, Count);
        frozen = total;
        foreach (var step in _training)
            shape = step.OutputShape(shape, Count);
        return (frozen, total);
    }

    /// <summary>Makes the front an inference engine, unless its batch norms have to follow training.</summary>
    public void Compile(LiveModel model)
    {
        if (IsWorthKeeping)
            _compiled ??= new CompiledLayers(model, Length);
    }

    /// <summary>Whether the front runs compiled.</summary>
    public bool IsCompiled => _compiled is not null;

    /// <summary>
    /// Puts the network into training mode until the scope ends, the frozen layers following the batch-norm policy.
    /// </summary>
    public ModeScope EnterTraining()
    {
        var scope = _network.InMode(training: true);
        if (_batchNorm == BatchNormMode.FollowTraining)
            return scope;
        foreach (var step in _frozen)
            step.SetTraining(false);
        foreach (var (_, layer) in _training.SelectMany(step => step.Walk()))
            if (layer is BatchNorm && !layer.Weights.Any(weight => weight.IsTrainable))
                layer.SetTraining(false);
        return scope;
    }

    /// <summary>Runs the front, without gradients.</summary>
    /// <param name="images"><c>[N, C, H, W]</c> float32, on the network's device.</param>
    /// <returns>What the first layer that trains takes.</returns>
    public torch.Tensor Features(torch.Tensor images)
    {
        if (_compiled is not null)
            return _compiled.Run(images);
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var features = TensorOperations.Forward(_frozen, images);
        return (ReferenceEquals(features, images) ? images.alias() : features).MoveToOuterDisposeScope();
    }

    public void Dispose() => _compiled?.Dispose();
}
