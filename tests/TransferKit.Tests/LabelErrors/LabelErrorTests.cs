using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.LabelErrors;

public sealed class LabelErrorTests
{
    private static readonly LabelErrorOptions Quick = new() { CacheFolder = null };
    private static readonly InMemoryDataset Clean = SyntheticImages.Create(perClass: 40);

    /// <summary>Every tenth sample is said to be of the other class.</summary>
    private static readonly int[] Exchanged = [.. Enumerable.Range(0, Clean.Count / 10).Select(i => 10 * i + i % 2)];

    private static readonly Dataset Noisy = Clean.Relabel(
        Exchanged.ToDictionary(index => index, index => Clean.ClassNames[1 - Clean.Labels[index]]));

    [Fact]
    public void Labels_that_were_exchanged_are_found_with_their_classes()
    {
        var found = Noisy.FindLabelErrors(SpotsNetwork.Plan.FreezeAll(), Quick);

        // One that isn't as sure as the class is on average isn't doubted.
        found.Indices.Should().BeSubsetOf(Exchanged).And.OnlyHaveUniqueItems().And.HaveCountGreaterThanOrEqualTo(7);
        found.Errors.Should().BeInAscendingOrder(error => error.Margin).And.OnlyContain(error => error.Margin < 0)
            .And.OnlyContain(error => error.Suggested == Clean.ClassNames[Clean.Labels[error.Index]]);
        var mended = Noisy.Relabel(found.Suggestions);
        found.Indices.Should().OnlyContain(index => mended.Labels[index] == Clean.Labels[index]);
        Noisy.Without(found.Indices).Count.Should().Be(Clean.Count - found.Errors.Count);
        found.Evaluation.Count.Should().Be(Clean.Count);
        found.Joint().Cast<double>().Sum().Should().BeApproximately(1, 1e-9);
        $"{found}".Should().StartWith("80 samples, of which ").And.Contain($"Doubtful labels: {found.Errors.Count}");
    }

    [Fact]
    public void A_plan_that_trains_is_trained_for_every_fold()
    {
        var steps = new List<ProbeProgress>();
        var options = Quick with { Folds = 2, Training = new TrainingOptions { Epochs = 6, Optimizer = Optimizer.AdamW(0.05) } };
        var found = Noisy.FindLabelErrors(SpotsNetwork.Plan, options, new Listed<ProbeProgress>(steps));

        steps.Should().Contain(step => step.Step == "training of the folds" && step.Done == 12 && step.Total == 12);
        found.Indices.Intersect(Exchanged).Count().Should().BeGreaterThanOrEqualTo(6);
    }

    [Fact]
    public void The_same_pictures_with_different_labels_and_odd_ones_are_found()
    {
        using var images = TorchSharp.torch.cat([.. Clean.Read(new() { Preprocessing = Preprocessing.ImageNet, BatchSize = 80 })
            .Select(batch => batch.Images)]);
        images[3].copy_(images[4]);
        // What gives no features at all is like nothing.
        images[7].zero_();
        var found = new InMemoryDataset(images, Clean.Labels, Clean.ClassNames).FindLabelErrors(SpotsNetwork.Plan.FreezeAll(), Quick);

        found.Conflicts.Should().Contain(pair => pair.First == 3 && pair.Second == 4 && pair.Distance < 1e-5);
        found.Outliers.Should().Contain(odd => odd.Index == 7).And.BeInDescendingOrder(odd => odd.Distance);
    }

    [Fact]
    public void They_are_written_as_a_table()
    {
        var path = Path.GetTempFileName();
        try
        {
            var found = Noisy.FindLabelErrors(SpotsNetwork.Plan.FreezeAll(), Quick);
            found.SaveCsv(path);
            var lines = File.ReadAllLines(path);
            lines[0].Should().Be("index,name,label,suggested,label_probability,suggested_probability,margin");
            lines.Should().HaveCount(1 + found.Errors.Count);
            lines[1].Split(',').Should().HaveCount(7);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void What_cannot_be_is_refused()
    {
        var plan = SpotsNetwork.Plan;
        var few = Clean.Subset([0, 1, 2]);
        few.Invoking(it => it.FindLabelErrors(plan, Quick)).Should().Throw<ArgumentException>().WithMessage("Two samples each of two classes*");
        Clean.Invoking(it => it.FindLabelErrors(plan, Quick with { Folds = 1, Neighbors = 0 })).Should().Throw<ArgumentException>()
            .WithMessage("*Folds is 1*Neighbors is 0*");
        Clean.Invoking(it => it.FindLabelErrors(plan.ReplaceHead(3), Quick)).Should().Throw<ArgumentException>().WithMessage("*ReplaceHead(2)*");
    }
}
