namespace TransferKit.Tests.Training;

public class EarlyStoppingTests
{
    // What Keras' EarlyStopping of the same patience stops after, monitoring a loss.
    [Theory]
    [InlineData(0, 0, new[] { 5.0, 4, 4 }, 3)]
    [InlineData(1, 0, new[] { 5.0, 4, 4 }, 3)]
    [InlineData(3, 0, new[] { 5.0, 4, 4, 3, 3, 3, 3 }, 7)]
    [InlineData(2, 0.5, new[] { 5.0, 4.9, 4.8 }, 3)]
    [InlineData(2, 0, new[] { 5.0, double.NaN, double.NaN }, 3)]
    public void Patience_means_what_it_means_elsewhere(int patience, double delta, double[] losses, int stopsAfter)
    {
        var stopping = new EarlyStopping(patience, delta);
        Enumerable.Range(0, losses.Length + 1).First(epochs => stopping.IsDue(losses.Take(epochs), Score.Loss)).Should().Be(stopsAfter);
    }

    [Fact]
    public void A_score_that_grows_improves()
    {
        var stopping = new EarlyStopping(Patience: 2, MinimumDelta: 0.1);
        stopping.IsDue([0.5, 0.65, 0.7, 0.74], Score.Accuracy).Should().BeTrue("0.74 isn't 0.1 above 0.65");
        stopping.IsDue([0.5, 0.65, 0.7, 0.76], Score.Accuracy).Should().BeFalse();
        stopping.IsDue([], Score.Accuracy).Should().BeFalse();
        $"{stopping}".Should().Be("after 2 epochs without 0.1 more");
    }

    [Fact]
    public void Any_number_is_better_than_none_and_none_is_never_better()
    {
        Score.Loss.IsBetter(1e9, double.NaN).Should().BeTrue();
        Score.Loss.IsBetter(double.NaN, 1).Should().BeFalse();
        Score.Loss.IsBetter(1, 1).Should().BeFalse();
        Score.Accuracy.IsBetter(1, 1).Should().BeFalse();
        Score.Loss.IsBetter(0.9, 1).Should().BeTrue();
        Score.Accuracy.IsBetter(0.9, 1).Should().BeFalse();
        Score.Loss.IsBetter(0.9, 1, margin: 0.2).Should().BeFalse();
    }

    [Fact]
    public void Scores_know_their_tasks_and_are_values()
    {
        LearningTask[] TasksOf(Score score) => [.. Enum.GetValues<LearningTask>().Where(score.Fits)];
        TasksOf(Score.Loss).Should().Equal(LearningTask.Classification, LearningTask.MultiLabel, LearningTask.Regression);
        TasksOf(Score.Accuracy).Should().Equal(LearningTask.Classification, LearningTask.MultiLabel);
        TasksOf(Score.MacroF1).Should().Equal(LearningTask.Classification, LearningTask.MultiLabel);
        TasksOf(Score.BalancedAccuracy).Should().Equal(LearningTask.Classification);
        Enum.GetValues<LearningTask>().Select(Score.DefaultFor).Should().Equal(Score.Accuracy, Score.Accuracy, Score.Loss);
        Score.Known.Select(score => ($"{score}", score.HigherIsBetter)).Should().Equal(
            ("loss", false), ("accuracy", true), ("balanced accuracy", true), ("macro F1", true));

        var own = Score.Of("recall of daisy", higherIsBetter: true, result => result.Classes[0].Recall);
        own.Should().Be(Score.Of("recall of daisy", true, _ => 0)).And.NotBe(Score.Of("recall of daisy", false, _ => 0))
            .And.NotBe(Score.Of("another", true, _ => 0));
        own.GetHashCode().Should().Be(Score.Of("recall of daisy", true, _ => 0).GetHashCode());
        TasksOf(own).Should().HaveCount(3, "nobody knows what it needs");
        FluentActions.Invoking(() => Score.Of("", true, _ => 0)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => Score.Of("mine", true, null!)).Should().Throw<ArgumentNullException>();
    }

    [Fact]
    public void Scores_are_those_of_the_evaluation()
    {
        var result = Metrics.Evaluated.Classes([[1, 0], [0, 1], [0, 1], [0, 1]], [0, 1, 0, 0]);
        Score.Loss.ValueOf(result).Should().Be(result.Loss);
        Score.Accuracy.ValueOf(result).Should().Be(0.5);
        Score.BalancedAccuracy.ValueOf(result).Should().BeApproximately((1 / 3.0 + 1) / 2, 1e-12);
        Score.MacroF1.ValueOf(result).Should().BeApproximately(0.5, 1e-12);
    }
}
