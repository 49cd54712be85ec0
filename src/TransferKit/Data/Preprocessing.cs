using System.Text.Json;
using System.Text.Json.Serialization;

namespace TransferKit;

/// <summary>
/// How a picture becomes the network's input in evaluation: the shorter side is resized to <see cref="ResizeSize"/>, or both are
/// where the weights want it (<see cref="Squash"/>), the center <see cref="CropSize"/> × <see cref="CropSize"/> is cut out, and
/// every channel becomes <c>(value / 255 − mean) / std</c>. Weights bring their own; it is kept in the saved model.
/// </summary>
public sealed record Preprocessing
{
    /// <summary>Height and width of the network's input, in pixels.</summary>
    public required int CropSize { get; init; }

    /// <summary>Length of the shorter side before the crop, in pixels.</summary>
    public required int ResizeSize { get; init; }

    /// <summary>
    /// Whether both sides are resized to <see cref="ResizeSize"/>, whatever that does to the proportions: timm's crop mode
    /// <c>squash</c>. Default: no, the shorter one is, and the longer keeps the proportion.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Squash { get; init; }

    /// <summary>
    /// Which share of the resized side is cut out, timm's <c>crop_pct</c>: for images of another size, <see cref="ResizeSize"/>
    /// is that size divided by it, rounded down. Default: null, <see cref="ResizeSize"/> keeps its proportion to
    /// <see cref="CropSize"/>.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? CropShare { get; init; }

    /// <summary>The resampling filter, antialiased as in Pillow.</summary>
    public required Interpolation Interpolation { get; init; }

    /// <summary>Mean of red, green and blue, in 0..1.</summary>
    public required ChannelValues Mean { get; init; }

    /// <summary>Standard deviation of red, green and blue, in 0..1.</summary>
    public required ChannelValues Std { get; init; }

    /// <summary>
    /// Channels of the network's input. Pictures are read with 3, or gray with 1, which is normalized by the averages of the
    /// three means and deviations. Default: 3; a model has here what <see cref="TransferPlan.WithInputChannels"/> said.
    /// </summary>
    public int Channels { get; init; } = 3;

    /// <summary>
    /// 224 px from 256 px, bilinear, with ImageNet's mean and deviation: what most of torchvision's weights use.
    /// </summary>
    public static Preprocessing ImageNet { get; } = new()
    {
        CropSize = 224, ResizeSize = 256, Interpolation = Interpolation.Bilinear,
        Mean = new(0.485f, 0.456f, 0.406f), Std = new(0.229f, 0.224f, 0.225f),
    };

    /// <summary>Reads what an exported graph says of its input: the metadata <c>preprocessing</c> of an ONNX file.</summary>
    /// <param name="json">The text, such as <c>{"cropSize":224,"resizeSize":256,…}</c>.</param>
    /// <exception cref="FormatException">It is something else.</exception>
    public static Preprocessing Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, PreprocessingJson.Default.Preprocessing)
                ?? throw new JsonException("It is null.");
        }
        catch (JsonException error)
        {
            throw new FormatException($"This is not the preprocessing of an exported model: {error.Message}", error);
        }
    }

    /// <summary>The same for a crop of another size.</summary>
    internal Preprocessing ForCrop(int pixels) => this with
    {
        CropSize = pixels,
        ResizeSize = pixels == CropSize ? ResizeSize
            : CropShare is { } share ? SizeBefore(pixels, share) : (int)Math.Round((double)ResizeSize * pixels / CropSize),
    };

    /// <summary>The size before a crop, rounded as timm's <c>create_transform</c> does it.</summary>
    /// <param name="pixels">Height and width of the crop.</param>
    /// <param name="share">The share of each side that it is.</param>
    internal static int SizeBefore(int pixels, double share) => (int)Math.Floor(pixels / share);
}

/// <summary>One number for each of the channels red, green and blue.</summary>
/// <param name="Red">The value for red.</param>
/// <param name="Green">The value for green.</param>
/// <param name="Blue">The value for blue.</param>
public readonly record struct ChannelValues(float Red, float Green, float Blue)
{
    /// <summary><c>ChannelValues { Red = 0.485, Green = 0.456, Blue = 0.406 }</c>, the same in every culture.</summary>
    public override string ToString() =>
        FormattableString.Invariant($"{nameof(ChannelValues)} {{ Red = {Red}, Green = {Green}, Blue = {Blue} }}");
}

/// <summary>
/// The filter with which pictures are resampled. All but <see cref="Nearest"/> are antialiased where they reduce a picture, as
/// Pillow's are; turning and bending takes <see cref="Nearest"/> or <see cref="Bilinear"/>, between neighboring pixels.
/// </summary>
public enum Interpolation
{
    /// <summary>Triangle filter over two source pixels (Pillow's BILINEAR).</summary>
    Bilinear,

    /// <summary>Cubic filter with a = −0.5 over four source pixels (Pillow's BICUBIC).</summary>
    Bicubic,

    /// <summary>The nearest source pixel, without antialiasing (Pillow's NEAREST).</summary>
    Nearest,

    /// <summary>Sinc windowed by a wider sinc over six source pixels (Pillow's LANCZOS).</summary>
    Lanczos,
}
