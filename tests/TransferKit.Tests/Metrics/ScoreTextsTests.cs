namespace TransferKit.Tests.Metrics;

/// <summary>Scores as people read them, and what is said of arguments that can't be.</summary>
public class ScoreTextsTests
{
    [Fact]
    public void Parts_of_a_result_print_themselves()
    {
        $"{new ClassScores(0.95, 0.91, 0.9296)}".Should().Be("precision 0.9500, recall 0.9100, F1 0.9296");
        $"{new ClassReport("daisy", 91, 95, 100)}".Should().Be("daisy: precision 0.9579, recall 0.9100, F1 0.9333, 100 samples");
        $"{new ClassReport("daisy", 1, 2, 1)}".Should().Be("daisy: precision 0.5000, recall 1.0000, F1 0.6667, 1 sample");
        $"{new ClassReport("daisy", 0, 0, 3)}".Should().Be("daisy: precision 0.0000, recall 0.0000, F1 0.0000, 3 samples");
        $"{new ConfusedPair("daisy", "tulip", 3)}".Should().Be("daisy taken for tulip: 3");
        $"{ConfidenceInterval.Wilson(3, 3)}".Should().Be("0.439–1.000");
        $"{new RocPoint(0.8349, 0.021, 0.914)}".Should().Be("from 0.835 on: 0.02 false, 0.91 true positives");
        $"{new PrecisionRecallPoint(0.8349, 0.95, 0.914)}".Should().Be("from 0.835 on: precision 0.95, recall 0.91");
        $"{Evaluated.Numbers([[1], [5]], [[1], [2]]).TopLosses(1)[0]}".Should().Be("sample 1: loss 9.0000");
    }

    [Fact]
    public void A_calibration_prints_what_it_changed()
    {
        var classes = Evaluated.Classes([[0, 1], [2, 0]], [0, 0]);
        var labels = Evaluated.Labels([[1, -1]], [[0, 1]]);
        $"{new Calibration(1.37, classes, classes)}".Should().Be("temperature 1.370; calibration error 0.4251, now 0.4251");
        $"{new Calibration(0.5, labels, labels)}".Should().Be("temperature 0.500; log loss 1.3133, now 1.3133");
    }

    [Fact]
    public void Tables_have_what_is_known()
    {
        $"{Evaluated.Numbers([[1, 4], [2, 2]], [[1, 2], [0, 2]])}".Should().Be("2 samples, loss 2.0000, MAE 1, RMSE 1.414, R² -3.5000");
        var labels = Evaluated.Labels([[1, -1], [1, 1]], [[1, 0], [0, 1]]);
        $"{labels}".Should().Be(
            """
            2 samples, loss 0.5633, accuracy 0.5000

                              precision  recall      F1  samples
            class 0              0.5000  1.0000  0.6667        1
            class 1              1.0000  1.0000  1.0000        1

            macro average        0.7500  1.0000  0.8333        2
            weighted average     0.7500  1.0000  0.8333        2
            """);
        $"{ModelMetrics.Of(labels)!.ToResult(labels.ClassNames)}".Should().Be("2 samples, loss 0.5633, accuracy 0.5000",
            "of several classes a sample, a saved model keeps none of the scores of classes");
    }

    [Fact]
    public void Tables_are_as_wide_as_the_longest_name()
    {
        var result = Evaluated.Classes([[1, 0], [0, 1]], [0, 1]);
        $"{ModelMetrics.Of(result)!.ToResult(["a", "black-eyed susan"])}".Should().Contain("\na                    1.0000");
        $"{ModelMetrics.Of(result)!.ToResult(["a", "black-eyed susans"])}".Should().Contain("\na                     1.0000")
            .And.Contain("\nblack-eyed susans     1.0000").And.Contain("\nmacro average         1.0000");
    }

    [Fact]
    public void Arguments_that_cannot_be_are_refused()
    {
        var result = Evaluated.Classes([[0, 1], [2, 0]], [0, 0]);
        (Action Call, string Parameter)[] wrong =
        [
            (() => result.TopAccuracy(0), "k"), (() => result.Reliability(0), "bins"), (() => result.CalibrationErrorOf(0), "bins"),
            (() => result.MostConfused(0), "minimum"), (() => result.TopLosses(0), "count"),
            (() => result.RocAucOf(-1), "label"), (() => result.RocAucOf(2), "label"), (() => result.AveragePrecisionOf(2), "label"),
            (() => result.RocCurve(2), "label"), (() => result.PrecisionRecallCurve(-1), "label"),
            (() => ConfidenceInterval.Wilson(-1, 3), "correct"), (() => ConfidenceInterval.Wilson(4, 3), "correct"),
        ];
        foreach (var (call, parameter) in wrong)
            call.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(parameter);
    }

    [Fact]
    public void Scores_of_other_tasks_say_for_which_they_are()
    {
        var (labels, numbers) = (Evaluated.Labels([[1, -1]], [[0, 1]]), Evaluated.Numbers([[1]], [[2]]));
        const string classes = "The score is for Classification and MultiLabel, and this is Regression.";
        const string oneClass = "The score is for Classification, and this is MultiLabel.";
        (Func<object> Score, string Message)[] wrong =
        [
            (() => labels.TopAccuracy(1), oneClass), (() => labels.Reliability(), oneClass), (() => labels.CalibrationError, oneClass),
            (() => labels.R2, "The score is for Regression, and this is MultiLabel."),
            (() => labels.MeanAbsoluteError, "The score is for Regression, and this is MultiLabel."),
            (() => labels.RootMeanSquaredError, "The score is for Regression, and this is MultiLabel."),
            (() => numbers.LogLoss, classes), (() => numbers.RocAuc, classes), (() => numbers.RocCurve(0), classes),
            (() => numbers.AveragePrecision, classes), (() => numbers.PrecisionRecallCurve(0), classes),
        ];
        foreach (var (score, message) in wrong)
            score.Should().Throw<InvalidOperationException>().WithMessage(message);
        (labels.BalancedAccuracy, labels.CohensKappa, numbers.BalancedAccuracy).Should().Be((double.NaN, double.NaN, double.NaN));
        numbers.Classes.Should().BeEmpty();
        labels.ConfusionMatrix().Length.Should().Be(0);
    }

    [Fact]
    public void The_confusion_matrix_is_a_copy()
    {
        var result = Evaluated.Classes([[0, 1], [2, 0]], [0, 0]);
        result.ConfusionMatrix()[0, 0] = 7;
        result.ConfusionMatrix().Should().BeEquivalentTo(new long[,] { { 1, 1 }, { 0, 0 } });
    }
}
