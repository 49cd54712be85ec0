using System.IO.Enumeration;
using TransferKit.Timm;

namespace TransferKit;

/// <summary>
/// The zoo's front door: one factory a model, named after torchvision's. Each gives a <see cref="TransferPlan"/>, on which
/// one says what to replace, freeze and train.
/// </summary>
public static partial class Backbone
{
    // Counting their parameters describes every model once, which most programs never need.
    private static readonly Lazy<IReadOnlyList<BackboneInfo>> Infos =
        new(() => [.. Architectures.All.Select(BackboneInfo.Of).OrderBy(info => info.Name, StringComparer.Ordinal)]);

    /// <summary>Every model that torchvision has, in alphabetical order.</summary>
    public static IReadOnlyList<BackboneInfo> All => Infos.Value;

    /// <summary>The published weights of torchvision's and timm's models here, found by name, the most accurate first.</summary>
    /// <param name="pattern">
    /// A part of the name, <c>dinov2</c>, or all of it with <c>*</c> for any characters and <c>?</c> for any one,
    /// <c>convnextv2_*.fcmae_ft_in1k</c>; in any case.
    /// </param>
    /// <returns>
    /// The weights, whose <see cref="WeightsInfo.Model"/> is what <see cref="Create(string)"/> takes; those of an unknown
    /// accuracy last.
    /// </returns>
    public static IReadOnlyList<WeightsInfo> Search(string pattern)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(pattern);
        var whole = pattern.Contains('*') || pattern.Contains('?') ? pattern : $"*{pattern}*";
        return
        [
            .. KnownWeights.All.Concat(TimmTables.AllWeights)
                .Where(weights => FileSystemName.MatchesSimpleExpression(whole, weights.Model))
                .Select(weights => (Weights: weights, Blueprint: Architectures.TryFind(weights.Model)))
                .Where(found => found.Blueprint is not null)
                .OrderByDescending(found => found.Weights.Top1Accuracy ?? 0)
                .ThenBy(found => found.Weights.Model, StringComparer.Ordinal)
                .Select(found => found.Weights.Parameters is null
                    ? found.Weights with { Parameters = BackboneInfo.Of(found.Blueprint!).Parameters }
                    : found.Weights),
        ];
    }

    /// <summary>A plan for the model of a name, with random weights.</summary>
    /// <inheritdoc cref="Create(string, Pretrained)"/>
    public static TransferPlan Create(string name) => Create(name, null);

    /// <summary>A plan for the model of a name.</summary>
    /// <param name="name">
    /// The name in any case: torchvision's, <c>resnet50</c>, or timm's, with the tag of its weights,
    /// <c>vit_small_patch14_reg4_dinov2.lvd142m</c>, or without. A name without a tag that both have is torchvision's.
    /// </param>
    /// <param name="weights">
    /// Where its weights come from; null: <see cref="Pretrained.None"/>. With a tag <see cref="Pretrained.Default"/> are those of
    /// the tag.
    /// </param>
    /// <exception cref="ArgumentException">There is no such model; the message has the nearest names.</exception>
    public static TransferPlan Create(string name, Pretrained? weights) => Create(name, zoo: null, weights);

    /// <summary>A plan for the model of a library's name, with random weights.</summary>
    /// <param name="name">The name in that library, in any case.</param>
    /// <param name="zoo">The library.</param>
    /// <exception cref="ArgumentException">There is no such model; the message has the nearest names.</exception>
    public static TransferPlan Create(string name, Zoo zoo) => Create(name, zoo, null);

    /// <summary>A plan for the model of a library's name.</summary>
    /// <param name="name">The name in that library, in any case.</param>
    /// <param name="zoo">The library.</param>
    /// <param name="weights">Where its weights come from; null: <see cref="Pretrained.None"/>.</param>
    /// <exception cref="ArgumentException">There is no such model; the message has the nearest names.</exception>
    public static TransferPlan Create(string name, Zoo zoo, Pretrained? weights) => Create(name, (Zoo?)zoo, weights);

    /// <summary>
    /// A plan for the model in a repository of the Hugging Face hub, whose <c>config.json</c> says which network it is, as timm's
    /// and transformers' do. The config is read now, downloaded first if it isn't there yet; the weights are when the model is
    /// built.
    /// </summary>
    /// <remarks>
    /// Other repositories' weights go into a model of one's choice: <c>Backbone.ResNet50(Pretrained.FromHub(…))</c>.
    /// </remarks>
    /// <inheritdoc cref="Pretrained.FromHub" path="/param|/exception"/>
    /// <exception cref="WeightsException">
    /// The config can't be had, or its architecture isn't here; the message has the nearest names.
    /// </exception>
    public static TransferPlan FromHub(string repository, string? revision = null, string? token = null)
    {
        var weights = Pretrained.FromHub(repository, revision, token);
        var architecture = WeightsSource.ConfigOf(weights.Repository!).FindArchitecture($"{weights}");
        return new TransferPlan(new ModelRecipe(architecture, weights));
    }

    private static TransferPlan Create(string name, Zoo? zoo, Pretrained? weights)
    {
        ArgumentNullException.ThrowIfNull(name);
        weights ??= Pretrained.None;
        var blueprint = Architectures.Find(name, zoo);
        WeightsSource.RequireKnown(blueprint.Name, weights);
        return new TransferPlan(new ModelRecipe(blueprint, weights));
    }

    /// <summary>
    /// A plan for a network of your own, built from <see cref="Layers"/> and other layers. Freezing, summary, training,
    /// compiling, export and saving work as for a model of the zoo. Layers can't be stored with the model: pass the same plan to
    /// <see cref="TransferModel.Load"/>.
    /// </summary>
    /// <param name="name">Its name, in summaries and saved models; none of <see cref="All"/>.</param>
    /// <param name="blueprint">
    /// Makes a fresh tree of layers, for images of three channels: <see cref="TransferPlan.WithInputChannels"/> describes the
    /// first convolution anew. Called whenever the network is described, and once for the model itself.
    /// </param>
    /// <param name="preprocessing">What it expects of its input; null: <see cref="Preprocessing.ImageNet"/>.</param>
    /// <param name="weights">
    /// A file, an address or tensors, under the names that the layers have; null: <see cref="Pretrained.None"/>.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The zoo has a model of that name, the layers don't fit together, or the function gives the same layers twice.
    /// </exception>
    public static TransferPlan Custom(
        string name, Func<Blueprint> blueprint, Preprocessing? preprocessing = null, Pretrained? weights = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(blueprint);
        if (Architectures.Known.Any(model => model.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            throw new ArgumentException($"The zoo has a model named '{name}': choose another name.", nameof(name));
        weights ??= Pretrained.None;
        WeightsSource.RequireKnown(name, weights);
        var custom = new NamedBlueprint(name, blueprint) { Preprocessing = preprocessing ?? Preprocessing.ImageNet };
        using Network network = custom.Describe(), again = custom.Describe();
        // A network owns its layers: those of one that is gone would take the others' memory along.
        if (network.Steps.Intersect(again.Steps, ReferenceEqualityComparer.Instance).Any())
            throw new ArgumentException(
                "The function gives the same layers twice. Make them within it, so that every network has its own.",
                nameof(blueprint));
        network.OutputShape(network.InputShape(network.ImageSize ?? custom.Preprocessing.CropSize));
        return new TransferPlan(new ModelRecipe(custom, weights));
    }
}
