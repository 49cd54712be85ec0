using System.Drawing;
using System.Globalization;
using System.Text;
using System.Text.Json.Serialization;

namespace TransferKit.Vision;

/// <summary>
/// One step of preparing a picture, with its parameters. Immutable; equal where the parameters are equal. Its public properties
/// are all that it is: they are printed, and saved with a model.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Resize), "resize")]
[JsonDerivedType(typeof(ResizeTo), "resize-to")]
[JsonDerivedType(typeof(CenterCrop), "center-crop")]
[JsonDerivedType(typeof(CornerCrop), "corner-crop")]
[JsonDerivedType(typeof(RandomCrop), "random-crop")]
[JsonDerivedType(typeof(RandomResizedCrop), "random-resized-crop")]
[JsonDerivedType(typeof(Pad), "pad")]
[JsonDerivedType(typeof(HorizontalFlip), "horizontal-flip")]
[JsonDerivedType(typeof(VerticalFlip), "vertical-flip")]
[JsonDerivedType(typeof(RandomHorizontalFlip), "random-horizontal-flip")]
[JsonDerivedType(typeof(Rotate), "rotate")]
[JsonDerivedType(typeof(RandomRotation), "random-rotation")]
[JsonDerivedType(typeof(Affine), "affine")]
[JsonDerivedType(typeof(RandomAffine), "random-affine")]
[JsonDerivedType(typeof(Perspective), "perspective")]
[JsonDerivedType(typeof(RandomPerspective), "random-perspective")]
[JsonDerivedType(typeof(Grayscale), "grayscale")]
[JsonDerivedType(typeof(Invert), "invert")]
[JsonDerivedType(typeof(Equalize), "equalize")]
[JsonDerivedType(typeof(AutoContrast), "auto-contrast")]
[JsonDerivedType(typeof(Posterize), "posterize")]
[JsonDerivedType(typeof(Solarize), "solarize")]
[JsonDerivedType(typeof(AdjustBrightness), "adjust-brightness")]
[JsonDerivedType(typeof(AdjustContrast), "adjust-contrast")]
[JsonDerivedType(typeof(AdjustSaturation), "adjust-saturation")]
[JsonDerivedType(typeof(AdjustHue), "adjust-hue")]
[JsonDerivedType(typeof(AdjustSharpness), "adjust-sharpness")]
[JsonDerivedType(typeof(ColorJitter), "color-jitter")]
[JsonDerivedType(typeof(GaussianBlur), "gaussian-blur")]
[JsonDerivedType(typeof(AutoAugment), "auto-augment")]
[JsonDerivedType(typeof(RandAugment), "rand-augment")]
[JsonDerivedType(typeof(TrivialAugmentWide), "trivial-augment-wide")]
[JsonDerivedType(typeof(AugMix), "aug-mix")]
[JsonDerivedType(typeof(RandomApply), "random-apply")]
[JsonDerivedType(typeof(RandomErasing), "random-erasing")]
[JsonDerivedType(typeof(Normalize), "normalize")]
[JsonDerivedType(typeof(Lambda), "lambda")]
public abstract record Transform
{
    private protected Transform()
    {
    }

    /// <summary><c>CenterCrop { Size = 224 }</c>, the same in every culture.</summary>
    public sealed override string ToString()
    {
        var culture = CultureInfo.CurrentCulture;
        CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        try
        {
            var text = new StringBuilder(GetType().Name).Append(" { ");
            return (PrintMembers(text) ? text.Append(' ') : text).Append('}').ToString();
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    /// <summary>What of the step is code of the program's own, which no file can hold; null: nothing.</summary>
    internal virtual Lambda? OwnCode => null;

    /// <summary>Carries the step out. Draws from <paramref name="random"/> alone.</summary>
    internal abstract void Apply(Canvas canvas, ref SeededRandom random);

    /// <summary>
    /// The size that the step always gives for a size that is always the same; null where it depends on the picture.
    /// </summary>
    internal virtual Size? OutputSize(Size? input) => input;
}
