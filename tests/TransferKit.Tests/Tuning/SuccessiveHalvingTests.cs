namespace TransferKit.Tests.Tuning;

public class SuccessiveHalvingTests
{
    private static readonly IComparer<TrialMeasure> Order = TrialMeasure.Order(Score.Accuracy);

    [Theory]
    [InlineData(1, new[] { 1 })]
    [InlineData(2, new[] { 1, 2 })]
    [InlineData(5, new[] { 1, 2, 5 })]
    [InlineData(9, new[] { 1, 3, 9 })]
    [InlineData(20, new[] { 1, 2, 7, 20 })]
    public void Rungs_are_thirds_of_the_epochs(int epochs, int[] rungs) =>
        new SuccessiveHalving(epochs, Order).Rungs.Should().Equal(rungs);

    [Fact]
    public void The_best_third_of_a_rung_goes_on_before_others_begin()
    {
        // Trial 4 is the best of three, 5 the second of six, 9 the third of nine; then 4 is the best of these three.
        double[] scores = [0, 0.5, 0.1, 0.2, 0.9, 0.7, 0.3, 0.4, 0.6, 0.65, 0.15];
        var halving = new SuccessiveHalving(9, Order);
        var steps = new List<(int Trial, int Epochs)>();
        while (halving.Next(mayBegin: halving.Begun < 10) is var (trial, epochs))
        {
            steps.Add((trial, epochs));
            halving.Report(trial, epochs, Of(scores[trial]));
        }

        steps.Should().Equal(
            (1, 9), (2, 1), (3, 1), (4, 1), (4, 3), (5, 1), (6, 1), (7, 1), (5, 3), (8, 1), (9, 1), (10, 1), (9, 3), (4, 9));
        halving[4].Should().Be((Of(0.9), true));
        halving[9].Should().Be((Of(0.65), false));
        halving[1].IsFinished.Should().BeTrue();
    }

    [Fact]
    public void Where_no_more_begin_one_of_few_is_finished_all_the_same()
    {
        var halving = new SuccessiveHalving(9, Order);
        var steps = new List<(int Trial, int Epochs)>();
        while (halving.Next(mayBegin: halving.Begun < 3) is var (trial, epochs))
        {
            steps.Add((trial, epochs));
            halving.Report(trial, epochs, Of(trial == 2 ? 0.8 : 0.7));
        }
        steps.Should().Equal((1, 9), (2, 1), (3, 1), (2, 3), (2, 9));
    }

    [Fact]
    public void What_failed_does_not_go_on()
    {
        var halving = new SuccessiveHalving(3, Order);
        halving.Report(1, 3, Of(0.5));
        halving.Report(2, 1, new TrialMeasure { Score = double.NaN, Error = "the loss is no number" });
        halving.Next(mayBegin: false).Should().BeNull();
        halving.Report(3, 1, Of(0.4));
        halving.Next(mayBegin: false).Should().Be((3, 3));
    }

    [Fact]
    public void Equal_scores_are_told_apart_by_the_loss_and_then_by_the_number()
    {
        TrialMeasure[] measures =
            [Of(0.8, loss: 0.4), Of(0.8, loss: 0.3), Of(0.9, loss: 0.9), Of(0.8, loss: 0.3), Of(double.NaN)];
        measures.Index().OrderBy(one => one.Item, Order).Select(one => one.Index).Should().Equal(2, 1, 3, 0, 4);
        measures.Index().OrderBy(one => one.Item, TrialMeasure.Order(Score.Loss)).Select(one => one.Index)
            .Should().Equal([1, 3, 0, 2, 4], "of a loss the lower score is the better, which they have the other way round");
    }

    private static TrialMeasure Of(double score, double loss = 0) => new() { Score = score, Loss = loss };
}
