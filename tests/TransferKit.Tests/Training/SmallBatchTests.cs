using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class SmallBatchTests
{
    private static readonly TrainingOptions Quick =
        new() { Epochs = 1, BatchSize = 8, Augment = false, Optimizer = Optimizer.Sgd(0.002), FeatureCache = null };

    [Fact]
    public void A_picture_that_is_left_out_of_the_last_batch_of_two_leaves_no_batch_norm_with_one()
    {
        var data = SyntheticImages.Create(perClass: 17);
        var seed = Enumerable.Range(0, 1000).First(seed => Sampling.Shuffled.Order(data.Targets, seed, epoch: 1).AsSpan(32).Contains(0));
        using var run = NarrowResNet.Plan.ReplaceHead(Head.ConcatPool(2, hidden: 8))
            .Train(new SkippingImages(data, 0), data, Quick with { Epochs = 2, Seed = seed });
        run.StopReason.Should().Be(StopReason.Completed);
        RequireSound(run);
    }

    [Fact]
    public void Averaged_statistics_are_not_estimated_on_a_sample_that_is_left_over()
    {
        var data = SyntheticImages.Create(perClass: 9).Take(17);
        var options = Quick with { DropLast = true, Average = WeightAverage.Swa(fromEpoch: 1), RestoreBest = false };
        using var run = NarrowResNet.Plan.ReplaceHead(Head.ConcatPool(2, hidden: 8)).Train(data, data, options);
        RequireSound(run);
    }

    [Fact]
    public void Statistics_stay_where_no_batch_is_large_enough_to_estimate_them()
    {
        using var model = NarrowResNet.Plan.ReplaceHead(2).Build();
        using var mode = model.Network.InMode(training: true);
        var before = Statistics(model);
        BatchNormStatistics.Estimate(model.Network, [torch.zeros(2, 3, 32, 32)], model.Network.Forward, fewest: 3);
        Statistics(model).Should().Equal(before);
        var failing = () => BatchNormStatistics.Estimate(
            model.Network, [torch.randn(4, 3, 32, 32)], _ => throw new NotFiniteNumberException("failed"));
        failing.Should().Throw<NotFiniteNumberException>();
        Statistics(model).Should().Equal(before);
    }

    [Fact]
    public void The_rest_of_an_epoch_of_two_on_maps_of_one_pixel_trains_without_their_statistics()
    {
        var data = SyntheticImages.Create(perClass: 5);
        using var run = NarrowResNet.Plan.ReplaceHead(2).Train(data, data, Quick with { Epochs = 3, RestoreBest = false });
        RequireSound(run);
        run.History.Should().OnlyContain(epoch => epoch.ValidationLoss < 100);
        // A batch of eight an epoch was tracked, and the two that were left over were not.
        Tracked(run.Model, "layer4.1.bn2").Should().Be(3);
        Tracked(run.Model, "bn1").Should().Be(6, "maps of many pixels have a spread");
    }

    [Theory]
    [InlineData(2, "BatchSize is 2, and the batch norm layer4.0.bn1 gets two values a channel, which become ±1 whatever they are: take at least 3.*")]
    [InlineData(1, "BatchSize is 1, and the batch norm layer4.0.bn1 can't normalize a single sample: take at least 3.*")]
    public void Batches_that_no_batch_norm_can_normalise_are_refused(int batchSize, string message)
    {
        var data = SyntheticImages.Create(perClass: 4);
        using var model = NarrowResNet.Plan.ReplaceHead(2).Build();
        var before = Statistics(model);
        var train = () => model.Train(data, data, Quick with { BatchSize = batchSize });
        train.Should().Throw<ArgumentException>().WithMessage(message);
        Statistics(model).Should().Equal(before);
    }

    [Fact]
    public void The_result_names_every_sample_that_was_left_out_once()
    {
        var data = SyntheticImages.Create(perClass: 6);
        var (train, validation) = (new SkippingImages(data, 1, 6), new SkippingImages(data, 3));
        foreach (var options in new[] { Quick with { Epochs = 2 }, Quick with { Epochs = 2, FeatureCache = new() } })
        {
            using var run = Backbone.SqueezeNet1_1().ReplaceHead(2).FreezeAll().Train(train, validation, options);
            run.Skipped.OrderBy(sample => sample.Index).Should().Equal(
                new SkippedSample(train, 1, null), new SkippedSample(validation, 3, null), new SkippedSample(train, 6, null));
        }
    }

    [Fact]
    public void Training_on_nothing_is_an_error()
    {
        var data = SyntheticImages.Create(perClass: 4);
        var train = () => Backbone.SqueezeNet1_1().ReplaceHead(2)
            .Train(new SkippingImages(data, [.. Enumerable.Range(0, 8)]), data, Quick);
        train.Should().Throw<InvalidOperationException>().WithMessage("None of the 8 samples to train on could be read*");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_class_that_could_not_be_read_at_all_is_an_error(bool probe)
    {
        var data = SyntheticImages.Create(perClass: 6, classes: 3);
        var broken = new SkippingImages(data, [.. Enumerable.Range(0, data.Count).Where(i => data.Labels[i] == 1)]);
        var options = Quick with { Strategy = probe ? TrainingStrategy.LinearProbe() : TrainingStrategy.SinglePhase };
        var train = () => NarrowResNet.Plan.ReplaceHead(3).Train(broken, broken, options);
        train.Should().Throw<InvalidOperationException>().WithMessage("None of the training samples of class 1 could be read*");
    }

    [Fact]
    public void A_class_that_validation_could_not_read_is_said()
    {
        var data = SyntheticImages.Create(perClass: 6);
        var broken = new SkippingImages(data, [.. Enumerable.Range(0, data.Count).Where(i => data.Labels[i] == 1)]);
        var log = new Log();
        using var run = Backbone.SqueezeNet1_1().ReplaceHead(2).Train(data, broken, Quick with { Logger = log });
        log.Lines.Should().ContainSingle(line => line == "No validation sample of class 1 could be read: the scores don't cover them.");
    }

    private static void RequireSound(TrainingResult run)
    {
        run.History.Should().OnlyContain(epoch => double.IsFinite(epoch.TrainLoss) && double.IsFinite(epoch.ValidationLoss));
        Statistics(run.Model).Should().OnlyContain(value => float.IsFinite(value));
    }

    private static List<float> Statistics(TransferModel model) =>
    [
        .. model.Network.NamedWeights().Where(found => found.Name.Contains("running_", StringComparison.Ordinal))
            .SelectMany(found => found.Weight.Value.data<float>().ToArray()),
    ];

    private static long Tracked(TransferModel model, string norm) => model.Network.NamedWeights()
        .Single(found => found.Name == $"{norm}.num_batches_tracked").Weight.Value.item<long>();
}
