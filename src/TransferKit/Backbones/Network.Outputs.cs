using TorchSharp;

namespace TransferKit;

internal sealed partial class Network
{
    /// <summary>Gives every output the place of another one.</summary>
    /// <param name="order">The place that each of the outputs has had so far.</param>
    public void OrderOutputs(IReadOnlyList<int> order)
    {
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var weight in OutputLayers.SelectMany(layer => layer.Weights))
        {
            var rows = torch.tensor([.. order.Select(row => (long)row)], device: weight.Value.device);
            weight.Value.copy_(weight.Value.index_select(0, rows));
        }
    }

    /// <summary>Whether a weight has a row for each output.</summary>
    public bool GivesOutputs(Weight weight) => OutputLayers.Any(layer => layer.Weights.Contains(weight));

    /// <summary>
    /// Takes the weights of another network that has the same layers in front of the head. Of the head, it takes those of layers
    /// that both have, and the rows of the outputs that both have.
    /// </summary>
    /// <param name="other">The network, which is of no use afterwards.</param>
    /// <param name="rows">
    /// For each output the one of the other network that it continues, or −1; null: the head is all new.
    /// </param>
    /// <exception cref="InvalidOperationException">The other network lacks a layer in front of the head.</exception>
    public void TakeOver(Network other, IReadOnlyList<int>? rows)
    {
        var theirs = other.NamedWeights().ToDictionary(found => found.Name, found => found.Weight);
        var mine = NamedWeights().ToLookup(found => rows is null && IsInHead(found.Name) || GivesOutputs(found.Weight));
        if (mine[false].FirstOrDefault(found => !theirs.ContainsKey(found.Name)) is { Name: { } lost })
            throw new InvalidOperationException(
                $"The model has no '{lost}' any more, since a head took its place that pools by itself. Take a head of that "
                + "kind, or begin again from the plan.");
        foreach (var (name, weight) in mine[false])
            weight.TakeOver(theirs[name]);
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        foreach (var (name, weight) in mine[true])
        {
            weight.Allocate(torch.CPU);
            weight.Initialize();
            foreach (var (row, source) in (rows ?? []).Index().Where(pair => pair.Item >= 0))
                weight.Value[row].copy_(theirs[name].Value[source]);
        }
    }
}
