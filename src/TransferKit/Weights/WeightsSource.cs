namespace TransferKit;

/// <summary>
/// Where the weights lie that a <see cref="Pretrained"/> asks for, and what is known of them without opening them.
/// </summary>
internal static class WeightsSource
{
    /// <summary>Checks that a model has the known weights that are asked for. Touches no disk.</summary>
    /// <exception cref="ArgumentException">It hasn't; the message lists those it has.</exception>
    public static void RequireKnown(string model, Pretrained weights) => Known(model, weights);

    /// <summary>Height and width of the images that weights were trained on, in pixels; null where that isn't known.</summary>
    public static int? ImageSize(string model, Pretrained weights) =>
        (Known(model, weights) ?? (weights.Kind is PretrainedKind.File or PretrainedKind.Url
            ? KnownWeights.Recognize(model, weights.Description) : null))?.Preprocessing.CropSize;

    /// <summary>The path of the weights' file, downloaded first if it is not there yet; null where there is none.</summary>
    public static async Task<string?> FetchAsync(
        string model, Pretrained weights, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken) =>
        weights.Kind switch
        {
            PretrainedKind.None or PretrainedKind.StateDict => null,
            PretrainedKind.File => weights.Description,
            PretrainedKind.Packaged => PackagedWeights.Find(model),
            PretrainedKind.Hub =>
                await Snapshot(weights.Repository!, progress).GetWeightsAsync(cancellationToken).ConfigureAwait(false),
            PretrainedKind.Url => await WeightsCache.Shared.GetAsync(
                new Uri(weights.Description), weights.Sha256, progress, cancellationToken).ConfigureAwait(false),
            _ => Known(model, weights)! switch
            {
                var known when HubRepository.OfFile(known.Url) is { } repository =>
                    await Snapshot(repository, progress).GetWeightsAsync(cancellationToken).ConfigureAwait(false),
                { Sha256: null, Url: var url } => await WeightsCache.Shared.GetAsync(
                    url, sha256: null, progress, cancellationToken).ConfigureAwait(false),
                var known => await WeightsCache.Shared.GetAsync(known, progress, cancellationToken).ConfigureAwait(false),
            },
        };

    /// <inheritdoc cref="FetchAsync"/>
    public static string? Fetch(
        string model, Pretrained weights, IProgress<DownloadProgress>? progress, CancellationToken cancellationToken) =>
        Task.Run(() => FetchAsync(model, weights, progress, cancellationToken), CancellationToken.None).GetAwaiter().GetResult();

    /// <summary>Whether a model's weights can be read without asking the network.</summary>
    public static bool IsThere(string model, Pretrained weights) => weights.Kind switch
    {
        PretrainedKind.None or PretrainedKind.StateDict => true,
        PretrainedKind.File => File.Exists(weights.Description),
        PretrainedKind.Packaged => PackagedWeights.Has(model),
        PretrainedKind.Hub => Snapshot(weights.Repository!, progress: null).HasWeights,
        PretrainedKind.Url => WeightsCache.Shared.Find(new Uri(weights.Description), weights.Sha256) is not null,
        _ => Known(model, weights)! switch
        {
            var known when HubRepository.OfFile(known.Url) is { } repository => Snapshot(repository, progress: null).HasWeights,
            { Sha256: null, Url: var url } => WeightsCache.Shared.Find(url, sha256: null) is not null,
            var known => WeightsCache.Shared.Find(known) is not null,
        },
    };

    /// <summary>What a repository of the hub says of its model, downloaded first if it is not there yet.</summary>
    /// <exception cref="WeightsException">It can't be had.</exception>
    public static HubConfig ConfigOf(HubRepository repository) =>
        Task.Run(() => Snapshot(repository, progress: null).GetConfigAsync(CancellationToken.None)).GetAwaiter().GetResult();

    /// <summary>The known weights that are asked for; null where they come from elsewhere.</summary>
    /// <exception cref="ArgumentException">The model has no such weights; the message lists those it has.</exception>
    public static WeightsInfo? Known(string model, Pretrained weights) => weights.Kind switch
    {
        PretrainedKind.Default => KnownWeights.Default(model),
        PretrainedKind.Named => KnownWeights.Find(model, weights.Description),
        _ => null,
    };

    private static HubSnapshot Snapshot(HubRepository repository, IProgress<DownloadProgress>? progress) =>
        new(repository, HubSettings.Read(Environment.GetEnvironmentVariable), new DownloadPolicy(), progress);
}
