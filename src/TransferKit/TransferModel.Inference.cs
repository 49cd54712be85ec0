using TorchSharp;

namespace TransferKit;

public sealed partial class TransferModel
{
    /// <summary>Computes the scores of a batch, in evaluation mode and without gradients.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> float32, normalized as <see cref="Preprocessing"/> says; on any device.</param>
    /// <returns>Logits <c>[N, classes]</c> on the model's device; the caller disposes them.</returns>
    public torch.Tensor Forward(torch.Tensor images) => Infer(images, Network.Forward);

    /// <summary>Computes what the head sees, in evaluation mode and without gradients.</summary>
    /// <param name="images"><c>[N, 3, H, W]</c> float32, normalized as <see cref="Preprocessing"/> says; on any device.</param>
    /// <returns><c>[N, features]</c> on the model's device; the caller disposes it.</returns>
    public torch.Tensor ExtractFeatures(torch.Tensor images) => Infer(images, Network.Features);

    /// <summary>Computes what the head sees of every sample, with all layers compiled for inference.</summary>
    /// <param name="data">The samples, read in their own order, without augmentation.</param>
    /// <param name="batchSize">Samples at a time, at least 1.</param>
    /// <param name="distributed">
    /// Processes that take batches in turns, and all get all vectors, which are those of one process bit for bit; null: this one
    /// alone.
    /// </param>
    /// <param name="cancellationToken">Ends it with <see cref="OperationCanceledException"/>.</param>
    /// <returns>A vector a sample, in managed memory; samples that were skipped have none.</returns>
    /// <exception cref="DistributedException">Another process failed, or does something else.</exception>
    public FeatureVectors ExtractFeatures(Dataset data, int batchSize = 32, ProcessGroup? distributed = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(data);
        ArgumentOutOfRangeException.ThrowIfLessThan(batchSize, 1);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var group = distributed ?? ProcessGroup.Alone;
        return LargeBlockThread.Run(() => group.Together(() =>
        {
            if (group.Size > 1)
                RankAgreement.Require(group, RankAgreement.FactsOf(Live, data, batchSize));
            return FeatureVectors.Extract(Live, data, batchSize, onBatch: null, cancellationToken, group: group);
        }));
    }

    /// <summary>Finds out which parts of an image decide.</summary>
    /// <param name="image">
    /// <c>[C, H, W]</c> or <c>[1, C, H, W]</c> float32, normalized as <see cref="Preprocessing"/> says.
    /// </param>
    /// <param name="method">How; null: attention rollout for vision transformers, Grad-CAM for all others.</param>
    /// <param name="className">
    /// What speaks for this class, one of <see cref="ClassNames"/>; null: for the one with the highest score.
    /// </param>
    /// <exception cref="ArgumentException">There is no such class; the message has the nearest names.</exception>
    /// <exception cref="NotSupportedException">The method doesn't fit the network; the message names one that does.</exception>
    public HeatMap Explain(torch.Tensor image, ExplanationMethod? method = null, string? className = null) =>
        ExplainLabel(image, method,
            className is null ? null : ClassOrder.LabelOf(className, ClassNames, nameof(className)));

    /// <inheritdoc cref="Explain"/>
    /// <param name="image">As there.</param>
    /// <param name="method">As there.</param>
    /// <param name="label">The class's position; null: the one with the highest score.</param>
    internal HeatMap ExplainLabel(torch.Tensor image, ExplanationMethod? method, int? label)
    {
        ArgumentNullException.ThrowIfNull(image);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var scope = torch.NewDisposeScope();
        if (image.dim() == 3)
            image = image.unsqueeze(0);
        if (image.dim() != 4 || image.shape[0] != 1)
            throw new ArgumentException(
                $"One image at a time: [C, H, W], not [{string.Join(", ", image.shape)}].", nameof(image));
        using var mode = Network.InMode(training: false);
        method ??= ExplanationMethod.For(Network);
        var explained = label ?? (int)Forward(image).argmax(1).item<long>();
        var map = method.Map(Live, Live.PrepareInput(image.detach()), explained);
        var heat = HeatMap.Of(map, image.shape[2], image.shape[3], explained, ClassNames[explained], method);
        GC.KeepAlive(image);
        return heat;
    }

    private torch.Tensor Infer(torch.Tensor images, Func<torch.Tensor, torch.Tensor> run)
    {
        ArgumentNullException.ThrowIfNull(images);
        ObjectDisposedException.ThrowIf(_disposed, this);
        using var mode = Network.InMode(training: false);
        using var noGradient = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var outputs = run(Live.PrepareInput(images)).MoveToOuterDisposeScope();
        // Who calls may hold the images nowhere else, and then they could be finalized while libtorch reads them.
        GC.KeepAlive(images);
        return outputs;
    }
}
