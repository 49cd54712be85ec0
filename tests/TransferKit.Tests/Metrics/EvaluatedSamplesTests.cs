namespace TransferKit.Tests.Metrics;

public class EvaluatedSamplesTests
{
    [Fact]
    public void Samples_of_one_class_have_labels_outputs_and_probabilities()
    {
        var samples = Evaluated.Classes([[0, 2], [3, 3]], [0, 1], indices: [8, 5]).Samples!;

        samples.Task.Should().Be(LearningTask.Classification);
        samples.Count.Should().Be(2);
        samples.ClassNames.Should().Equal("class 0", "class 1");
        samples.Indices.Should().Equal(8, 5);
        samples.Labels.Should().Equal(0, 1);
        samples.Output(0, 1).Should().Be(2);
        samples.Output(1, 0).Should().Be(3);
        new[] { samples.Target(0, 0), samples.Target(0, 1), samples.Target(1, 0), samples.Target(1, 1) }.Should().Equal(1, 0, 0, 1);
        samples.Probability(0, 1).Should().BeApproximately(1 / (1 + Math.Exp(-2)), 1e-12);
        samples.Predicted(0).Should().Be(1);
        samples.Predicted(1).Should().Be(0, "it is the first of equals");
        (samples.IsCorrect(0), samples.IsCorrect(1)).Should().Be((false, false));
        samples.LossOf(1).Should().BeApproximately(Math.Log(2), 1e-12);
    }

    [Fact]
    public void Samples_of_several_classes_have_targets_and_no_label()
    {
        var samples = Evaluated.Labels([[1, -1, 0], [2, 2, -2]], [[1, 0, 0], [0, 1, 1]]).Samples!;

        new[] { samples.Target(1, 0), samples.Target(1, 1), samples.Target(1, 2) }.Should().Equal(0, 1, 1);
        (samples.Has(0, 0), samples.Has(0, 1), samples.Has(1, 2)).Should().Be((true, false, true));
        (samples.IsNamed(0, 0), samples.IsNamed(0, 1), samples.IsNamed(0, 2)).Should().Be((true, false, false), "0 is not above 0.5");
        Evaluated.Labels([[0]], [[0.5f]]).Samples!.Has(0, 0).Should().BeFalse();
        (samples.IsCorrect(0), samples.IsCorrect(1)).Should().Be((true, false));
        samples.Probability(1, 0).Should().BeApproximately(1 / (1 + Math.Exp(-2)), 1e-12);
        samples.Invoking(all => all.Labels).Should().Throw<InvalidOperationException>()
            .WithMessage("The samples have MultiLabel targets, not one class each: ask Target.");
        samples.Invoking(all => all.Predicted(0)).Should().Throw<InvalidOperationException>()
            .WithMessage("The samples have MultiLabel targets, not one class each: ask Output.");
    }

    [Fact]
    public void Samples_of_a_regression_have_numbers_and_no_probability()
    {
        var samples = Evaluated.Numbers([[1, 4], [2, 2]], [[1, 2], [0, 2]]).Samples!;
        (samples.Output(0, 1), samples.Target(0, 1)).Should().Be((4f, 2f));
        samples.LossOf(0).Should().Be(2);
        samples.Invoking(all => all.Probability(0, 0)).Should().Throw<InvalidOperationException>().WithMessage("A regression has no*");
    }

    [Fact]
    public void Scaling_multiplies_outputs_and_nothing_else()
    {
        var samples = Evaluated.Classes([[0, 2], [3, -1]], [0, 1], indices: [8, 5]).Samples!;
        var half = samples.Scaled(0.5);
        (half.Output(0, 1), half.Output(1, 0), half.Output(1, 1)).Should().Be((1f, 1.5f, -0.5f));
        half.Labels.Should().Equal(samples.Labels);
        half.Indices.Should().Equal(8, 5);
        half.ClassNames.Should().Equal(samples.ClassNames);
        half.Target(1, 1).Should().Be(1);
        half.LossOf(0).Should().BeApproximately(1 + Math.Log(1 + Math.Exp(-1)), 1e-9);
    }
}
