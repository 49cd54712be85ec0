using System.Text.Json;
using TorchSharp;

namespace TransferKit.Tests.Metrics;

public class EvaluationResultTests
{
    private const double Tolerance = 1e-6;
    private static readonly JsonElement Goldens = Read();

    [Theory]
    [InlineData("two classes")]
    [InlineData("five classes")]
    [InlineData("sure")]
    [InlineData("one class absent")]
    [InlineData("one class only named")]
    public void Scores_of_one_class_a_sample_are_scikit_learns(string name)
    {
        var golden = Goldens.GetProperty("classification").GetProperty(name);
        var result = Evaluate(LearningTask.Classification, golden);
        result.Accuracy.Should().BeApproximately(Number(golden, "accuracy"), Tolerance);
        result.BalancedAccuracy.Should().BeApproximately(Number(golden, "balanced_accuracy"), Tolerance);
        result.CohensKappa.Should().BeApproximately(Number(golden, "kappa"), Tolerance);
        result.LogLoss.Should().BeApproximately(Number(golden, "log_loss"), Tolerance);
        result.CalibrationError.Should().BeApproximately(Number(golden, "calibration"), Tolerance);
        result.Confusion.Cast<long>().Should()
            .Equal(golden.GetProperty("confusion").Deserialize<long[][]>()!.SelectMany(row => row));
        RequireScores(result, golden.GetProperty("scores"));
        RequireAverages(result.RocAucOf, golden, "roc_auc");
        RequireAverages(result.AveragePrecisionOf, golden, "average_precision");
        if (golden.TryGetProperty("top", out var top))
            foreach (var k in top.EnumerateObject())
                result.TopAccuracy(int.Parse(k.Name, null)).Should().BeApproximately(k.Value.GetDouble(), Tolerance, k.Name);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("one class absent")]
    public void Scores_of_several_classes_a_sample_are_scikit_learns(string name)
    {
        var golden = Goldens.GetProperty("multi_label").GetProperty(name);
        var result = Evaluate(LearningTask.MultiLabel, golden);
        result.Accuracy.Should().BeApproximately(Number(golden, "accuracy"), Tolerance);
        result.LogLoss.Should().BeApproximately(Number(golden, "log_loss"), Tolerance);
        RequireScores(result, golden.GetProperty("scores"));
        RequireAverages(result.RocAucOf, golden, "roc_auc");
        RequireAverages(result.AveragePrecisionOf, golden, "average_precision");
        if (name == "one class absent")
        {
            result.RocAucOf(label: 1).Should().Be(double.NaN);
            result.AveragePrecisionOf(label: 1).Should().Be(double.NaN);
        }
    }

    [Theory]
    [InlineData("one number")]
    [InlineData("three numbers")]
    public void Errors_of_a_regression_are_scikit_learns(string name)
    {
        var golden = Goldens.GetProperty("regression").GetProperty(name);
        var result = Evaluate(LearningTask.Regression, golden);
        result.MeanAbsoluteError.Should().BeApproximately(Number(golden, "mae"), Tolerance);
        result.RootMeanSquaredError.Should().BeApproximately(Number(golden, "rmse"), Tolerance);
        result.R2.Should().BeApproximately(Number(golden, "r2"), Tolerance);
        result.Accuracy.Should().Be(double.NaN);
        result.ToString().Should().Contain("R²");
    }

    [Fact]
    public void What_has_no_answer_is_no_number()
    {
        var one = Classify([[1, 0], [2, 0]], [0, 0]);
        one.CohensKappa.Should().Be(double.NaN);
        one.RocAuc.Should().Be(double.NaN);
        one.AveragePrecision.Should().Be(double.NaN);
        one.BalancedAccuracy.Should().Be(1);
        one.Classes[1].Should().BeEquivalentTo(new { Precision = double.NaN, Recall = double.NaN, F1 = double.NaN, Support = 0 });
        one.Average(Averaging.Macro).F1.Should().Be(1, "a class that doesn't occur doesn't count");
        double R2(params float[] said) => Regress(said, [3, 3]).R2;
        R2(3, 3).Should().Be(1);
        R2(3, 4).Should().Be(0);
        Regress([1], [1]).R2.Should().Be(double.NaN);
    }

