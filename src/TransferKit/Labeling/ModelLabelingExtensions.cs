using TorchSharp;

namespace TransferKit;

/// <summary>Chooses samples that are worth labeling by what a trained model says of them.</summary>
public static class ModelLabelingExtensions
{
    /// <summary>
    /// Chooses from a pool without labels those that are worth labeling, by what the model sees in them and says of them.
    /// </summary>
    /// <param name="model">A trained model that gives each sample one class.</param>
    /// <param name="pool">The samples without labels; what labels they have doesn't count.</param>
    /// <param name="count">How many to choose, at least 1; all, where the pool has fewer.</param>
    /// <param name="labeled">
    /// What is labeled already, from which <see cref="LabelingStrategy.Coreset"/> keeps away; the other strategies don't need it.
    /// Null: nothing is.
    /// </param>
    /// <param name="options">How, without a folder for results; null: the defaults.</param>
    /// <param name="progress">Told of every step, on the thread that computes, while the caller waits.</param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <exception cref="ArgumentException">The options are wrong.</exception>
    /// <exception cref="InvalidOperationException">
    /// The model gives samples several classes, or numbers; or no sample could be read.
    /// </exception>
    public static LabelingSelection SelectForLabeling(this TransferModel model, Dataset pool, int count, Dataset? labeled = null,
        LabelingOptions? options = null, IProgress<ProbeProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(pool);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        options ??= new LabelingOptions();
        options.Validate();
        if (model.Task != LearningTask.Classification)
            throw new InvalidOperationException(
                $"Samples to label are chosen by the probabilities of one class each, and the model is for {model.Task}.");
        var known = labeled is null || options.Strategy != LabelingStrategy.Coreset ? null
            : Extract(labeled, "features of labeled samples", onHeadInput: null);
        var logits = new List<float>();
        var head = model.Network.Steps.Skip(model.Network.HeadStep);
        var asked = Extract(pool, "features", seen => logits.AddRange(
            TensorOperations.Forward(head, seen.to_type(torch.ScalarType.Float32)).cpu().contiguous().data<float>()));
        if (asked.Count == 0)
            throw new InvalidOperationException($"None of {pool.Count} samples could be read; see the reasons in the log.");
        using var scope = torch.NewDisposeScope();
        var outputs = torch.tensor([.. logits], [asked.Count, model.Network.Classes]).Divide(model.Temperature ?? 1);
        return LabelingExtensions.Describe(
            new LabelingPool(asked, LabelingExtensions.Probabilities(outputs), known), pool, model.ClassNames, count, options,
            cancellationToken);

        FeatureVectors Extract(Dataset data, string step, Action<torch.Tensor>? onHeadInput) => LargeBlockThread.Run(() =>
            FeatureVectors.Extract(model.Live, data, options.BatchSize,
                done => progress?.Report(new(step, done, data.Count)), cancellationToken, onHeadInput));
    }
}
