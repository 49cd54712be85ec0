using TorchSharp;

namespace TransferKit.Vision.Tests;

public class TestTimeAugmentationTests
{
    private static readonly ImageList Data = ImageList.Create(
        [(Fixture.Source("rgb_97x61.png"), "a"), (Fixture.Source("large.jpg"), "b")]);

    private static readonly ReadOptions Options = new()
    {
        Preprocessing = Preprocessing.ImageNet with { CropSize = 20, ResizeSize = 28 },
        Order = [0, 1],
        BatchSize = 2,
    };

    [Fact]
    public void A_flip_is_the_picture_and_its_mirror_image()
    {
        using var plain = Read(Data, Options);
        using var first = Read(Data, View(TestTimeAugmentation.Flip, 0));
        using var second = Read(Data, View(TestTimeAugmentation.Flip, 1));

        Same(first.Images, plain.Images).Should().BeTrue();
        Same(second.Images, plain.Images.flip(3)).Should().BeTrue();
    }

    [Fact]
    public void Crops_are_the_corners_and_the_centre_and_the_same_mirrored()
    {
        using var centre = Read(Data, Options);
        for (var view = 0; view < 5; view++)
        {
            using var five = Read(Data, View(TestTimeAugmentation.FiveCrop, view));
            using var ten = Read(Data, View(TestTimeAugmentation.TenCrop, view));
            using var mirrored = Read(Data, View(TestTimeAugmentation.TenCrop, view + 5));
            Same(ten.Images, five.Images).Should().BeTrue();
            if (view == 4)
            {
                Same(five.Images, centre.Images).Should().BeTrue();
                continue;
            }

            // The mirrored picture's left corners are the right ones seen in a mirror.
            using var opposite = Read(Data, View(TestTimeAugmentation.FiveCrop, view ^ 1));
            Same(mirrored.Images, opposite.Images.flip(3)).Should().BeTrue();
        }
    }

    [Fact]
    public void Random_views_differ_and_can_be_repeated()
    {
        var views = Enumerable.Range(0, 3).Select(view => Read(Data, View(TestTimeAugmentation.Random(3), view))).ToList();
        using var again = Read(Data, View(TestTimeAugmentation.Random(3), 1));

        Same(again.Images, views[1].Images).Should().BeTrue();
        Same(views[0].Images, views[1].Images).Should().BeFalse();
        Same(views[1].Images, views[2].Images).Should().BeFalse();
        views.ForEach(batch => batch.Dispose());
    }

    [Fact]
    public void What_there_is_not_is_refused()
    {
        var noCrop = Data.With(new ImageOptions { EvaluateTransforms = _ => new(new RandomResizedCrop(20)) });
        Data.Invoking(data => data.Read(View(TestTimeAugmentation.Flip, 2))).Should().Throw<ArgumentOutOfRangeException>();
        Data.Invoking(data => data.Read(Options with { View = 1 })).Should().Throw<ArgumentOutOfRangeException>();
        noCrop.Invoking(data => data.Read(View(TestTimeAugmentation.TenCrop, 0)))
            .Should().Throw<InvalidOperationException>().WithMessage("*no*add one*");
        FluentActions.Invoking(() => TestTimeAugmentation.Random(0)).Should().Throw<ArgumentOutOfRangeException>();
    }

    private static ReadOptions View(TestTimeAugmentation augmentation, int view) =>
        Options with { TestTimeAugmentation = augmentation, View = view };

    private static bool Same(torch.Tensor one, torch.Tensor other)
    {
        using var scope = torch.NewDisposeScope();
        return one.eq(other).all().item<bool>();
    }

    private static Batch Read(ImageDataset data, ReadOptions options) => data.Read(options).Single();
}
