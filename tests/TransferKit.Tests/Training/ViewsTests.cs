using TorchSharp;
using TransferKit.Tests.Backbones;

namespace TransferKit.Tests.Training;

/// <summary>What a model says of samples of which some views can't be read.</summary>
public class ViewsTests
{
    [Fact]
    public void A_sample_is_judged_by_those_of_its_views_that_can_be_read()
    {
        using var scope = torch.NewDisposeScope();
        var images = torch.randn(7, 3, 32, 32);
        // Of the picture itself a whole batch is lost and a part of the next, of its mirror image a part of the first.
        var data = new UnreadableViews(new InMemoryDataset(images, [0, 1, 0, 1, 0, 1, 0], ["a", "b"]), [[2, 3, 4], [1, 4]]);
        using var model = SpotsNetwork.Plan.Build();
        model.ClassNames = data.ClassNames;
        var views = new[] { images, images.flip(3) }.Select(view => model.Forward(view).softmax(1)).ToArray();

        var options = new EvaluationOptions { TestTimeAugmentation = TestTimeAugmentation.Flip, BatchSize = 2 };
        var samples = model.Evaluate(data, options).Samples!;

        samples.Indices.Should().Equal(0, 1, 2, 3, 5, 6);
        samples.Labels.Should().Equal(0, 1, 0, 1, 1, 0);
        for (var sample = 0; sample < samples.Count; sample++)
        {
            var index = samples.Indices[sample];
            var readable = Enumerable.Range(0, 2).Where(view => !data.Unreadable[view].Contains(index)).ToList();
            samples.Probability(sample, 1).Should()
                .BeApproximately(readable.Average(view => views[view][index, 1].item<float>()), 1e-5);
        }
    }

    /// <summary>Another dataset, of which some samples can't be read in some views.</summary>
    private sealed class UnreadableViews(Dataset source, int[][] unreadable) : Dataset
    {
        public int[][] Unreadable => unreadable;

        public override IReadOnlyList<string> ClassNames => source.ClassNames;

        public override Targets Targets => source.Targets;

        public override Dataset Subset(IReadOnlyList<int> indices) => throw new NotSupportedException();

        public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default) =>
            new SkippingImages(source, unreadable[options.View]).Read(options, cancellationToken);
    }
}
