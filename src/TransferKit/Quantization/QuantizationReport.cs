using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace TransferKit;

/// <summary>What an export in 8 bits did, and what it costs, measured on the pictures that it was calibrated with.</summary>
public sealed record QuantizationReport
{
    internal QuantizationReport()
    {
    }

    /// <summary>How many pictures it was measured on.</summary>
    public required int Pictures { get; init; }

    /// <summary>
    /// The accuracy in float32, in 0..1; not a number where the pictures' classes aren't the model's, or it is a regression.
    /// </summary>
    public required double Float32Accuracy { get; init; }

    /// <summary>The same in 8 bits.</summary>
    public required double Int8Accuracy { get; init; }

    /// <summary>
    /// The share of pictures of which the model says the same class, or the same classes, as in float32; of a regression, the
    /// share of the outputs' variance that is kept (R²).
    /// </summary>
    public required double Agreement { get; init; }

    /// <summary>
    /// What 8 bits cost: accuracy, where it is known, and else what is missing in <see cref="Agreement"/>; below 0 where they
    /// happen to be better.
    /// </summary>
    public double Loss => double.IsNaN(Float32Accuracy) ? 1 - Agreement : Float32Accuracy - Int8Accuracy;

    /// <summary>How many bytes the weights take in float32.</summary>
    public required long Float32Bytes { get; init; }

    /// <summary>How many bytes the weights take in the file.</summary>
    public required long Int8Bytes { get; init; }

    /// <summary>All convolutions and linear layers that could be in 8 bits, in the order in which they run.</summary>
    public required IReadOnlyList<QuantizedLayer> Layers { get; init; }

    /// <summary>A few sentences for people.</summary>
    public override string ToString()
    {
        var accuracy = double.IsNaN(Float32Accuracy) ? "" : string.Create(CultureInfo.InvariantCulture,
            $"Accuracy on {Pictures} pictures: {Float32Accuracy:P2} in float32, {Int8Accuracy:P2} in 8 bits. ");
        return string.Create(CultureInfo.InvariantCulture,
            $"{accuracy}Agreement with float32: {Agreement:P2}. Weights: {Megabytes(Float32Bytes)} MB in float32, "
            + $"{Megabytes(Int8Bytes)} MB as exported. In 8 bits: "
            + $"{Layers.Count(layer => layer.Precision == LayerPrecision.Int8)} of {Layers.Count} layers"
            + $"{Named(LayerPrecision.Float32ForAccuracy, "accuracy")}"
            + $"{Named(LayerPrecision.Float32ForSpeed, "speed")}.");

        static string Megabytes(long bytes) => (bytes / 1e6).ToString("F1", CultureInfo.InvariantCulture);

        string Named(LayerPrecision precision, string why)
        {
            const int shown = 5;
            var names = Layers.Where(layer => layer.Precision == precision).Select(layer => layer.Name).ToList();
            return names.Count == 0 ? "" : $"; left in float32 for {why}: {string.Join(", ", names.Take(shown))}"
                + (names.Count > shown ? $" and {names.Count - shown} more" : "");
        }
    }
}

/// <summary>A convolution or linear layer of a model that was exported in 8 bits.</summary>
/// <param name="Name">Its dotted path.</param>
/// <param name="Precision">What it computes in, and why.</param>
/// <param name="Error">
/// How far the model's outputs are off when this layer alone is in 8 bits: the mean square of the difference, as a share of the
/// outputs' variance; not a number where there was no need to find out.
/// </param>
public sealed record QuantizedLayer(string Name, LayerPrecision Precision, double Error)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}: {Precision}, error {Error:G3}");
}

/// <summary>What a layer computes in, in an export in 8 bits.</summary>
public enum LayerPrecision
{
    /// <summary>In 8 bits.</summary>
    [SuppressMessage("Naming", "CA1720", Justification = "What the format calls it.")]
    Int8,

    /// <summary>In float32, as 8 bits would cost too much accuracy.</summary>
    Float32ForAccuracy,

    /// <summary>In float32, as it has too little to compute for what rounding its input and output takes.</summary>
    Float32ForSpeed,
}
