namespace TransferKit.Tests.Metrics;

public class ModelMetricsTests
{
    [Fact]
    public void A_result_is_kept_but_for_its_samples()
    {
        var result = Evaluated.Classes([[1, 0], [0, 1], [0, 1]], [0, 1, 0]);
        var kept = ModelMetrics.Of(result)!.ToResult(["a", "b"]);

        kept.Loss.Should().Be(result.Loss);
        kept.Accuracy.Should().Be(result.Accuracy);
        kept.Count.Should().Be(3);
        kept.Task.Should().Be(LearningTask.Classification);
        kept.ConfusionMatrix().Should().BeEquivalentTo(new long[,] { { 1, 1 }, { 0, 1 } });
        kept.Classes.Should().Equal(new ClassReport("a", 1, 1, 2), new ClassReport("b", 1, 2, 1));
        kept.ClassNames.Should().Equal("a", "b");
        kept.Samples.Should().BeNull();
    }

    [Fact]
    public void Numbers_stand_for_names_that_are_missing()
    {
        var kept = ModelMetrics.Of(Evaluated.Classes([[0, 1], [0, 1]], [0, 1]))!.ToResult(["a"]);
        kept.Classes.Select(row => row.Name).Should().Equal("a", "1");
        kept.MostConfused().Should().Equal(new ConfusedPair("a", "1", 1));
    }

    [Fact]
    public void A_result_of_no_samples_has_no_scores()
    {
        var none = new ModelMetrics(Loss: null, Accuracy: null, Count: 0, Confusion: []).ToResult([]);
        none.Task.Should().Be(LearningTask.Classification);
        (none.BalancedAccuracy, none.CohensKappa, none.AccuracyInterval.High).Should().Be((double.NaN, double.NaN, double.NaN));
        foreach (var averaging in Enum.GetValues<Averaging>())
            none.Average(averaging).Should().Be(new ClassScores(double.NaN, double.NaN, double.NaN));
        none.MostConfused().Should().BeEmpty();
    }

    [Fact]
    public void What_is_not_finite_is_not_kept()
    {
        ModelMetrics.Of(null).Should().BeNull();
        var metrics = ModelMetrics.Of(Evaluated.Numbers([[float.PositiveInfinity]], [[1]]))!;
        (metrics.Loss, metrics.Accuracy, metrics.Count, metrics.Task).Should().Be((null, null, 1, LearningTask.Regression));
        var kept = metrics.ToResult(["size"]);
        (kept.Loss, kept.Accuracy).Should().Be((double.NaN, double.NaN));
        kept.Classes.Should().BeEmpty();
        $"{kept}".Should().Be("1 samples, loss NaN");
    }
}
