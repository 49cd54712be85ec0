using System.Drawing;
using TorchSharp;

namespace TransferKit.Vision.Tests;

public class ImagePreparationTests
{
    private static readonly ImageOptions Unturned = new() { ApplyOrientation = false };

    [Fact]
    public void Only_what_evaluation_does_otherwise_than_by_default_has_words()
    {
        Words(new ImageOptions()).Should().BeNull();
        Words(new ImageOptions { EvaluateTransforms = preprocessing => Transforms.Evaluate(preprocessing) }).Should().BeNull();
        Words(new ImageOptions
        {
            TrainTransforms = Transforms.Evaluate, PixelLimit = 5, Unreadable = UnreadableImages.Skip, Cache = new PixelCacheOptions(),
        }).Should().BeNull();

        Words(Unturned).Should().StartWith("not turned upright, without background, Resize { ShorterSide = 256");
        Words(new ImageOptions { Background = Color.Red }).Should().StartWith("turned upright, on #ff0000, Resize { ");
        Words(new ImageOptions { EvaluateTransforms = _ => new(new HorizontalFlip(), new CenterCrop(5)) })
            .Should().MatchRegex("^turned upright, without background, HorizontalFlip {.*}, CenterCrop { Size = 5");
    }

    [Fact]
    public void The_words_are_the_same_in_every_culture()
    {
        var expected = Words(Unturned);
        using var culture = new OtherCulture();

        Words(Unturned).Should().Be(expected).And.Contain("0.485");
        $"{1.5}".Should().Be("1,5", "the caller's culture is as it was");
    }

    [Fact]
    public void Parts_of_a_dataset_are_prepared_as_the_whole()
    {
        var pictures = Enumerable.Range(0, 8).Select(i => (ImageSource.FromFile($"{i}.png"), i % 2 == 0 ? "a" : "b"));
        var whole = ImageList.Create(pictures).With(Unturned);
        Dataset[] parts =
        [
            whole, whole.Subset([1, 2]), whole.Take(3), whole.Filter(_ => true), whole.Concat(whole),
            whole.Split(0.5).Train, whole.Split(0.5).Validation, whole.KFold(2)[0].Validation,
            whole.MapClasses(new Dictionary<string, string?> { ["a"] = "c" }),
        ];

        parts.Select(part => part.DescribePreparation(Preprocessing.ImageNet))
            .Should().OnlyContain(data => $"{PreparationDescription.Parse(data!.Value)}" == Words(Unturned));
        whole.With(new ImageOptions()).DescribePreparation(Preprocessing.ImageNet).Should().BeNull();
    }

    [Fact]
    public void Prepared_values_and_pixels_are_those_that_evaluation_sees()
    {
        using var scope = torch.NewDisposeScope();
        using var model = SmallModel.Build();
        var preparation = new ImagePreparation(model.Preprocessing);
        var (mean, std) = (model.Preprocessing.Mean, model.Preprocessing.Std);
        var side = model.Preprocessing.CropSize;
        (preparation.Width, preparation.Height).Should().Be((side, side));
        var images = SmallModel.Images(model);
        foreach (var (i, file) in SmallModel.Pictures.Index())
        {
            var source = ImageSource.FromFile(file);
            var expected = images[i].contiguous();
            preparation.Values(source).Should().Equal(expected.data<float>().ToArray());

            var pixels = torch.tensor(preparation.Pixels(source)).view(side, side, 3).permute(2, 0, 1) / 255f;
            var normalized = (pixels - torch.tensor([mean.Red, mean.Green, mean.Blue], [3, 1, 1]))
                / torch.tensor([std.Red, std.Green, std.Blue], [3, 1, 1]);
            (normalized - expected).abs().max().item<float>().Should().BeLessThan(1e-5f);
        }
    }

    [Fact]
    public void Pictures_are_prepared_as_the_options_say_and_unreadable_ones_are_refused()
    {
        var tall = new ImagePreparation(Preprocessing.ImageNet, new ImageOptions
        {
            EvaluateTransforms = _ => new(new ResizeTo(30, 20)),
        });
        (tall.Width, tall.Height).Should().Be((30, 20));
        tall.Pixels(ImageSource.FromFile(SmallModel.Pictures[0])).Should().HaveCount(3 * 20 * 30);

        tall.Invoking(one => one.Pixels(ImageSource.FromBytes(new byte[3]))).Should().Throw<ImageException>();
        tall.Invoking(one => one.Values(null!)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => new ImagePreparation(Preprocessing.ImageNet, new ImageOptions { EvaluateTransforms = _ => new() }))
            .Should().Throw<InvalidOperationException>().WithMessage("*no fixed size*");
    }

    private static string? Words(ImageOptions options) =>
        PreparationDescription.UnlessDefault(options)(Preprocessing.ImageNet) is { } data ? $"{PreparationDescription.Parse(data)}" : null;
}
