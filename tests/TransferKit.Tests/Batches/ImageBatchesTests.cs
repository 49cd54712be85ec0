using TransferKit.Tests.Training;

namespace TransferKit.Tests.Batches;

public sealed class ImageBatchesTests : IDisposable
{
    private readonly TransferModel _model = Backbone.SqueezeNet1_1().ReplaceHead(2).Build();

    public void Dispose() => _model.Dispose();

    [Fact]
    public void What_was_skipped_is_an_event_and_batches_keep_their_numbers()
    {
        var data = new SkippingImages(SyntheticImages.Create(perClass: 4), 2, 3, 5);
        var images = new ImageBatches(_model.Live, data);
        var skipped = new List<SkippedSample>();
        images.Skipped += skipped.Add;
        // The second batch has no sample that can be read.
        Numbers(images, Pass([7, 2, 3, 5, 4, 6]) with { Earlier = [0, 1] }).Should().Equal((1, "7"), (3, "4 6"));
        skipped.OrderBy(sample => sample.Index).Should().Equal(
            new SkippedSample(data, 2, null), new SkippedSample(data, 3, null), new SkippedSample(data, 5, null));
        $"{skipped[0]}".Should().Be($"Sample {skipped[0].Index} couldn't be read.");
        Numbers(images, Pass([5, 0])).Should().Equal((0, "0"));
        skipped.Should().HaveCount(4, "each pass tells anew");
    }

    [Fact]
    public void A_dataset_that_says_why_is_asked_once_a_sample()
    {
        var reason = new InvalidDataException("torn");
        var images = new ImageBatches(_model.Live, new TornImages(SyntheticImages.Create(perClass: 2), reason));
        var skipped = new List<SkippedSample>();
        images.Skipped += skipped.Add;
        Numbers(images, Pass([1, 0, 1])).Should().Equal((0, "0"));
        skipped.Should().ContainSingle().Which.Should().Match<SkippedSample>(sample => sample.Index == 1 && sample.Reason == reason);
        $"{skipped[0]}".Should().Be("torn");
    }

    [Fact]
    public void Mixed_images_are_a_source_of_their_own_and_targets_are_shares()
    {
        var data = SyntheticImages.Create(perClass: 4);
        var plain = new ImageBatches(_model.Live, data);
        MixedBatches.Of(plain, mix: null, outputs: 2).Should().BeSameAs(plain);
        var mixed = MixedBatches.Of(plain, Mix.MixUp(), outputs: 2);
        using var one = mixed.Read(Pass([0, 4]), default).Single();
        using var again = mixed.Read(Pass([0, 4]), default).Single();
        one.Targets.shape.Should().Equal(2, 2);
        one.Images.Equals(again.Images).Should().BeTrue("what is drawn depends on seed, epoch and number alone");
        using var other = mixed.Read(Pass([0, 4]) with { Epoch = 2 }, default).Single();
        other.Images.Equals(one.Images).Should().BeFalse();
    }

    private ReadOptions Pass(int[] order) => new() { Preprocessing = _model.Preprocessing, BatchSize = 2, Order = order, Epoch = 1 };

    private static List<(int Number, string Indices)> Numbers(ImageBatches images, ReadOptions pass)
    {
        var found = new List<(int, string)>();
        foreach (var batch in images.Read(pass, CancellationToken.None))
            using (batch)
                found.Add((batch.Number, string.Join(' ', batch.Indices)));
        return found;
    }

    /// <summary>Samples of which all but the first can't be read.</summary>
    private sealed class TornImages(Dataset source, Exception reason) : Dataset
    {
        public override IReadOnlyList<string> ClassNames => source.ClassNames;

        public override Targets Targets => source.Targets;

        public override Dataset Subset(IReadOnlyList<int> indices) => throw new NotSupportedException();

        public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
        {
            foreach (var index in options.OrderOf(Count))
                if (index == 0)
                    yield return source.Read(options with { Order = [0], OnSkipped = null }, cancellationToken).Single();
                else
                    options.OnSkipped?.Invoke(index, reason);
        }
    }
}
