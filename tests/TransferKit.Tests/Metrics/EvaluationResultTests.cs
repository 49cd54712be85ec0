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
    public void Scores_of_one_class_a_sample_are_scikit_learns(string name)
    {
        var golden = Goldens.GetProperty("classification").GetProperty(name);
        var result = Evaluate(LearningTask.Classification, golden);
        result.Accuracy.Should().BeApproximately(Number(golden, "accuracy"), Tolerance);
        result.BalancedAccuracy.Should().BeApproximately(Number(golden, "balanced_accuracy"), Tolerance);
        result.CohensKappa.Should().BeApproximately(Number(golden, "kappa"), Tolerance);
        result.LogLoss().Should().BeApproximately(Number(golden, "log_loss"), Tolerance);
        result.CalibrationError().Should().BeApproximately(Number(golden, "calibration"), Tolerance);
        result.Confusion.Cast<long>().Should()
            .Equal(golden.GetProperty("confusion").Deserialize<long[][]>()!.SelectMany(row => row));
        RequireScores(result, golden.GetProperty("scores"));
        RequireAverages(result.RocAuc, golden, "roc_auc");
        RequireAverages(result.AveragePrecision, golden, "average_precision");
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
        result.LogLoss().Should().BeApproximately(Number(golden, "log_loss"), Tolerance);
        RequireScores(result, golden.GetProperty("scores"));
        RequireAverages(result.RocAuc, golden, "roc_auc");
        RequireAverages(result.AveragePrecision, golden, "average_precision");
        if (name == "one class absent")
        {
            result.RocAuc(label: 1).Should().Be(double.NaN);
            result.RocAuc().Should().Be(double.NaN);
            result.AveragePrecision(label: 1).Should().Be(0);
        }
    }

    [Theory]
    [InlineData("one number")]
    [InlineData("three numbers")]
    public void Errors_of_a_regression_are_scikit_learns(string name)
    {
        var golden = Goldens.GetProperty("regression").GetProperty(name);
        var result = Evaluate(LearningTask.Regression, golden);
        result.MeanAbsoluteError().Should().BeApproximately(Number(golden, "mae"), Tolerance);
        result.RootMeanSquaredError().Should().BeApproximately(Number(golden, "rmse"), Tolerance);
        result.R2().Should().BeApproximately(Number(golden, "r2"), Tolerance);
        result.Accuracy.Should().Be(double.NaN);
        result.ToString().Should().Contain("R²");
    }

    [Fact]
    public void What_has_no_answer_is_what_scikit_learn_says()
    {
        var one = Classify([[1, 0], [2, 0]], [0, 0]);
        one.CohensKappa.Should().Be(double.NaN);
        one.RocAuc().Should().Be(double.NaN);
        one.AveragePrecision().Should().Be(0);
        one.BalancedAccuracy.Should().Be(1);
        one.Classes[1].Should().BeEquivalentTo(new { Precision = 0, Recall = 0, F1 = 0, Support = 0 });
        one.Average(Averaging.Macro).F1.Should().Be(1, "a class that neither occurs nor is named doesn't count");
        double R2(params float[] said) => Regress(said, [3, 3]).R2();
        R2(3, 3).Should().Be(1);
        R2(3, 4).Should().Be(0);
        Regress([1], [1]).R2().Should().Be(double.NaN);
    }

    [Fact]
    public void Logits_that_mean_the_same_are_ties() =>
        Classify([[1000, 1001], [3, 4], [-0.5f, 0.5f]], [0, 1, 1]).RocAuc().Should().Be(0.5);

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
        second.RocAuc().Should().Be(first.RocAuc());
        second.Confusion.Should().BeEquivalentTo(first.Confusion);
        second.Samples!.Indices.Should().Equal(Enumerable.Range(0, 10));
    }

    [Fact]
    public void A_score_that_does_not_fit_says_so()
    {
        var result = Regress([1], [1]);
        result.Invoking(r => r.LogLoss()).Should().Throw<InvalidOperationException>()
            .WithMessage("The score is for Classification and MultiLabel, and this is Regression.");
        var loaded = Classify([[1, 0]], [0]) with { Samples = null };
        loaded.BalancedAccuracy.Should().Be(1);
        loaded.Invoking(r => r.RocAuc()).Should().Throw<InvalidOperationException>()
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
        var classes = scores.GetProperty("classes").Deserialize<double[][]>()!;
        result.Classes.Should().HaveSameCount(classes);
        foreach (var (row, expected) in result.Classes.Zip(classes))
            new[] { row.Precision, row.Recall, row.F1, row.Support }
                .Zip(expected, (a, b) => Math.Abs(a - b)).Max().Should().BeLessThan(Tolerance, row.Name);
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
        using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Metrics", "metrics_goldens.json"));
        return JsonSerializer.Deserialize<JsonElement>(file);
    }
}
