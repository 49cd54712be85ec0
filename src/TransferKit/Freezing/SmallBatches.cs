using TorchSharp;

namespace TransferKit;

/// <summary>
/// What batch norms do with a batch that is too small to normalize by: of one value a channel there is no spread, and two become
/// ±1 whatever they are, without a gradient. Wherever such a batch comes from (the rest of an epoch, samples that couldn't be
/// read), they use the statistics that they track, as in evaluation, and track nothing of it.
/// </summary>
/// <param name="network">The network.</param>
/// <param name="steps">The part of it that runs.</param>
internal sealed class SmallBatches(Network network, IReadOnlyList<Layer> steps)
{
    /// <summary>Values a channel that a batch norm can normalize by; so many samples have them whatever their shape.</summary>
    public const int FewestValues = 3;

    private readonly Dictionary<Shape, IReadOnlyList<(Layer Norm, long Values)>> _norms = [];

    /// <summary>The batch norms in training mode that get too few values a channel.</summary>
    /// <param name="samples">Samples of the batch.</param>
    /// <param name="sample">The shape of each, as the first of the layers takes it.</param>
    public IReadOnlyList<Layer> Starved(long samples, Shape sample)
    {
        if (samples >= FewestValues)
            return [];
        if (!_norms.TryGetValue(sample, out var norms))
            _norms.Add(sample, norms = Find(sample));
        return
        [
            .. norms.Where(found => found.Norm.Training && samples * found.Values < FewestValues).Select(found => found.Norm),
        ];
    }

    /// <summary>A time in which the batch norms that get too few values of a batch use the statistics that they track.</summary>
    /// <param name="batch"><c>[N, …]</c>, what the first of the layers takes.</param>
    /// <param name="batchSize">Samples of a full batch.</param>
    /// <param name="samples">Samples that batch norms normalize by; null: those of the batch.</param>
    /// <param name="ranks">How many processes share a full batch, each of which normalizes by its own part.</param>
    /// <exception cref="ArgumentException">Every whole batch is too small, so that nothing would ever be tracked.</exception>
    public ModeScope Spare(torch.Tensor batch, int batchSize, int? samples = null, int ranks = 1)
    {
        var count = samples ?? batch.shape[0];
        var starved = Starved(count, new Shape(batch.shape.AsSpan(1)));
        if (starved.Count > 0 && count >= batchSize / ranks)
            throw TooSmall(batchSize, new Shape(batch.shape.AsSpan(1)), starved[0], ranks);
        var scope = new ModeScope(starved);
        foreach (var norm in starved)
            norm.Training = false;
        return scope;
    }

    /// <summary>The error of a batch size that is too small for a batch norm.</summary>
    /// <param name="batchSize">The batch size.</param>
    /// <param name="sample">The shape of a sample, as the first of the layers takes it.</param>
    /// <param name="norm">The batch norm.</param>
    /// <param name="ranks">How many processes share a batch, each of which normalizes by its own part.</param>
    public ArgumentException TooSmall(int batchSize, Shape sample, Layer norm, int ranks = 1)
    {
        var values = ValuesOf(norm, sample);
        var shared = ranks == 1 ? "" : $", {batchSize / ranks} for each of {ranks} ranks";
        var why = batchSize / ranks * values == 1
            ? "can't normalize a single sample"
            : "gets two values a channel, which become ±1 whatever they are";
        var remedy = ranks == 1 ? "" : ", or set SyncBatchNorm";
        return new ArgumentException($"BatchSize is {batchSize}{shared}, and the batch norm {network.PathOf(norm)} {why}: "
            + $"take at least {(FewestValues + values - 1) / values * ranks}{remedy}.", nameof(batchSize));
    }

    /// <summary>Values a channel that a batch norm gets of one sample.</summary>
    public long ValuesOf(Layer norm, Shape sample) => _norms[sample].First(found => ReferenceEquals(found.Norm, norm)).Values;

    private List<(Layer Norm, long Values)> Find(Shape sample)
    {
        var found = new List<(Layer Norm, long Values)>();
        var shape = sample;
        foreach (var step in steps)
            shape = step.OutputShape(shape, (layer, input, _, _) =>
            {
                // What a module of the user's own makes of a map before it normalizes isn't known.
                if (layer is BatchNorm || (layer is ModuleLayer { HasBatchNorm: true } && input.Count == input[0]))
                    found.Add((layer, input.Count / input[0]));
            });
        return found;
    }
}
