using TorchSharp;

namespace TransferKit.Vision.Tests;

[Trait("Lane", "Slow")]
public sealed class PredictionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Below_the_threshold_it_is_none_of_these()
    {
        var all = Predict(SmallModel.Build(), new PredictorOptions());
        var threshold = all.Select(prediction => prediction.Confidence).Order().ElementAt(all.Count / 2);

        var options = new PredictorOptions { Threshold = threshold, UnknownLabel = "none of these" };
        var some = Predict(SmallModel.Build(), options);

        some.Select(prediction => prediction.IsKnown).Should().Contain(true).And.Contain(false);
        foreach (var (prediction, sure) in some.Zip(all))
        {
            prediction.IsKnown.Should().Be(prediction.Confidence > threshold);
            prediction.Label.Should().Be(prediction.IsKnown ? sure.Label : "none of these");
            prediction.Labels.Should().Equal(prediction.IsKnown ? [sure.Label] : []);
            prediction.Top(1)[0].Label.Should().Be(sure.Label, "the ranking stays");
        }
    }

    [Fact]
    public void A_model_of_several_classes_a_picture_names_those_above_the_threshold()
    {
        using var scope = torch.NewDisposeScope();
        using var model = SmallModel.Build(LearningTask.MultiLabel);
        var expected = SmallModel.Rows(model.Forward(SmallModel.Images(model)).sigmoid());
        var predictions = Predict(model, new PredictorOptions());
        foreach (var (prediction, probabilities) in predictions.Zip(expected))
        {
            prediction.Task.Should().Be(LearningTask.MultiLabel);
            prediction.Probabilities.ShouldBe(probabilities);
            prediction.Labels.Should().BeEquivalentTo(Enumerable.Range(0, 4).Where(i => probabilities[i] > 0.5).Select(i => $"{i}"));
            prediction.Label.Should().Be(prediction.Labels is [var first, ..] ? first : "unknown");
        }
        predictions.Should().Contain(prediction => prediction.Labels.Count > 1);
        predictions.Should().Contain(prediction => !prediction.Labels.SequenceEqual(prediction.Labels.Order()), "the likeliest is first");

        using var again = SmallModel.Build(LearningTask.MultiLabel);
        Predict(again, new PredictorOptions { Threshold = 0.99 }).Sum(prediction => prediction.Labels.Count)
            .Should().BeLessThan(predictions.Sum(prediction => prediction.Labels.Count));
    }

    [Fact]
    public void A_regression_gives_its_numbers()
    {
        using var scope = torch.NewDisposeScope();
        using var model = SmallModel.Build(LearningTask.Regression);
        var expected = SmallModel.Rows(model.Forward(SmallModel.Images(model)));
        foreach (var (prediction, values) in Predict(model, new PredictorOptions()).Zip(expected))
        {
            prediction.Values.ShouldBe(values, 1e-3f);
            prediction.ToString().Should().StartWith("0 = ");
            foreach (var ask in new Func<Prediction, object>[] { one => one.Label, one => one.Confidence, one => one.IsKnown, one => one.Top(1),
                one => one.Probabilities, one => one.Logits, one => one.Labels })
                prediction.Invoking(ask).Should().Throw<InvalidOperationException>().WithMessage("*Values*");
        }
    }

    [Fact]
    public void Logits_are_divided_by_the_temperature_of_a_calibrated_model()
    {
        using var scope = torch.NewDisposeScope();
        using var model = SmallModel.Build();
        model.Temperature = 2.5;
        var logits = model.Forward(SmallModel.Images(model));
        foreach (var (i, prediction) in Predict(model, new PredictorOptions()).Index())
        {
            prediction.Probabilities.ShouldBe(SmallModel.Rows((logits / 2.5).softmax(1))[i]);
            prediction.Logits.ShouldBe(SmallModel.Rows(logits)[i], 1e-3f);
        }
    }

    [Fact]
    public void Views_are_averaged_as_in_evaluation()
    {
        foreach (var views in new[] { TestTimeAugmentation.Flip, TestTimeAugmentation.FiveCrop, TestTimeAugmentation.Random(3) })
        {
            using var model = SmallModel.Build();
            var samples = model.Evaluate(SmallModel.Data(model), new EvaluationOptions { TestTimeAugmentation = views }).Samples!;
            foreach (var (i, prediction) in Predict(model, new PredictorOptions { TestTimeAugmentation = views, BatchSize = 7 }).Index())
            {
                // Random views of evaluation depend on the sample's place, those of a predictor on nothing but their number.
                if (views.Views == 3 && i > 0)
                    break;
                prediction.Probabilities.ShouldBe([.. Enumerable.Range(0, 4).Select(label => (float)samples.Probability(i, label))]);
            }
        }
    }

    [Fact]
    public void It_reads_as_a_person_would_say_it()
    {
        Prediction Of(LearningTask task, double? threshold, params float[] probabilities) =>
            new(task, ["cat", "dog"], probabilities, probabilities, new PredictorOptions { Threshold = threshold });

        Of(LearningTask.Classification, null, 0.25f, 0.75f).ToString().Should().Be("dog (75.0 %)");
        Of(LearningTask.Classification, 0.8, 0.25f, 0.75f).ToString().Should().Be("unknown (75.0 %)");
        Of(LearningTask.MultiLabel, null, 0.8f, 0.9f).ToString().Should().Be("dog (90.0 %), cat (80.0 %)");
        Of(LearningTask.MultiLabel, null, 0.1f, 0.2f).ToString().Should().Be("unknown");
        Of(LearningTask.Regression, null, 1.5f, -2).ToString().Should().Be("cat = 1.5, dog = -2");
    }

    /// <summary>Predicts the fixtures with a model that is saved and loaded again.</summary>
    private List<Prediction> Predict(TransferModel model, PredictorOptions options)
    {
        using (model)
            model.SaveIn(_folder);
        using var predictor = Predictor.Load(Path.Join(_folder.Path, "model.tkm"), options with { Precision = Precision.Float32 });
        return [.. predictor.PredictMany(SmallModel.Pictures).Select(result => result.Prediction!)];
    }
}
