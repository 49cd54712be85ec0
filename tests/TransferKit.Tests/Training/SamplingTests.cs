namespace TransferKit.Tests.Training;

public class SamplingTests
{
    private static readonly Targets Four = Targets.Classes([0, 1, 1, 1], 2);

    [Fact]
    public void Shuffling_puts_every_sample_somewhere_else_in_every_epoch()
    {
        var targets = Targets.Classes([.. Enumerable.Repeat(0, 100)], 1);
        var order = Sampling.Shuffled.Order(targets, seed: 3, epoch: 1);
        order.Should().BeEquivalentTo(Enumerable.Range(0, 100)).And.NotBeInAscendingOrder();
        Sampling.Shuffled.Order(targets, seed: 3, epoch: 1).Should().Equal(order);
        Sampling.Shuffled.Order(targets, seed: 3, epoch: 2).Should().NotEqual(order);
        Sampling.Shuffled.Order(targets, seed: 4, epoch: 1).Should().NotEqual(order);
    }

    [Fact]
    public void Balanced_sampling_draws_every_class_alike()
    {
        var targets = Targets.Classes([.. Enumerable.Repeat(0, 900), .. Enumerable.Repeat(1, 100)], 2);
        var order = Sampling.Balanced.Order(targets, seed: 0, epoch: 1);
        order.Should().HaveCount(1000);
        order.Count(index => targets.Labels[index] == 1).Should().BeInRange(450, 550);
        Sampling.Balanced.Order(targets, seed: 0, epoch: 1).Should().Equal(order);
        Sampling.Balanced.Order(targets, seed: 0, epoch: 2).Should().NotEqual(order);
    }

    [Fact]
    public void Weighted_sampling_is_called_the_same_in_every_process() =>
        // zlib.crc32(struct.pack("<2d", 1, 2))
        Sampling.Weighted([1, 2]).ToString().Should().Be("weighted (2 weights, 7ba3895f)");

    [Fact]
    public void Weighted_sampling_never_draws_what_weighs_nothing()
    {
        var order = Sampling.Weighted([0, 1, 0, 3, 0]).Order(Targets.Classes([0, 0, 0, 0, 0], 1), seed: 0, epoch: 1);
        order.Should().OnlyContain(index => index == 1 || index == 3);
    }

    [Fact]
    public void Weights_are_shares()
    {
        var targets = Targets.Classes([.. Enumerable.Repeat(0, 4000)], 1);
        var weights = Enumerable.Range(0, 4000).Select(sample => sample < 1000 ? 3.0 : 1).ToList();
        Sampling.Weighted(weights).Order(targets, seed: 0, epoch: 1).Count(sample => sample < 1000).Should().BeInRange(1900, 2100);
    }

    [Fact]
    public void What_does_not_fit_the_samples_is_refused()
    {
        foreach (var weights in new double[][] { [1, 1, 1], [1, 1, 1, -1], [1, 1, 1, double.NaN], [0, 0, 0, 0] })
            FluentActions.Invoking(() => Sampling.Weighted(weights).RequireFitting(Four)).Should().Throw<ArgumentException>().WithMessage(
                $"Weighted sampling needs 4 weights, one for each training sample, each at least 0 and one above; it has {weights.Length}.*");
        FluentActions.Invoking(() => Sampling.Balanced.RequireFitting(Targets.Regression([[1], [2]]))).Should()
            .Throw<ArgumentException>().WithMessage("Balanced sampling needs one class a sample, and the samples have Regression targets.*");
    }

    [Fact]
    public void Samplings_are_values()
    {
        Sampling.Weighted([1, 2]).Should().Be(Sampling.Weighted([1, 2])).And.NotBe(Sampling.Weighted([2, 1]));
        Sampling.Weighted([1, 2]).GetHashCode().Should().Be(Sampling.Weighted([1, 2]).GetHashCode());
        $"{Sampling.Shuffled}; {Sampling.Balanced}".Should().Be("shuffled; balanced over classes");
    }
}
