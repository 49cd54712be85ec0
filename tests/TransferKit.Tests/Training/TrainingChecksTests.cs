using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class TrainingChecksTests
{
    [Fact]
    public void Enough_samples_raise_no_doubts() =>
        TrainingChecks.Doubts(Classes(40, 40), Classes(20, 20)).Should().BeEmpty();

    [Fact]
    public void Doubts_name_classes_counts_and_what_to_do() =>
        TrainingChecks.Doubts(Classes(40, 3, 1, 0), Classes(40, 1, 0, 0)).Should().Equal(
            "No training sample is of class 3: the model can't learn what they look like. Add samples, or leave the classes out.",
            "Few training samples: class 1 3, class 2 1. From fewer than 10 a class, a model learns little that holds for others: "
                + "add samples, or put the classes together with others.",
            "No validation sample is of class 2: how well they are recognized stays unknown. Two samples of a class are the least "
                + "that can be divided: add some.",
            "Few validation samples: class 1 1. Scores of these classes say little: add samples, raise ValidationFraction, or "
                + "measure with CrossValidate.");

    [Fact]
    public void Few_validation_samples_are_told_by_what_they_are_worth() =>
        TrainingChecks.Doubts(Classes(40, 40), Classes(5, 5)).Should().Equal(
            "There are only 10 validation samples: even if all are right, the true accuracy may be as low as 72 % (95 % confidence). "
                + "Add samples, raise ValidationFraction, or measure with CrossValidate.");

    [Fact]
    public void Many_classes_are_cut_short() =>
        TrainingChecks.Doubts(Classes([.. Enumerable.Repeat(2, 25)]), Classes([.. Enumerable.Repeat(5, 25)]))
            .Should().ContainSingle().Which.Should().Contain("class 9 2 and 15 more.");

    [Fact]
    public void A_regression_has_no_classes_to_doubt()
    {
        using var scope = torch.NewDisposeScope();
        Dataset Numbers(int count) => new InMemoryDataset(torch.zeros(count, 3, 1, 1),
            Targets.Regression([.. Enumerable.Range(0, count).Select(i => new float[] { i })]), ["size"]);
        TrainingChecks.Doubts(Numbers(50), Numbers(50)).Should().BeEmpty();
        TrainingChecks.Doubts(Numbers(50), Numbers(5)).Should().ContainSingle().Which.Should().Contain("only 5 validation samples");
    }

    [Fact]
    public void Training_says_them_before_it_begins_and_in_its_result()
    {
        var starts = new List<TrainingStart>();
        var data = SyntheticImages.Create(perClass: 5);
        using var run = Backbone.ResNet18().ReplaceHead(2).WithImageSize(32).Train(
            data, new TrainingOptions { Epochs = 1, BatchSize = 4, Observers = [new Watcher(starts)] });
        run.Warnings.Should().HaveCount(3).And.Equal(starts[0].Warnings);
        run.Warnings[0].Should().StartWith("Few training samples: class 0 4, class 1 4.");
    }

    [Fact]
    public void What_is_asked_for_is_checked_before_weights_are_fetched()
    {
        var plan = Backbone.ResNet18(Pretrained.FromFile(Path.Join(Path.GetTempPath(), "there is no such file.pth"))).ReplaceHead(2);
        Check(Classes(2, 0), Classes(1, 1), new(), "Validation samples are of classes that no training sample is of: class 1.*");
        Check(Classes(2, 2), Classes(1, 1, 1), new(), "Training has the classes*");
        Check(Classes(2, 2, 2), Classes(1, 1, 1), new(), "The data has 3 classes, the model has 2*");
        Check(Classes(2, 2), Classes(1, 1), new() { DropLast = true }, "DropLast leaves no batch: there are 4 training samples, and BatchSize is 32.*");
        Check(Classes(2, 2), Classes(1, 1), new() { Loss = Loss.MeanSquared }, "The loss 'mean squared error*' is for Regression*");
        Check(Classes(2, 2), Classes(1, 1), new() { Sampling = Sampling.Weighted([1]) }, "Weighted sampling needs 4 weights*");
        Check(Classes(2, 2), Classes(0, 0), new() { Epochs = 0 }, "The training options are wrong: Epochs is 0*");

        void Check(Dataset train, Dataset validation, TrainingOptions options, string message) =>
            plan.Invoking(plan => plan.Train(train, validation, options)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    private static InMemoryDataset Classes(params int[] counts)
    {
        var labels = counts.SelectMany((count, label) => Enumerable.Repeat(label, count)).ToList();
        return new InMemoryDataset(
            torch.zeros(labels.Count, 3, 1, 1), labels, [.. counts.Select((_, label) => $"class {label}")]);
    }

    private sealed class Watcher(List<TrainingStart> starts) : ITrainingObserver
    {
        public void Started(TrainingStart start) => starts.Add(start);
    }
}
