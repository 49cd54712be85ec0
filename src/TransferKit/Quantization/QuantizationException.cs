using System.Globalization;

namespace TransferKit;

/// <summary>A model can't be exported in 8 bits without losing more than is allowed.</summary>
public sealed class QuantizationException : TransferKitException
{
    internal QuantizationException(QuantizationReport report, double limit)
        : base(string.Create(CultureInfo.InvariantCulture,
            $"In 8 bits the model loses {report.Loss:P2} on the {report.Pictures} calibration pictures, and {limit:P2} are "
            + $"allowed. {report} Calibrate with more pictures that are like those to come, allow more by "
            + $"{nameof(OnnxOptions.MaximumLoss)}, or export with {nameof(OnnxWeights)}.{nameof(OnnxWeights.Half)}.")) =>
        Report = report;

    /// <summary>What was measured, with as many layers in float32 as were tried.</summary>
    public QuantizationReport Report { get; }
}
