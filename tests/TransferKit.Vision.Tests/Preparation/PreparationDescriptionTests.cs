using System.Drawing;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace TransferKit.Vision.Tests;

public class PreparationDescriptionTests
{
    /// <summary>Every step that a file can hold, with values that are no defaults.</summary>
    private static readonly Transform[] Steps =
    [
        new Resize(40) { Interpolation = Interpolation.Bicubic }, new ResizeTo(30, 20) { Interpolation = Interpolation.Lanczos },
        new CenterCrop(17), new CornerCrop(16, Corner.BottomLeft), new RandomCrop(15) { Padding = 2 },
        new RandomResizedCrop(14) { Scale = (0.25, 0.75), Ratio = (0.5, 1.5), Interpolation = Interpolation.Nearest },
        new Pad(1, -2, 3, -4), new HorizontalFlip(), new VerticalFlip(), new RandomHorizontalFlip(0.25),
        new Rotate(-1.5) { Interpolation = Interpolation.Bilinear }, new RandomRotation(12.5) { Interpolation = Interpolation.Bilinear },
        new Affine { Degrees = 1.5, Translate = (-1, 2), Scale = 1.25, Shear = (0.5, -1.5), Center = (3.5, 4), Interpolation = Interpolation.Bilinear },
        new Affine(), new RandomAffine(2.5) { Translate = (0.25, 0.5), Scale = (0.5, 1.5), Shear = 0.5, Interpolation = Interpolation.Bilinear },
        new Perspective(new(1, 2), new(30, -3), new(31, 32), new(0, 33)) { Interpolation = Interpolation.Nearest },
        new RandomPerspective(0.25) { Probability = 0.75, Interpolation = Interpolation.Nearest }, new Grayscale(), new Invert(),
        new Equalize(), new AutoContrast(), new Posterize(3), new Solarize(127.5), new AdjustBrightness(1.1), new AdjustContrast(1.2),
        new AdjustSaturation(1.3), new AdjustHue(-0.1), new AdjustSharpness(1.5),
        new ColorJitter { Brightness = 0.1, Contrast = 0.2, Saturation = 0.3, Hue = 0.4 }, new GaussianBlur(5) { Sigma = (0.5, 1.5) },
        new AutoAugment(AutoAugmentPolicy.Svhn) { Interpolation = Interpolation.Bilinear },
        new RandAugment { Steps = 3, Magnitude = 7, Interpolation = Interpolation.Bilinear },
        new TrivialAugmentWide { Interpolation = Interpolation.Bilinear },
        new AugMix { Severity = 5, Width = 2, Depth = 4, Alpha = 0.5, Interpolation = Interpolation.Nearest }, new AugMix(),
        new RandomApply(new RandomApply(new GaussianBlur(3), 0.25), 0.75), new RandomErasing(0.25) { Scale = (0.1, 0.2), Ratio = (0.4, 2.5) },
        new Normalize(new(0.1f, 0.2f, 0.3f), new(0.4f, 0.5f, 0.6f)),
    ];

    [Theory]
    [InlineData("de-DE")]
    [InlineData("sv-SE")]
    [InlineData("fa-IR")]
    public void Every_step_comes_back_as_it_was_whatever_the_culture(string name)
    {
        var description = new PreparationDescription(false, Color.FromArgb(1, 0x80, 0xFF), Steps);
        var (json, words) = ($"{description.ToJson()}", $"{description}");
        words.Should().Contain("Solarize { Threshold = 127.5 }").And.Contain("Rotate { Degrees = -1.5, ").And.Contain("on #0180ff");
        using var culture = new OtherCulture(name);

        $"{description.ToJson()}".Should().Be(json);
        var back = PreparationDescription.Parse(JsonElement.Parse(json));
        back.Steps.Should().Equal(Steps);
        (back.ApplyOrientation, back.Background).Should().Be((false, description.Background));
        $"{back}".Should().Be(words);
    }

    [Fact]
    public void All_kinds_of_steps_are_tried_and_have_a_name_of_their_own()
    {
        var kinds = typeof(Transform).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Transform)) && !type.IsAbstract).ToList();
        Steps.Select(step => step.GetType()).Append(typeof(Lambda)).Distinct().Should().BeEquivalentTo(kinds);
        var named = typeof(Transform).GetCustomAttributes<JsonDerivedTypeAttribute>().ToList();
        named.Select(one => one.DerivedType).Should().BeEquivalentTo(kinds);
        named.Select(one => one.TypeDiscriminator).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void It_reads_as_people_write_it()
    {
        var options = new ImageOptions { EvaluateTransforms = _ => new(new Resize(36), new RandomApply(new Lambda("vignette", (_, _) => { }))) };
        $"{PreparationDescription.Of(options, Preprocessing.ImageNet).ToJson()}".Should().Be(
            """
            {"applyOrientation":true,"background":null,"steps":[{"kind":"resize","shorterSide":36,"interpolation":"Bilinear"},{"kind":"random-apply","step":{"kind":"lambda","name":"vignette"},"probability":0.5}]}
            """);
    }

    [Theory]
    [InlineData("steps", null)]
    [InlineData("steps", "[{\"kind\":\"bend\"}]")]
    [InlineData("steps", "[{\"kind\":\"center-crop\",\"size\":0}]")]
    [InlineData("steps", "[{\"kind\":\"center-crop\"}]")]
    [InlineData("steps", "[{\"kind\":\"center-crop\",\"size\":5,\"round\":true}]")]
    [InlineData("steps", "[{\"kind\":\"resize\",\"shorterSide\":5}]")]
    [InlineData("steps", "[null]")]
    [InlineData("steps", "7")]
    [InlineData("background", "\"red\"")]
    [InlineData("background", "[1]")]
    public void What_is_damaged_or_not_known_is_refused_and_not_left_out(string name, string? value)
    {
        var json = JsonNode.Parse($"{new PreparationDescription(true, null, [new CenterCrop(5)]).ToJson()}")!;
        json[name] = value is null ? null : JsonNode.Parse(value);
        FluentActions.Invoking(() => PreparationDescription.Parse(JsonElement.Parse(json.ToJsonString()))).Should().Throw<FormatException>();
    }
}
