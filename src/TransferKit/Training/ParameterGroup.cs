using TorchSharp;

namespace TransferKit;

/// <summary>Weights that train alike.</summary>
/// <param name="Weights">The weights under their state_dict keys.</param>
/// <param name="BaseRate">The learning rate that the schedule's factor is applied to.</param>
/// <param name="WeightDecay">The weight decay.</param>
internal sealed record ParameterGroup(
    IReadOnlyList<(string Name, torch.Tensor Value)> Weights, double BaseRate, double WeightDecay)
{
    /// <summary>
    /// Puts all weights of a network that train into groups, one for each rate with and without decay, in the network's
    /// order.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> Of(Network network, Optimizer optimizer, LearningRates rates)
    {
        var rateOf = rates.Of(network, optimizer.LearningRate);
        return
        [
            .. network.NamedWeights()
                .Where(found => found.Weight.IsTrainable)
                .GroupBy(found => (
                    Rate: rateOf[found.Name], Decays: optimizer.DecayEverything || found.Weight.Decays))
                .Select(group => new ParameterGroup(
                    [.. group.Select(found => (found.Name, found.Weight.Value))],
                    group.Key.Rate, group.Key.Decays ? optimizer.WeightDecay : 0)),
        ];
    }
}
