namespace TransferKit;

/// <summary>What is known of a model of the zoo.</summary>
/// <param name="Name">The name, as <see cref="Backbone.Create(string)"/> takes it.</param>
/// <param name="Parameters">Parameters with the head for ImageNet's 1000 classes.</param>
/// <param name="Weights">The known pretrained weights, the default first; empty if there are none.</param>
public sealed record BackboneInfo(string Name, long Parameters, IReadOnlyList<WeightsInfo> Weights)
{
    /// <summary>The default weights; null if none are known.</summary>
    public WeightsInfo? Default => Weights.Count > 0 ? Weights[0] : null;

    internal static BackboneInfo Of(NamedBlueprint model)
    {
        using var network = model.Describe();
        var parameters = network.NamedWeights().Where(found => !found.Weight.IsBuffer).Sum(found => found.Weight.Count);
        return new(model.Name, parameters, [.. KnownWeights.Of(model.Name).OrderByDescending(weights => weights.IsDefault)]);
    }
}
