using TorchSharp;

namespace TransferKit;

/// <summary>
/// Which parts of an image decide: one number for each pixel of the network's input, 0 where nothing speaks for the class and 1
/// where most does. Immutable.
/// </summary>
public sealed class HeatMap
{
    private readonly float[] _values;

    private HeatMap(float[] values, int height, int width, int label, string className, ExplanationMethod method) =>
        (_values, Height, Width, Label, ClassName, Method) = (values, height, width, label, className, method);

    /// <summary>Rows, in pixels.</summary>
    public int Height { get; }

    /// <summary>Columns, in pixels.</summary>
    public int Width { get; }

    /// <summary>The class that is explained.</summary>
    public int Label { get; }

    /// <summary>The name of that class.</summary>
    public string ClassName { get; }

    /// <summary>How it was found.</summary>
    public ExplanationMethod Method { get; }

    /// <summary>The value of a pixel, in 0..1.</summary>
    /// <param name="y">The row, in <c>[0, Height)</c>, from the top.</param>
    /// <param name="x">The column, in <c>[0, Width)</c>, from the left.</param>
    public float this[int y, int x]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)y, (uint)Height, nameof(y));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)x, (uint)Width, nameof(x));
            return _values[y * Width + x];
        }
    }

    /// <summary>The values, row by row: Height · Width numbers in 0..1.</summary>
    public ReadOnlyMemory<float> Values => _values;

    /// <summary>The pixel with the highest value, the first of equals.</summary>
    public (int Y, int X) Peak
    {
        get
        {
            var at = _values.AsSpan().IndexOf(_values.Max());
            return (at / Width, at % Width);
        }
    }

    /// <summary><c>Grad-CAM for daisy, 224 × 224</c></summary>
    public override string ToString() => $"{Method} for {ClassName}, {Height} × {Width}";

    /// <summary>
    /// Resizes a map to an image, bilinearly, and scales it so that its highest value is 1; a map of zeros stays one.
    /// </summary>
    /// <param name="map"><c>[1, 1, h, w]</c>, at least 0.</param>
    /// <param name="height">Rows of the image.</param>
    /// <param name="width">Columns of the image.</param>
    /// <param name="label">The class.</param>
    /// <param name="className">Its name.</param>
    /// <param name="method">How the map was found.</param>
    internal static HeatMap Of(torch.Tensor map, long height, long width, int label, string className, ExplanationMethod method)
    {
        using var scope = torch.NewDisposeScope();
        var resized = torch.nn.functional.interpolate(map.to_type(torch.ScalarType.Float32),
            size: [height, width], mode: torch.InterpolationMode.Bilinear, align_corners: false);
        float[] values = [.. resized.cpu().contiguous().data<float>()];
        var highest = values.Max();
        if (highest > 0)
            for (var i = 0; i < values.Length; i++)
                values[i] /= highest;
        return new HeatMap(values, (int)height, (int)width, label, className, method);
    }
}