    [Fact]
    public void Curves_are_scikit_learns()
    {
        var golden = Goldens.GetProperty("multi_label").GetProperty("plain");
        var result = Evaluate(LearningTask.MultiLabel, golden);
        var (roc, precisionRecall) = (result.RocCurve(0), result.PrecisionRecallCurve(0));
        Require("roc", roc.Select(point => new[] { point.FalsePositiveRate, point.TruePositiveRate }));
        Require("precision_recall", precisionRecall.Select(point => new[] { point.Precision, point.Recall }));
        RequireThresholds("roc_thresholds", roc.Skip(1).Select(point => point.Threshold));
        RequireThresholds("precision_recall_thresholds", precisionRecall.Select(point => point.Threshold));
        roc[0].Threshold.Should().Be(double.PositiveInfinity);

        void Require(string name, IEnumerable<double[]> points) => points.Should().Equal(
            golden.GetProperty("curves").GetProperty(name).Deserialize<double[][]>()!,
            (a, b) => Math.Abs(a[0] - b[0]) < Tolerance && Math.Abs(a[1] - b[1]) < Tolerance);

        void RequireThresholds(string name, IEnumerable<double> values) => values.Should().Equal(
            golden.GetProperty("curves").GetProperty(name).Deserialize<double[]>()!, (a, b) => Math.Abs(a - b) < Tolerance);
    }

    [Fact]
    public void Intervals_are_wilsons_as_in_scipy()
    {
        foreach (var row in Goldens.GetProperty("wilson").Deserialize<double[][]>()!)
        {
            var (low, high) = ConfidenceInterval.Wilson((long)row[0], (long)row[1]);
            low.Should().BeApproximately(row[2], 1e-9);
            high.Should().BeApproximately(row[3], 1e-9);
        }
        ConfidenceInterval.Wilson(0, 0).Should().Be(new ConfidenceInterval(double.NaN, double.NaN));
        Classify([[1, 0], [0, 1], [0, 1]], [0, 1, 0]).AccuracyInterval.Should().Be(ConfidenceInterval.Wilson(2, 3));
        Regress([1], [1]).AccuracyInterval.Low.Should().Be(double.NaN);
        // In double precision, 1 / 49 · 49 is less than 1.
        Classify([.. Enumerable.Repeat<float[]>([1, 0], 49)], [0, .. Enumerable.Repeat(1L, 48)]).AccuracyInterval.Should()
            .Be(ConfidenceInterval.Wilson(1, 49));
        foreach (var count in Enumerable.Range(1, 60))
            (ConfidenceInterval.Wilson(0, count).Low, ConfidenceInterval.Wilson(count, count).High).Should().Be((0.0, 1.0));
    }

    [Fact]
    public void Log_loss_cuts_off_certainty_as_scikit_learn_does()
    {
        const double least = 2.220446049250313e-16;
        Classify([[100, 0]], [0]).LogLoss.Should().Be(-Math.Log(1 - least)).And.BePositive();
        Classify([[100, 0]], [1]).LogLoss.Should().Be(-Math.Log(least));
    }

    [Fact]
    public void Results_print_what_they_are()
    {
        var result = Classify([[0, 1, 0], [0, 1, 0], [0, 0, 1]], [0, 1, 2]);
        $"{result.RocAuc:F2} {result.LogLoss:F2}".Should().Be("0.75 0.88");
        $"{result.MostConfused()[0]}".Should().Be("class 0 taken for class 1: 1");
        $"{result.Classes[1]}".Should().Be("class 1: precision 0.5000, recall 1.0000, F1 0.6667, 1 sample");
        $"{result.TopLosses(1)[0]}".Should().Be("sample 0: loss 1.5514, expected 0, predicted 1");
        $"{result.Reliability(2)[1]}".Should().Be("confidence 0.5 to 1: 3 samples, mean confidence 0.5761, accuracy 0.6667");
        $"{result.Reliability(2)[0]}".Should().Be("confidence 0 to 0.5: 0 samples");
        $"{Classify([[1, 0]], [0])}".Should().Contain("class 1                   —       —       —        0");
    }

