using TorchSharp;

namespace TransferKit;

/// <summary>
/// Checks that batches are what a model takes, so that an error in a dataset of one's own is one sentence, and not an exception
/// deep in libtorch or training on the wrong thing.
/// </summary>
/// <param name="model">The model.</param>
/// <param name="data">The dataset.</param>
internal sealed class BatchCheck(LiveModel model, Dataset data)
{
    private string _known = "";

    /// <summary>Checks the next batch.</summary>
    /// <exception cref="ArgumentException">It isn't what the model takes; the message says what is wrong.</exception>
    public void Require(Batch batch)
    {
        // What one batch has shown needn't be found out again.
        var kind = $"{Describe(batch.Images, skip: 1)} {Describe(batch.Targets, skip: 1)}";
        if (ErrorOf(batch, isKnown: kind == _known) is { } error)
            throw new ArgumentException($"A batch of {data.GetType().Name} {error}.");
        _known = kind;
    }

    /// <summary>What is wrong with a batch; null if nothing is.</summary>
    private string? ErrorOf(Batch batch, bool isKnown)
    {
        var (images, targets, samples) = (batch.Images, batch.Targets, batch.Indices.Count);
        if (samples == 0 || images.dim() == 0 || images.shape[0] != samples || targets.dim() == 0 || targets.shape[0] != samples)
            return $"has {samples} indices, images of {Describe(images)} and targets of {Describe(targets)}: it needs as many of "
                + "each, at least one";
        foreach (var index in batch.Indices)
            if ((uint)index >= (uint)data.Count)
                return $"says that it has the sample {index}, and there are {data.Count}, which count from 0";
        return isKnown ? null : ErrorOfImages(images) ?? ErrorOfTargets(targets, data.Targets);
    }

    private string? ErrorOfImages(torch.Tensor images)
    {
        var channels = model.Network.Channels;
        if (images.dim() != 4 || images.dtype != torch.ScalarType.Float32)
            return $"has images of {Describe(images)}, and the model takes Float32 [N, {channels}, H, W], normalized as its "
                + "Preprocessing says";
        if (images.shape[1] != channels)
            return $"has images of {images.shape[1]} channels, and the model takes {channels}: make the images so, or the plan "
                + $"with WithInputChannels({images.shape[1]})";
        try
        {
            model.Network.OutputShape(new Shape(images.shape.AsSpan(1)));
            return null;
        }
        catch (ArgumentException error)
        {
            return $"has images of {images.shape[2]} × {images.shape[3]} px, which the model can't take (its Preprocessing asks "
                + $"for {model.Preprocessing.CropSize} px): {error.Message.TrimEnd('.')}";
        }
    }

    private static string? ErrorOfTargets(torch.Tensor targets, Targets all)
    {
        if (!all.Definition.HasOneClass)
            return targets.dtype == torch.ScalarType.Float32 && targets.dim() == 2 && targets.shape[1] == all.Outputs
                ? null
                : $"has targets of {Describe(targets)}, and those of {all.Task} are Float32 [N, {all.Outputs}]";
        if (targets.dtype != torch.ScalarType.Int64 || targets.dim() != 1)
            return $"has targets of {Describe(targets)}, and those of {all.Task} are Int64 [N]";
        var labels = targets.cpu().data<long>().ToArray();
        return labels.All(label => label >= 0 && label < all.Outputs)
            ? null
            : $"has the labels {labels.Min()} to {labels.Max()}, and there are {all.Outputs} classes, which count from 0";
    }

    /// <summary><c>Float32 [8, 3, 224, 224]</c></summary>
    private static string Describe(torch.Tensor tensor, int skip = 0) =>
        $"{tensor.dtype} [{string.Join(", ", tensor.shape.Skip(skip))}]";
}
