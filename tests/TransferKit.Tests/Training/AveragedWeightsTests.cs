using TorchSharp;

namespace TransferKit.Tests.Training;

public class AveragedWeightsTests
{
    private static readonly double[] Values = [1, 2, 4, 8];

    [Fact]
    public void A_moving_average_keeps_its_share_after_every_step()
    {
        using var live = torch.zeros(2);
        using var average = new AveragedWeights(WeightAverage.Ema(0.75, warmUp: false), [("w", live)]);
        Feed(live, average.AfterStep);
        Average(average).Should().BeApproximately(0.25 * (8 + 0.75 * (4 + 0.75 * (2 + 0.75 * 1))), 1e-6);
        average.AfterEpoch(1);
        average.UpdateCount.Should().Be(4);
    }

    [Fact]
    public void Warmed_up_it_begins_with_the_first_weights_as_timms()
    {
        using var live = torch.zeros(2);
        using var average = new AveragedWeights(WeightAverage.Ema(0.9998), [("w", live)]);
        Feed(live, average.AfterStep);
        var expected = 0.0;
        for (var n = 0; n < Values.Length; n++)
        {
            var keep = 1 - Math.Pow(1 + n, -2.0 / 3);
            expected = keep * expected + (1 - keep) * Values[n];
        }
        Average(average).Should().BeApproximately(expected, 1e-6);
        WeightAverage.Ema(0.9).Keep(1_000_000, null).Should().Be(0.9);
    }

    [Fact]
    public void A_stochastic_average_is_the_mean_of_later_epochs()
    {
        using var live = torch.zeros(2);
        using var counter = torch.zeros(1, torch.int64);
        using var average = new AveragedWeights(WeightAverage.Swa(fromEpoch: 2), [("w", live), ("n", counter)]);
        var epoch = 0;
        Feed(live, () =>
        {
            counter.add_(1);
            average.AfterStep();
            average.AfterEpoch(++epoch);
        });
        average.UpdateCount.Should().Be(3);
        Average(average).Should().BeApproximately((2 + 4 + 8) / 3.0, 1e-6);
        average.State.Last().Value.item<long>().Should().Be(4);
    }

    [Fact]
    public void Swapping_twice_changes_no_bit_and_a_loaded_average_goes_on_bit_for_bit()
    {
        using var scope = torch.NewDisposeScope();
        var live = torch.randn(100);
        var rule = WeightAverage.Ema(0.7, warmUp: false);
        using var whole = new AveragedWeights(rule, [("w", live)]);
        live.add_(torch.randn(100));
        whole.AfterStep();
        var (liveBefore, averageBefore) = (live.bytes.ToArray(), whole.State.Single().Value.bytes.ToArray());
        whole.Swap();
        live.bytes.ToArray().Should().Equal(averageBefore);
        whole.Swap();
        live.bytes.ToArray().Should().Equal(liveBefore);
        whole.State.Single().Value.bytes.ToArray().Should().Equal(averageBefore);

        using var resumed = new AveragedWeights(rule, [("w", live)]);
        resumed.State.Single().Value.copy_(whole.State.Single().Value);
        resumed.UpdateCount = whole.UpdateCount;
        live.add_(1);
        whole.AfterStep();
        resumed.AfterStep();
        resumed.State.Single().Value.bytes.ToArray().Should().Equal(whole.State.Single().Value.bytes.ToArray());
        resumed.UpdateCount.Should().Be(whole.UpdateCount);
    }

    [Fact]
    public void Batch_norm_statistics_are_estimated_anew_as_the_mean_over_batches()
    {
        using var model = Backbone.ResNet18().ReplaceHead(2).Build();
        using var scope = torch.NewDisposeScope();
        var batches = Enumerable.Range(0, 3).Select(_ => torch.randn(4, 3, 32, 32)).ToList();
        // What each batch has behind the first convolution, as a sample variance and mean of each channel.
        using var noGradient = torch.no_grad();
        var maps = batches.Select(batch => model.Network.Steps[0].Forward(batch)).ToList();
        var mean = torch.stack(maps.Select(map => map.mean([0, 2, 3]))).mean([0]);
        var variance = torch.stack(maps.Select(map => map.permute(1, 0, 2, 3).flatten(1).var(1))).mean([0]);
        var frozen = model.Network.NamedWeights().Where(found => found.Name.StartsWith("layer4.1.bn2.running"))
            .Select(found => found.Weight.Value).ToList();
        var before = frozen.Select(buffer => buffer.clone()).ToList();

        model.Network.SetTraining(true);
        model.Network.NamedLayers().Single(found => found.Path == "layer4.1.bn2").Layer.SetTraining(false);
        BatchNormStatistics.Estimate(model.Network, batches.Select(batch => batch.clone()), model.Network.Forward);

        Buffer(model, "bn1.running_mean").allclose(mean, 1e-4, 1e-5).Should().BeTrue();
        Buffer(model, "bn1.running_var").allclose(variance, 1e-4, 1e-5).Should().BeTrue();
        frozen.Zip(before).Should().OnlyContain(pair => pair.First.equal(pair.Second).all().item<bool>());
    }

    [Fact]
    public void Averages_know_their_mistakes()
    {
        WeightAverage.Ema(1).ValidationErrors().Should().Equal("The decay of averaged weights is 1, but must lie in [0, 1).");
        WeightAverage.Swa(0).ValidationErrors().Should().Equal("Weights are averaged from epoch 0, but epochs count from 1.");
        WeightAverage.Ema().ValidationErrors().Should().BeEmpty();
    }

    private static torch.Tensor Buffer(TransferModel model, string name) =>
        model.Network.NamedWeights().Single(found => found.Name == name).Weight.Value;

    private static double Average(AveragedWeights average) => average.State.First().Value[0].item<float>();

    private static void Feed(torch.Tensor live, Action then)
    {
        foreach (var value in Values)
        {
            live.fill_(value);
            then();
        }
    }
}
