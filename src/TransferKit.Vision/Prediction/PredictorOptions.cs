namespace TransferKit.Vision;

/// <summary>How a <see cref="Predictor"/> computes in libtorch, and what it makes of the results.</summary>
public sealed record PredictorOptions : PredictionOptions
{
    /// <summary>Where it computes. Default: <see cref="ComputeDevice.Auto"/>.</summary>
    public ComputeDevice Device { get; init; } = ComputeDevice.Auto;

    /// <summary>
    /// The floating-point type used for computation. Default: <see cref="Precision.Float32"/>, whose probabilities are the same
    /// on every machine and in every runtime, to about 1e-6; <see cref="Precision.Auto"/> may be quicker.
    /// </summary>
    public Precision Precision { get; init; } = Precision.Float32;

    /// <summary>The head that the model was built with, where that was a <see cref="Head.Custom"/> one. Default: none.</summary>
    public Head? CustomHead { get; init; }

    /// <summary>
    /// The plan of <see cref="Backbone.Custom"/> that the model was built with, where it was one. Default: none.
    /// </summary>
    public TransferPlan? CustomBackbone { get; init; }
}
