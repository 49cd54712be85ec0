namespace TransferKit;

/// <summary>What <see cref="TransferModel.ExportOnnx"/> puts into the file.</summary>
public sealed record OnnxOptions
{
    /// <summary>
    /// Whether the graph gives probabilities, in 0..1: a softmax of the logits, or a sigmoid of each where the
    /// <see cref="TransferModel.Task"/> is <see cref="LearningTask.MultiLabel"/>; without <see cref="TransferModel.Temperature"/>,
    /// but in a graph with <see cref="OnnxPreprocessing.Whole"/> preprocessing, which does all that a predictor does. A regression
    /// has none, and is refused. The output is then named <c>probabilities</c>, and not <c>logits</c>. Default: false.
    /// </summary>
    public bool Softmax { get; init; }

    /// <summary>
    /// How much of what <see cref="TransferModel.Preprocessing"/> says the graph does itself: <c>true</c>, it scales and normalizes
    /// pixels; <see cref="OnnxPreprocessing.Whole"/>, it takes pictures of any size. Default: false, nothing.
    /// </summary>
    public OnnxPreprocessing IncludePreprocessing { get; init; } = OnnxPreprocessing.None;

    /// <summary>
    /// Whether each batch norm right behind a convolution or a linear layer becomes a part of it: fewer nodes, and the same
    /// results but for rounding. Weights then no longer are those of the model. Default: false; ONNX Runtime does it by itself.
    /// </summary>
    public bool FoldBatchNorm { get; init; }

    /// <summary>How kernels and matrices are stored. Default: <see cref="OnnxWeights.Full"/>.</summary>
    public OnnxWeights Weights { get; init; } = OnnxWeights.Full;

    /// <summary>
    /// The probability, in 0..1, above which a class counts as seen, for those who run the graph: it only goes into the file's
    /// metadata, as <c>threshold</c>. Default: null, 0.5 where an image has any number of classes, and else none.
    /// </summary>
    public double? Threshold { get; init; }

    /// <summary>
    /// Height and width of the images, in pixels; null: the crop size of <see cref="TransferModel.Preprocessing"/>. The graph
    /// takes images of this size alone, in batches of any length, and its metadata say how they are made. Default: null.
    /// </summary>
    public int? ImageSize { get; init; }

    /// <exception cref="ArgumentException">Something can't be.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(IncludePreprocessing);
        if (Threshold is not (null or (>= 0 and <= 1)))
            throw new ArgumentException(FormattableString.Invariant($"{nameof(Threshold)} is {Threshold}, but must lie in 0..1."));
    }
}

/// <summary>How an ONNX file stores kernels and matrices.</summary>
public enum OnnxWeights
{
    /// <summary>In 32 bits, as they are.</summary>
    Full,

    /// <summary>
    /// In 16 bits, for half the size of the file. The graph computes in float32 all the same, so it runs wherever the other does,
    /// and as fast: the weights are widened once, when the file is loaded. Biases and norms, which are few, keep 32 bits, and so
    /// does a kernel with values beyond ±65504.
    /// </summary>
    Half,
}
