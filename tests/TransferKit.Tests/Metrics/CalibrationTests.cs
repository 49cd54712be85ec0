using TorchSharp;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Metrics;

public class CalibrationTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(1)]
    [InlineData(0.4)]
    public void The_temperature_undoes_what_made_a_model_too_sure_or_not_sure_enough(double factor)
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(0);
        // Labels are drawn as the logits say, so these are calibrated as they are.
        var logits = torch.randn(4000, 5) * 2;
        var labels = torch.multinomial(logits.softmax(1), 1).squeeze(1);

        var (temperature, before, after) = Calibration.Fit(Evaluate(LearningTask.Classification, logits * factor, labels));

        temperature.Should().BeApproximately(factor, 0.08 * factor);
        after.Accuracy.Should().Be(before.Accuracy);
        after.Confusion.Should().BeEquivalentTo(before.Confusion);
        after.CalibrationError.Should().BeLessThan(0.03);
        after.Loss.Should().BeApproximately(after.LogLoss, 1e-9);
        if (factor == 1)
            return;
        after.LogLoss.Should().BeLessThan(before.LogLoss - 0.01);
        after.CalibrationError.Should().BeLessThan(before.CalibrationError / 2);
    }

    [Fact]
    public void The_log_loss_is_lowest_at_the_temperature()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(1);
        var labels = torch.randint(0, 4, 300);
        var logits = torch.randn(300, 4) * 5 + torch.nn.functional.one_hot(labels, 4) * 5;
        double LogLoss(double temperature) => Evaluate(LearningTask.Classification, logits / temperature, labels).LogLoss;

        var (temperature, _, after) = Calibration.Fit(Evaluate(LearningTask.Classification, logits, labels));

        after.LogLoss.Should().BeApproximately(LogLoss(temperature), 1e-6);
        foreach (var other in new[] { 0.9, 0.98, 1.02, 1.1 })
            LogLoss(temperature * other).Should().BeGreaterThan(LogLoss(temperature));
    }

    [Fact]
    public void Several_classes_a_sample_are_calibrated_too()
    {
        using var scope = torch.NewDisposeScope();
        torch.manual_seed(0);
        var logits = torch.randn(3000, 3) * 2;
        var targets = torch.bernoulli(logits.sigmoid());
        var (temperature, before, after) = Calibration.Fit(Evaluate(LearningTask.MultiLabel, logits * 4, targets));
        temperature.Should().BeApproximately(4, 0.4);
        after.LogLoss.Should().BeLessThan(before.LogLoss);
        after.Accuracy.Should().Be(before.Accuracy);
    }

    [Fact]
    public void Samples_that_are_all_right_do_not_ask_for_certainty()
    {
        using var scope = torch.NewDisposeScope();
        var result = Evaluate(LearningTask.Classification, torch.tensor(new float[,] { { 1, 0 }, { 0, 2 } }), torch.tensor([0L, 1L]));
        Calibration.Fit(result).Temperature.Should().BeApproximately(0.1, 1e-3);
    }

    [Fact]
    public void A_model_keeps_its_temperature_until_it_learns_more()
    {
        var data = SyntheticImages.Create(perClass: 8);
        using var model = Backbone.SqueezeNet1_1(Pretrained.None).ReplaceHead(2).WithImageSize(32).On(ComputeDevice.Cpu).Build();
        var options = new TrainingOptions { Epochs = 1, BatchSize = 8 };
        model.Train(data, data, options).Dispose();
        using var images = torch.randn(2, 3, 32, 32);
        using var logits = model.Forward(images);

        var calibration = model.Calibrate(data);

        model.Temperature.Should().Be(calibration.Temperature);
        using var same = model.Forward(images);
        same.equal(logits).all().item<bool>().Should().BeTrue("logits stay as they are");
        model.Train(data, data, options).Dispose();
        model.Temperature.Should().BeNull();

        var numbers = new InMemoryDataset(torch.zeros(2, 3, 32, 32), Targets.Regression([[1, 2], [3, 4]]), model.ClassNames);
        model.Invoking(one => one.Calibrate(numbers)).Should().Throw<ArgumentException>().WithMessage("*learned Classification*");
        model.Task = LearningTask.Regression;
        model.Invoking(one => one.Calibrate(numbers)).Should().Throw<ArgumentException>().WithMessage("*nothing to calibrate*");
    }

    private static EvaluationResult Evaluate(LearningTask task, torch.Tensor outputs, torch.Tensor targets)
    {
        var samples = new EvaluatedSamples(task, [.. Enumerable.Range(0, (int)outputs.shape[1]).Select(label => $"class {label}")]);
        samples.Add(outputs, targets, [.. Enumerable.Range(0, (int)outputs.shape[0])]);
        return EvaluationResult.From(samples, loss: 0);
    }
}
