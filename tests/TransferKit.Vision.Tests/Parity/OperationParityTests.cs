using System.Drawing;
using System.Globalization;

namespace TransferKit.Vision.Tests;

public class OperationParityTests
{
    public static IEnumerable<object[]> Operations =>
        Goldens.All.Operations.Select(golden => new object[] { golden.Step, golden.File });

    [Theory]
    [MemberData(nameof(Operations))]
    public void A_step_gives_the_pixels_of_torchvision(string step, string file)
    {
        var golden = Goldens.All.Operations.Single(one => one.Step == step && one.File == file);
        var pixels = Fixture.Transform(file, StepNamed(step));

        pixels.Should().HaveCount(3 * golden.Width * golden.Height);
        if (golden.Sha256 is { } sha256)
            Fixture.Sha256(pixels).Should().Be(sha256);
        else
            pixels.Zip(golden.Pixels!, (ours, theirs) => Math.Abs(ours - theirs)).Max().Should().BeLessThanOrEqualTo(1);
    }

    private static Transform StepNamed(string text)
    {
        var words = text.Split(' ');
        var number = double.TryParse(words[^1], CultureInfo.InvariantCulture, out var value) ? value : 0;
        return (words[0], words.ElementAtOrDefault(1)) switch
        {
            ("invert", _) => new Invert(),
            ("solarize", _) => new Solarize(number),
            ("posterize", _) => new Posterize((int)number),
            ("autocontrast", _) => new AutoContrast(),
            ("equalize", _) => new Equalize(),
            ("grayscale", _) => new Grayscale(),
            ("vertical", _) => new VerticalFlip(),
            ("horizontal", _) => new HorizontalFlip(),
            ("resize", _) => new ResizeTo(20, 33) { Interpolation = Interpolation.Lanczos },
            ("pad", _) => new Pad(1, 2, 3, 4),
            ("brightness", _) => new AdjustBrightness(number),
            ("contrast", _) => new AdjustContrast(number),
            ("saturation", _) => new AdjustSaturation(number),
            ("sharpness", _) => new AdjustSharpness(number),
            ("hue", _) => new AdjustHue(number),
            ("blur", var size) => new GaussianBlur(int.Parse(size!)) { Sigma = (number, number) },
            ("rotate", "bilinear") => new Rotate(number) { Interpolation = Interpolation.Bilinear },
            ("rotate", _) => new Rotate(number),
            ("affine", "bilinear") => new Affine
            {
                Degrees = -40, Translate = (0, 1), Scale = 0.7, Shear = (0, 12), Interpolation = Interpolation.Bilinear,
            },
            ("affine", _) => new Affine { Degrees = 17, Translate = (3, -2), Scale = 1.2, Shear = (5, -8) },
            ("perspective", _) => new Perspective(new Point(4, 3), new(26, 1), new(27, 26), new(2, 23)),
            _ => throw new ArgumentOutOfRangeException(nameof(text), text, "The golden's step is not known here."),
        };
    }
}
