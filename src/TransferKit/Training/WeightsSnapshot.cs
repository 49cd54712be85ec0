using TorchSharp;

namespace TransferKit;

/// <summary>Copies of weights, to go back to.</summary>
internal sealed class WeightsSnapshot : IDisposable
{
    private readonly List<(string Name, torch.Tensor Live, torch.Tensor Copy)> _pairs = [];

    /// <param name="network">Whose weights.</param>
    /// <param name="all">Copies those too that training doesn't change as the network is frozen now.</param>
    public WeightsSnapshot(Network network, bool all = false)
    {
        using var noGradient = torch.no_grad();
        foreach (var (name, weight) in network.NamedWeights())
            if (all || weight.IsTrainable || weight.IsBuffer)
                _pairs.Add((name, weight.Value, weight.Value.clone().DetachFromDisposeScope()));
    }

    /// <summary>The copies under the weights' names: live tensors.</summary>
    public IEnumerable<(string Name, torch.Tensor Value)> State => _pairs.Select(pair => (pair.Name, pair.Copy));

    /// <summary>Overwrites the copies with the weights as they are now.</summary>
    public void Take() => CopyAll((live, copy) => copy.copy_(live));

    /// <summary>Overwrites the weights with the copies.</summary>
    public void Restore() => CopyAll((live, copy) => live.copy_(copy));

    public void Dispose()
    {
        foreach (var (_, _, copy) in _pairs)
            copy.Dispose();
    }

    private void CopyAll(Action<torch.Tensor, torch.Tensor> direction)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var (_, live, copy) in _pairs)
            direction(live, copy);
    }
}
