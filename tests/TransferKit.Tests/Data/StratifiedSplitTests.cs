namespace TransferKit.Tests.Data;

public class StratifiedSplitTests
{
    [Fact]
    public void Every_sample_lands_on_exactly_one_side()
    {
        var labels = Labels(100, 37, 5, 1);
        var (train, validation) = StratifiedSplit.Of(labels, 4, 0.7, seed: 3);

        train.Concat(validation).Order().Should().Equal(Enumerable.Range(0, labels.Length));
        train.Should().BeInAscendingOrder();
        validation.Should().BeInAscendingOrder();
    }

    [Theory]
    [InlineData(0.7)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Each_class_is_divided_in_the_same_proportion(double fraction)
    {
        int[] sizes = [100, 37, 64, 11];
        var labels = Labels(sizes);
        var (train, _) = StratifiedSplit.Of(labels, sizes.Length, fraction, seed: 0);

        for (var label = 0; label < sizes.Length; label++)
        {
            var exact = sizes[label] * fraction;
            train.Count(i => labels[i] == label).Should().BeInRange((int)Math.Floor(exact - 0.5), (int)Math.Ceiling(exact + 0.5));
        }
    }

    [Fact]
    public void Many_small_classes_keep_the_proportion_of_the_whole()
    {
        var labels = Labels([.. Enumerable.Repeat(3, 100)]);
        var (train, _) = StratifiedSplit.Of(labels, 100, 0.5, seed: 0);
        train.Length.Should().BeInRange(149, 151);
    }

    [Theory]
    [InlineData(0.001)]
    [InlineData(0.999)]
    public void A_class_of_two_or_more_is_on_both_sides(double fraction)
    {
        var labels = Labels(2, 3, 50);
        var (train, validation) = StratifiedSplit.Of(labels, 3, fraction, seed: 1);

        train.Select(i => labels[i]).Distinct().Should().HaveCount(3);
        validation.Select(i => labels[i]).Distinct().Should().HaveCount(3);
    }

    [Fact]
    public void The_seed_alone_decides()
    {
        var labels = Labels(40, 60);
        var first = StratifiedSplit.Of(labels, 2, 0.7, seed: 8);

        StratifiedSplit.Of(labels, 2, 0.7, seed: 8).Train.Should().Equal(first.Train);
        StratifiedSplit.Of(labels, 2, 0.7, seed: 9).Train.Should().NotEqual(first.Train);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(70)]
    [InlineData(double.NaN)]
    public void A_fraction_outside_0_to_1_is_refused(double fraction)
    {
        FluentActions.Invoking(() => StratifiedSplit.Of(Labels(5, 5), 2, fraction, seed: 0))
            .Should().Throw<ArgumentOutOfRangeException>().WithMessage("*between 0 and 1*");
    }

    private static int[] Labels(params int[] sizes) =>
        [.. sizes.SelectMany((size, label) => Enumerable.Repeat(label, size))];
}
