using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// What a model is made of, as a value: the data behind <see cref="TransferPlan"/>'s verbs, for all who run, train or save a
/// model.
/// </summary>
internal sealed record ModelRecipe
{
    internal ModelRecipe(NamedBlueprint blueprint, Pretrained weights) => (Blueprint, Weights) = (blueprint, weights);

    /// <inheritdoc cref="TransferPlan.Model"/>
    public string Model => Blueprint.Name;

    /// <inheritdoc cref="TransferPlan.Weights"/>
    public Pretrained Weights { get; }

    /// <inheritdoc cref="TransferPlan.Head"/>
    public Head? Head { get; init; }

    /// <inheritdoc cref="TransferPlan.BatchNorm"/>
    public BatchNormMode BatchNorm { get; init; }

    /// <inheritdoc cref="TransferPlan.Device"/>
    [JsonIgnore]
    public ComputeDevice Device { get; init; } = ComputeDevice.Auto;

    /// <inheritdoc cref="TransferPlan.Precision"/>
    [JsonIgnore]
    public Precision Precision { get; init; }

    /// <inheritdoc cref="TransferPlan.ImageSize"/>
    [JsonIgnore]
    public int? ImageSize { get; init; }

    /// <inheritdoc cref="TransferPlan.InputChannels"/>
    public int InputChannels { get; init; } = 3;

    /// <summary>Which layers train.</summary>
    public FreezePlan Freezing { get; init; } = new();

    /// <summary>The architecture.</summary>
    [JsonIgnore]
    public NamedBlueprint Blueprint { get; }

    /// <summary>The network, without memory.</summary>
    public Network Describe() => Blueprint.Describe(Head,
        ImageSize ?? (Blueprint.IsBuiltForSize ? WeightsSource.ImageSize(Model, Weights) : null), InputChannels);

    /// <inheritdoc cref="TransferPlan.WithImageSize"/>
    public ModelRecipe WithImageSize(int pixels)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pixels, 1);
        var recipe = this with { ImageSize = pixels };
        using var network = recipe.Describe();
        if (network.ImageSize is { } built && built != pixels)
            throw new ArgumentException(
                $"{Model} is built for images of {built} px, and takes none of {pixels} px.", nameof(pixels));
        network.OutputShape(network.InputShape(pixels));
        return recipe;
    }

    /// <summary>Lets those weights of the recipe's network train that shall, and freezes the others.</summary>
    public void Freeze(Network network) =>
        Freezing.Apply(network, pretrained: Weights != Pretrained.None, newHead: Head is not null);

    /// <summary>One line a person can read: model, weights, head, freezing, device.</summary>
    public override string ToString() => InWords(LearningTask.Classification);

    /// <summary>The same for a task.</summary>
    public string InWords(LearningTask task) =>
        $"{Model}, weights: {Weights}, head: {Head?.InWords(task) ?? "the weights' own"}, {Freezing}, batch norm: {BatchNorm}, "
        + $"device: {Device}, precision: {Precision}";
}
