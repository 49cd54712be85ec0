using TorchSharp;

namespace TransferKit;

/// <summary>
/// A network cut in two for training: the longest run of layers, from the input on, in which nothing trains, and the rest.
/// The front runs without gradients, which saves their memory and their time.
/// </summary>
internal sealed class FrozenPrefix
{
    private readonly Network _network;
    private readonly BatchNormMode _batchNorm;
    private readonly Layer[] _frozen, _training;

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
        while (cut < steps.Count && !steps[cut].NamedWeights().Any(found => found.Weight.Trains))
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

    /// <summary>Puts the network into training mode, the frozen layers following the batch-norm policy.</summary>
    public void EnterTraining()
    {
        _network.SetTraining(true);
        if (_batchNorm == BatchNormMode.FollowTraining)
            return;
        foreach (var step in _frozen)
            step.SetTraining(false);
        foreach (var (_, layer) in _training.SelectMany(step => step.Walk()))
            if (layer is BatchNorm && !layer.Weights.Any(weight => weight.Trains))
                layer.SetTraining(false);
    }

    /// <summary>Runs the whole network, with gradients behind the cut alone.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> on the network's device.</param>
    /// <returns>Logits <c>[N, classes]</c>.</returns>
    public torch.Tensor Forward(torch.Tensor images)
    {
        torch.Tensor features;
        using (torch.no_grad())
            features = Network.Run(_frozen, images);
        return Network.Run(_training, features);
    }
}
