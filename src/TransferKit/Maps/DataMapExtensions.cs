namespace TransferKit;

/// <summary>Draws up maps of samples.</summary>
public static class DataMapExtensions
{
    private const int Neighbors = 5;

    /// <summary>
    /// Lays samples out in a plane by what a backbone sees in them, those that it sees alike near each other: t-SNE (van der
    /// Maaten, 2014), see <see cref="FeatureVectors.TSne"/>. Classes that mix, groups within a class, and samples among others'
    /// show. It needs no labels.
    /// </summary>
    /// <param name="data">The samples, at least four.</param>
    /// <param name="plan">The backbone with its weights; its head doesn't matter.</param>
    /// <param name="options">How; null: the defaults.</param>
    /// <param name="progress">Told of every step, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The options are wrong.</exception>
    /// <exception cref="InvalidOperationException">Fewer than four samples could be read.</exception>
    /// <exception cref="WeightsException">The weights can't be had, or don't fit.</exception>
    public static DataMap Map(this Dataset data, TransferPlan plan, MapOptions? options = null,
        IProgress<ProbeProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(plan);
        options ??= new MapOptions();
        options.Validate();
        FeatureVectors features;
        using (var backbone = new ProbedBackbone(plan, data, options, cancellationToken))
            features = backbone.Features(least: 4, progress, cancellationToken);
        progress?.Report(new("t-SNE", 0, 0));
        var places = features.TSne(options.Perplexity, options.Iterations, cancellationToken);
        return new DataMap
        {
            Data = data,
            Samples =
            [
                .. features.Indices.Select((index, row) => new MappedSample
                {
                    Index = index, Name = data.NameOf(index), X = places[row, 0], Y = places[row, 1],
                    Label = data.Targets.Definition.HasOneClass ? data.ClassNames[data.Labels[index]] : null,
                }),
            ],
            Trustworthiness = features.Count > 2 * Neighbors ? features.Trustworthiness(places, Neighbors) : double.NaN,
        };
    }
}
