using System.Text.Json.Serialization;

namespace TransferKit.Vision;

/// <summary>
/// Turns the colors on the color wheel (torchvision's adjust_hue). Hue, saturation and value are kept in 8 bits in between,
/// as in PIL, so colors shift a little even where nothing is turned.
/// </summary>
/// <param name="Factor">How far, in whole turns, −0.5 to 0.5.</param>
/// <exception cref="ArgumentOutOfRangeException"><paramref name="Factor"/> is outside −0.5 to 0.5.</exception>
public sealed unsafe record AdjustHue(double Factor) : ColorTransform
{
    /// <summary>How far, in whole turns, −0.5 to 0.5.</summary>
    [JsonPropertyName("Turn")]
    public double Factor { get; } = Require.Within(Factor, -0.5, 0.5);

    private protected override void Change(PixelBuffer pixels)
    {
        var shift = (int)(Factor * 255);
        for (var y = 0; y < pixels.Height; y++)
        {
            var pixel = pixels.Data + y * pixels.Stride;
            for (var x = 0; x < pixels.Width; x++, pixel += PixelBuffer.BytesPerPixel)
                Shift(pixel, shift);
        }
    }

    private static void Shift(byte* pixel, int shift)
    {
        var (hue, saturation, value) = ToHsv(pixel[0], pixel[1], pixel[2]);
        (pixel[0], pixel[1], pixel[2]) = ToRgb((byte)(hue + shift), saturation, value);
    }

    private static (byte Hue, byte Saturation, byte Value) ToHsv(byte red, byte green, byte blue)
    {
        var value = Math.Max(red, Math.Max(green, blue));
        var range = (float)(value - Math.Min(red, Math.Min(green, blue)));
        if (range == 0)
            return (0, 0, value);
        var (fromRed, fromGreen, fromBlue) = ((value - red) / range, (value - green) / range, (value - blue) / range);
        var sector = red == value ? fromBlue - fromGreen
            : green == value ? (float)(2.0 + fromRed - fromBlue)
            : (float)(4.0 + fromGreen - fromRed);
        // From 5/6 to below 2: its fraction needs no division.
        var turn = sector / 6.0 + 1.0;
        var hue = (float)(turn < 1 ? turn : turn - 1);
        return ((byte)(hue * 255.0), (byte)(range / value * 255.0), value);
    }

    private static (byte Red, byte Green, byte Blue) ToRgb(byte hue, byte saturation, byte value)
    {
        if (saturation == 0)
            return (value, value, value);
        var position = (float)(hue * 6.0 / 255.0);
        var sector = (int)position;
        var within = position - sector;
        var strength = (float)(saturation / 255.0);
        var low = Scale(value, 1.0 - strength);
        var falling = Scale(value, 1.0 - strength * within);
        var rising = Scale(value, 1.0 - strength * (1.0 - within));
        return (sector % 6) switch
        {
            0 => (value, rising, low),
            1 => (falling, value, low),
            2 => (low, value, rising),
            3 => (low, falling, value),
            4 => (rising, low, value),
            _ => (value, low, falling),
        };
    }

    /// <summary>Rounded, halves up; the product is exact, so that adding a half is.</summary>
    private static byte Scale(byte value, double factor) => (byte)(value * factor + 0.5);
}
