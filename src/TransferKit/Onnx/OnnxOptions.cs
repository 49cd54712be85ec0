using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TransferKit;

/// <summary>What <see cref="TransferModel.ExportOnnx"/> puts into the file.</summary>
public sealed record OnnxOptions
{
    /// <summary>
    /// Whether the graph gives probabilities, in 0..1: a softmax of the logits, or a sigmoid of each where the
    /// <see cref="TransferModel.Task"/> is <see cref="LearningTask.MultiLabel"/>; without
    /// <see cref="TransferModel.Temperature"/>, but in a graph with <see cref="OnnxPreprocessing.Whole"/> preprocessing, which
    /// does all that a predictor does. A regression has none, and is refused. The output is then named <c>probabilities</c>, and
    /// not <c>logits</c>. Default: false.
    /// </summary>
    public bool Softmax { get; init; }

    /// <summary>
    /// How much of what <see cref="TransferModel.Preprocessing"/> says the graph does itself: <c>true</c>, it scales and
    /// normalizes pixels; <see cref="OnnxPreprocessing.Whole"/>, it takes pictures of any size. Default: false, nothing.
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

    /// <summary>
    /// Pictures as the model will see them, a few hundred, by which <see cref="OnnxWeights.Int8"/> finds the ranges of what is
    /// rounded and what rounding costs: best those that the model was validated on. Where their classes are the model's, the cost
    /// is accuracy; else it is how often the model says something else than in float32. Default: null.
    /// </summary>
    public Dataset? Calibration { get; init; }

    /// <summary>
    /// By what the ranges of activations are chosen. Default: <see cref="CalibrationMethod.MeanSquaredError"/>.
    /// </summary>
    public CalibrationMethod CalibrationMethod { get; init; }

    /// <summary>
    /// What <see cref="OnnxWeights.Int8"/> may cost on <see cref="Calibration"/>, as a share of the pictures, in 0..1: layers are
    /// left in float32 until it costs no more, and if it still does, nothing is exported. Of a regression, the share of the
    /// outputs' variance that is lost. Default: 0.005, half a point of accuracy.
    /// </summary>
    public double MaximumLoss { get; init; } = 0.005;

    /// <exception cref="ArgumentException">They don't fit each other, or one is out of range.</exception>
    internal void Validate()
    {
        ArgumentNullException.ThrowIfNull(IncludePreprocessing);
        if (Threshold is not (null or (>= 0 and <= 1)))
            throw new ArgumentException(
                FormattableString.Invariant($"{nameof(Threshold)} is {Threshold}, but must lie in 0..1."));
        if (Weights == OnnxWeights.Int8 && Calibration is null)
            throw new ArgumentException($"Weights in 8 bits need pictures to be calibrated by: set {nameof(Calibration)} to a "
                + "few hundred like those to come, such as the validation samples.");
        if (Weights != OnnxWeights.Int8 && Calibration is not null)
            throw new ArgumentException($"{nameof(Calibration)} is for {nameof(Weights)} = "
                + $"{nameof(OnnxWeights)}.{nameof(OnnxWeights.Int8)}, and this is {Weights}: leave one of them out.");
        if (!(MaximumLoss >= 0 && MaximumLoss <= 1))
            throw new ArgumentException(string.Create(CultureInfo.InvariantCulture,
                $"{nameof(MaximumLoss)} is {MaximumLoss}, but is a share in 0..1: 0.005 is half a point of accuracy."));
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

    /// <summary>
    /// In 16 bits, and the graph computes in them, but for its inputs and outputs: for GPUs and others that are faster so.
    /// Processors mostly aren't; ONNX Runtime widens all of it there. Activations beyond ±65504 become infinite, and a weight
    /// that is beyond it is refused.
    /// </summary>
    Float16,

    /// <summary>
    /// In 8 bits, for a quarter of the size, and the graph computes in 8 bits where that pays ("Quantization and training of
    /// neural networks for efficient integer-arithmetic-only inference", Jacob et al., 2018): post-training quantization, with a
    /// scale for each output of a kernel and, for what layers take and give, ranges found on
    /// <see cref="OnnxOptions.Calibration"/>. Batch norms are folded. Runtimes that know no integer kernels compute the same in
    /// float32.
    /// </summary>
    [SuppressMessage("Naming", "CA1720", Justification = "What the format calls it.")]
    Int8,
}
