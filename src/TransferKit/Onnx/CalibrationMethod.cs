namespace TransferKit;

/// <summary>
/// How the range of an activation is chosen, in which its values get 256 steps: a wide one has coarse steps, and a narrow one
/// cuts off what lies outside. All choose both ends on their own, from a histogram of the values on the calibration pictures.
/// </summary>
public enum CalibrationMethod
{
    /// <summary>The range in which rounding and cutting off have the least mean squared error.</summary>
    MeanSquaredError,

    /// <summary>The range that leaves out the largest and the smallest 0.005 % of the values.</summary>
    Percentile,

    /// <summary>
    /// The range in which what is left of the values' distribution diverges least from it (Kullback and Leibler's divergence;
    /// "8-bit inference with TensorRT", Migacz, 2017).
    /// </summary>
    Entropy,
}
