namespace TransferKit;

/// <summary>
/// How much of what is done to a picture an exported graph does itself. <c>true</c> and <c>false</c> stand for
/// <see cref="Normalize"/> and <see cref="None"/>. A value.
/// </summary>
public sealed record OnnxPreprocessing
{
    private readonly string _name;

    private OnnxPreprocessing(string name) => _name = name;

    /// <summary>Nothing: it takes <c>images</c> as float32 <c>[batch, 3, H, W]</c>, resized, cropped and normalized.</summary>
    public static OnnxPreprocessing None { get; } = new(nameof(None));

    /// <summary>
    /// It takes pixels as pictures have them, uint8 <c>[batch, H, W, 3]</c> in red, green, blue, resized and cropped, and scales
    /// and normalizes them.
    /// </summary>
    public static OnnxPreprocessing Normalize { get; } = new(nameof(Normalize));

    /// <summary>
    /// It takes whole pictures of any size, uint8 <c>[batch, height, width, 3]</c> in red, green, blue, as a decoder gives them,
    /// and resizes, crops and normalizes them as <see cref="TransferModel.Preprocessing"/> says, with Pillow's antialiased
    /// filters to within one level of 255. Needs opset 18, so a runtime of 2023 or later; several pictures at a time must be of
    /// one size.
    /// </summary>
    public static OnnxPreprocessing Whole { get; } = new(nameof(Whole));

    /// <summary><see cref="Normalize"/> for true, <see cref="None"/> for false.</summary>
    public static implicit operator OnnxPreprocessing(bool isIncluded) => isIncluded ? Normalize : None;

    /// <summary><c>None</c>, <c>Normalize</c> or <c>Whole</c>.</summary>
    public override string ToString() => _name;
}