    [Fact]
    public void Logits_that_mean_the_same_are_ties() =>
        Classify([[1000, 1001], [3, 4], [-0.5f, 0.5f]], [0, 1, 1]).RocAuc.Should().Be(0.5);

    [Fact]
    public void Top_losses_know_their_samples()
    {
        var result = Classify([[5, 0, 0], [0, 1, 0], [9, 0, 0]], [0, 1, 2], indices: [40, 7, 11]);
        var worst = result.TopLosses(2);
        worst.Select(sample => (sample.Index, sample.Expected, sample.Predicted)).Should().Equal((11, 2, 0), (7, 1, 1));
        worst[0].Loss.Should().BeApproximately(9 + Math.Log(1 + 2 * Math.Exp(-9)), 1e-9);
        worst[0].Outputs.Sum().Should().BeApproximately(1, 1e-12);
        result.TopLosses(100).Should().HaveCount(3);

        var regression = Regress([1, 5], [1, 2]);
        regression.TopLosses(1).Single().Should().BeEquivalentTo(new { Index = 1, Loss = 9.0, Expected = (int?)null });
    }

    [Fact]
    public void Mixed_up_classes_come_most_often_first()
    {
        var result = Classify([[0, 1, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, 1, 0]], [0, 0, 1, 1, 2]);
        result.MostConfused().Should().BeEquivalentTo(
            [new ConfusedPair("class 0", "class 1", 2), new("class 1", "class 2", 1), new("class 2", "class 1", 1)],
            options => options.WithStrictOrdering());
        result.MostConfused(minimum: 2).Should().ContainSingle();
    }

    [Fact]
    public void Reliability_puts_every_sample_into_one_part()
    {
        var result = Evaluate(LearningTask.Classification, Goldens.GetProperty("classification").GetProperty("five classes"));
        var bins = result.Reliability(10);
        bins.Should().HaveCount(10);
        bins.Sum(bin => bin.Count).Should().Be(result.Count);
        bins.Where(bin => bin.Count > 0).Should().OnlyContain(bin => bin.Confidence > bin.Lower && bin.Confidence <= bin.Upper);
        bins.Where(bin => bin.Count == 0).Should().OnlyContain(bin => double.IsNaN(bin.Accuracy));
        Classify([[float.NaN, 0]], [0]).Reliability(10)[0].Count.Should().Be(1, "what isn't a number is sure of nothing");
    }

    [Fact]
    public void Batches_add_up_to_the_whole()
    {
        using var scope = torch.NewDisposeScope();
        var outputs = torch.randn(10, 3);
        var targets = torch.tensor(new long[] { 0, 1, 2, 0, 1, 2, 0, 1, 2, 0 });
        var whole = new EvaluatedSamples(LearningTask.Classification, ["a", "b", "c"]);
        whole.Add(outputs, targets, [.. Enumerable.Range(0, 10)]);
        var parts = new EvaluatedSamples(LearningTask.Classification, ["a", "b", "c"]);
        parts.Add(outputs[..4], targets[..4], [0, 1, 2, 3]);
        parts.Add(outputs[4..], targets[4..], [4, 5, 6, 7, 8, 9]);
        var (first, second) = (EvaluationResult.From(whole, 1), EvaluationResult.From(parts, 1));
        second.RocAuc.Should().Be(first.RocAuc);
        second.Confusion.Should().BeEquivalentTo(first.Confusion);
        second.Samples!.Indices.Should().Equal(Enumerable.Range(0, 10));
    }

    [Fact]
    public void A_score_that_does_not_fit_says_so()
    {
        var result = Regress([1], [1]);
        result.Invoking(r => r.LogLoss).Should().Throw<InvalidOperationException>()
            .WithMessage("The score is for Classification and MultiLabel, and this is Regression.");
        var loaded = Classify([[1, 0]], [0]) with { Samples = null };
        loaded.BalancedAccuracy.Should().Be(1);
        loaded.Invoking(r => r.RocAuc).Should().Throw<InvalidOperationException>()
            .WithMessage("The result came with a saved model*");
    }

