using Microsoft.ML.OnnxRuntime;

namespace TransferKit.Vision;

/// <summary>How a <see cref="Predictor"/> computes in ONNX Runtime, and what it makes of the results.</summary>
public sealed record OnnxPredictorOptions : PredictionOptions
{
    /// <summary>
    /// What computes, the first for all that it can: ONNX Runtime's names, such as <c>CUDA</c>, <c>TensorRT</c>, <c>CoreML</c>,
    /// <c>DML</c> or <c>OpenVINO</c>; the processor does the rest. All but <c>CPU</c> and what the platform has come with another
    /// package of ONNX Runtime, such as Microsoft.ML.OnnxRuntime.Gpu. Default: the processor alone.
    /// </summary>
    public IReadOnlyList<string> ExecutionProviders { get; init; } = [];

    /// <summary>
    /// How many threads compute one prediction, at least 1. Default: null, one for each core. For services, 1 gives more
    /// predictions a second, as each request then has a core of its own.
    /// </summary>
    public int? Threads { get; init; }

    /// <summary>Sets what else ONNX Runtime can be told, such as a provider with options of its own. Default: nothing.</summary>
    public Action<SessionOptions>? ConfigureSession { get; init; }

    /// <summary>
    /// The names of the outputs, in their order. Default: null, as the file says; one that TransferKit didn't write says nothing.
    /// </summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>
    /// What the network expects of its input, such as <see cref="Preprocessing.ImageNet"/>. Default: null, as the file says; one
    /// that TransferKit didn't write says nothing.
    /// </summary>
    public Preprocessing? Preprocessing { get; init; }

    /// <summary>
    /// What the outputs mean. Default: null, as the file says, or else <see cref="LearningTask.Classification"/>.
    /// </summary>
    public LearningTask? Task { get; init; }

    /// <summary>
    /// Whether the outputs are probabilities, and not logits. Default: null, as the file says, or else whether the output is
    /// called <c>probabilities</c>.
    /// </summary>
    public bool? GivesProbabilities { get; init; }

    /// <summary>
    /// Which of several outputs to take. Default: null, the only one, or <c>probabilities</c>, or <c>logits</c>.
    /// </summary>
    public string? Output { get; init; }

    internal override IEnumerable<string> ValidationErrors()
    {
        foreach (var error in base.ValidationErrors())
            yield return error;
        if (Threads < 1)
            yield return $"{nameof(Threads)} is {Threads}, but must be at least 1, or null.";
        if (ExecutionProviders is null || ExecutionProviders.Any(string.IsNullOrWhiteSpace))
            yield return $"{nameof(ExecutionProviders)} or one of its names is null or empty.";
        if (ClassNames is not null && (ClassNames.Count == 0 || ClassNames.Any(string.IsNullOrEmpty)))
            yield return $"{nameof(ClassNames)} or one of the names is empty.";
    }
}
