using System.Drawing;

namespace TransferKit.Vision.Tests;

public class TransformsTests
{
    [Fact]
    public void The_default_lists_follow_the_preprocessing()
    {
        var preprocessing = Preprocessing.ImageNet with
        {
            CropSize = 100,
            ResizeSize = 120,
            Interpolation = Interpolation.Bicubic,
        };

        Transforms.Evaluate(preprocessing).Should().Equal(
            new Resize(120) { Interpolation = Interpolation.Bicubic },
            new CenterCrop(100),
            new Normalize(preprocessing.Mean, preprocessing.Std));
        Transforms.Train(preprocessing).Should().Equal(
            new RandomResizedCrop(100) { Interpolation = Interpolation.Bicubic },
            new RandomHorizontalFlip(0.5),
            new Normalize(preprocessing.Mean, preprocessing.Std));
    }

    [Fact]
    public void A_list_prints_its_steps_with_their_parameters()
    {
        var lines = Transforms.Evaluate(Preprocessing.ImageNet).ToString().Split('\n');

        lines.Should().HaveCount(3);
        lines[0].Should().Be("Resize { ShorterSide = 256, Interpolation = Bilinear }");
        lines[1].Should().Be("CenterCrop { Size = 224 }");
    }

    [Fact]
    public void The_size_of_the_result_is_known_where_it_is_fixed()
    {
        Transforms.Train(Preprocessing.ImageNet).OutputSize.Should().Be(new Size(224, 224));
        Transforms.Evaluate(Preprocessing.ImageNet).OutputSize.Should().Be(new Size(224, 224));
        new Transforms(new CenterCrop(10), new Resize(5)).OutputSize.Should().BeNull();
        new Transforms(new Resize(5), new ResizeTo(7, 6)).OutputSize.Should().Be(new Size(7, 6));
    }

    [Fact]
    public void Flips_happen_as_often_as_asked()
    {
        var original = Fixture.Decode("rgb_7x1.png");
        var flips = Enumerable.Range(0, 2000).Count(seed =>
        {
            var random = new SeededRandom(seed, 0);
            var pixels = Fixture.Transform("rgb_7x1.png", canvas => new RandomHorizontalFlip(0.25).Apply(canvas, ref random));
            return !pixels.SequenceEqual(original);
        });
        flips.Should().BeInRange(430, 570);
    }
}