    [Fact]
    public void It_prints_a_table() => Classify([[1, 0], [0, 1], [0, 1]], [0, 1, 0]).ToString().Should().Be(
        """
        3 samples, loss 0.5000, accuracy 0.6667

                          precision  recall      F1  samples
        class 0              1.0000  0.5000  0.6667        2
        class 1              0.5000  1.0000  0.6667        1

        macro average        0.7500  0.7500  0.6667        3
        weighted average     0.8333  0.6667  0.6667        3
        """);

    private static void RequireScores(EvaluationResult result, JsonElement scores)
    {
        foreach (var averaging in Enum.GetValues<Averaging>())
        {
            var (precision, recall, f1) = result.Average(averaging);
            var expected = scores.GetProperty(Key(averaging)).Deserialize<double[]>()!;
            new[] { precision, recall, f1 }.Zip(expected, (a, b) => Math.Abs(a - b)).Max()
                .Should().BeLessThan(Tolerance, $"of {averaging}");
        }
        var classes = scores.GetProperty("classes").Deserialize<double?[][]>()!;
        result.Classes.Should().HaveSameCount(classes);
        foreach (var (row, expected) in result.Classes.Zip(classes))
            new[] { row.Precision, row.Recall, row.F1, row.Support }.Should()
                .Equal(expected, (a, b) => b is null ? double.IsNaN(a) : Math.Abs(a - b.Value) < Tolerance, row.Name);
    }

    private static void RequireAverages(Func<Averaging, double> score, JsonElement golden, string name)
    {
        if (!golden.TryGetProperty(name, out var averages))
            return;
        foreach (var averaging in Enum.GetValues<Averaging>())
            if (averages.TryGetProperty(Key(averaging), out var expected))
                score(averaging).Should().BeApproximately(expected.GetDouble(), Tolerance, $"of {name} {averaging}");
    }

    private static string Key(Averaging averaging) => averaging switch
    {
        Averaging.Macro => "macro",
        Averaging.Micro => "micro",
        _ => "weighted",
    };

    private static double Number(JsonElement golden, string name) => golden.GetProperty(name).GetDouble();

    private static EvaluationResult Evaluate(LearningTask task, JsonElement golden)
    {
        using var scope = torch.NewDisposeScope();
        float[] Floats(string name) => [.. golden.GetProperty(name).Deserialize<double[]>()!.Select(value => (float)value)];
        var (classes, outputs) = (golden.GetProperty("classes").GetInt32(), Floats("outputs"));
        var targets = task == LearningTask.Classification
            ? torch.tensor(golden.GetProperty("labels").Deserialize<long[]>()!)
            : torch.tensor(Floats("targets"), [outputs.Length / classes, classes]);
        return Evaluate(task, torch.tensor(outputs, [outputs.Length / classes, classes]), targets, indices: null);
    }

    private static EvaluationResult Classify(float[][] outputs, long[] labels, int[]? indices = null)
    {
        using var scope = torch.NewDisposeScope();
        return Evaluate(LearningTask.Classification,
            torch.tensor(outputs.SelectMany(row => row).ToArray(), [outputs.Length, outputs[0].Length]),
            torch.tensor(labels), indices);
    }

    private static EvaluationResult Regress(float[] said, float[] targets)
    {
        using var scope = torch.NewDisposeScope();
        long[] shape = [said.Length, 1];
        return Evaluate(LearningTask.Regression, torch.tensor(said, shape), torch.tensor(targets, shape), indices: null);
    }

    private static EvaluationResult Evaluate(LearningTask task, torch.Tensor outputs, torch.Tensor targets, int[]? indices)
    {
        var samples = new EvaluatedSamples(
            task, [.. Enumerable.Range(0, (int)outputs.shape[1]).Select(label => $"class {label}")]);
        samples.Add(outputs, targets, indices ?? [.. Enumerable.Range(0, (int)outputs.shape[0])]);
        return EvaluationResult.From(samples, loss: 0.5);
    }

    private static JsonElement Read()
    {
        using var file = File.OpenRead(Path.Join(AppContext.BaseDirectory, "Metrics", "metrics_goldens.json"));
        return JsonSerializer.Deserialize<JsonElement>(file);
    }
}
