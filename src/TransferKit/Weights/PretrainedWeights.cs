namespace TransferKit;

/// <summary>Fills a network with the weights that a plan asks for.</summary>
internal static class PretrainedWeights
{
    /// <summary>Branches that torchvision's files have for training alone (GoogLeNet, Inception V3).</summary>
    private static readonly string[] AuxiliaryHeads = ["aux1", "aux2", "AuxLogits"];

    /// <summary>Checks that a model has the known weights that are asked for. Touches no disk.</summary>
    /// <exception cref="ArgumentException">It hasn't; the message lists those it has.</exception>
    public static void RequireKnown(string model, Pretrained weights) => Known(model, weights);

    /// <summary>Height and width of the images that weights were trained on, in pixels; null where that isn't known.</summary>
    public static int? ImageSize(string model, Pretrained weights) =>
        (Known(model, weights) ?? (weights.Kind is PretrainedKind.File or PretrainedKind.Url
            ? KnownWeights.Recognise(model, weights.Description) : null))?.Preprocessing.CropSize;

    /// <summary>Gives every weight of a network its value: from the file, or as for training from scratch.</summary>
    /// <returns>How images are to be prepared for these weights.</returns>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public static Preprocessing Load(TransferPlan plan, Network network, CancellationToken cancellationToken)
    {
        var isReplaced = plan.Head is not null;
        if (plan.Weights.Kind == PretrainedKind.None)
        {
            network.Initialize(_ => true);
            return Usual(plan.Blueprint);
        }

        network.Initialize(name => isReplaced && LayerPattern.IsWithin(name, network.HeadPath));
        using var file = Open(plan, cancellationToken);
        StructureMatch.Name(file, network, isReplaced);
        StateDictLoader.Load(file, network.NamedWeights(), isReplaced ? [network.HeadPath] : [], AuxiliaryHeads);
        var known = Known(plan.Model, plan.Weights) ?? KnownWeights.Recognise(plan.Model, file.Path);
        network.TransformsInput = known is not null && network.Channels == 3;
        return known?.Preprocessing ?? file.Preprocessing ?? Usual(plan.Blueprint);
    }

    private static WeightsInfo? Known(string model, Pretrained weights) => weights.Kind switch
    {
        PretrainedKind.Default => KnownWeights.Default(model),
        PretrainedKind.Named => KnownWeights.Find(model, weights.Description),
        _ => null,
    };

    /// <summary>The path of the weights' file, downloaded first if it is not there yet; null where there is none.</summary>
    public static async Task<string?> FetchAsync(
        string model, Pretrained weights, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken) =>
        weights.Kind switch
        {
            PretrainedKind.None or PretrainedKind.StateDict => null,
            PretrainedKind.File => weights.Description,
            PretrainedKind.Packaged => PackagedWeights.Find(model),
            PretrainedKind.Url => await WeightsCache.Shared.GetAsync(
                new Uri(weights.Description), weights.Sha256, progress, cancellationToken).ConfigureAwait(false),
            _ => await WeightsCache.Shared.GetAsync(Known(model, weights)!, progress, cancellationToken).ConfigureAwait(false),
        };

    private static WeightsFile Open(TransferPlan plan, CancellationToken cancellationToken) =>
        plan.Weights.StateDict is { } inMemory
            ? WeightsFile.FromStateDict(inMemory)
            : WeightsFile.Open(plan.DownloadWeights(progress: null, cancellationToken)!);

    /// <summary>What a network of the user's own says, else what most weights were trained with: torchvision's first.</summary>
    private static Preprocessing Usual(NamedBlueprint model)
    {
        if (model.Preprocessing is { } own)
            return own;
        var weights = KnownWeights.Of(model.Name);
        var usual = weights.FirstOrDefault(known => known.Name == "IMAGENET1K_V1")
            ?? weights.FirstOrDefault(known => known.IsDefault);
        return usual?.Preprocessing ?? Preprocessing.ImageNet;
    }
}
