using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class WeightedStepTests
{
    // Nothing is random, and frozen batch norms see every sample alike.
    private static readonly TransferPlan Plan =
        NarrowResNet.Plan.ReplaceHead(2).FreezeAll().WithPrecision(Precision.Float32);

    private static readonly TrainingOptions Once =
        new() { Epochs = 1, Augment = false, RestoreBest = false, Optimizer = Optimizer.Sgd(0.1, momentum: 0) };

    public static TheoryData<string> Losses => ["plain", "weighted", "smooth and weighted", "focal and weighted"];

    [Theory]
    [MemberData(nameof(Losses))]
    public void Accumulated_batches_change_the_weights_as_the_large_batch_does(string name)
    {
        var weights = ClassWeights.Of(1, 7);
        var loss = name switch
        {
            "plain" => Loss.CrossEntropy(),
            "weighted" => Loss.CrossEntropy(classWeights: weights),
            "smooth and weighted" => Loss.CrossEntropy(0.1, weights),
            _ => Loss.Focal(2, weights),
        };
        // Classes of 16 and 6, and a last batch of two.
        var all = SyntheticImages.Create(perClass: 16);
        var data = all.Subset([.. Enumerable.Range(0, 32).Where(i => i % 2 == 0 || i < 12)]);
        var large = HeadAfter(data, Once with { BatchSize = 22, Loss = loss });
        var small = HeadAfter(data, Once with { BatchSize = 5, AccumulateBatches = 5, Loss = loss });
        small.Zip(large).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) < 2e-6);
    }

    [Fact]
    public void Batches_whose_classes_weigh_nothing_add_nothing()
    {
        var data = SyntheticImages.Create(perClass: 4);
        var loss = Loss.CrossEntropy(classWeights: ClassWeights.Of(0, 1));
        using var run = Plan.Train(data, data, Once with { BatchSize = 1, Loss = loss });
        run.History[0].TrainLoss.Should().BePositive().And.Match(value => double.IsFinite(value));
        using var gathered = Plan.Train(data, data, Once with { BatchSize = 1, AccumulateBatches = 2, Loss = loss });
        gathered.History[0].TrainLoss.Should().BePositive().And.Match(value => double.IsFinite(value));
        double.IsFinite(run.History[0].ValidationLoss + gathered.History[0].ValidationLoss).Should().BeTrue();
    }

    [Fact]
    public void The_loss_of_an_evaluation_is_the_tasks_own_whatever_it_was_trained_with()
    {
        var data = SyntheticImages.Create(perClass: 8);
        var loss = Loss.CrossEntropy(0.2, ClassWeights.Of(1, 5));
        using var run = Plan.Train(data, data, Once with { BatchSize = 8, Loss = loss, Monitor = Score.Loss });
        var measured = run.Model.Evaluate(data);
        run.Model.Evaluation!.Loss.Should().BeApproximately(measured.Loss, 1e-5);
        run.Model.Evaluation.Loss.Should().BeApproximately(run.Model.Evaluation.LogLoss, 1e-5);
        run.History[0].ValidationLoss.Should().NotBeApproximately(measured.Loss, 1e-3);
        run.History[0].Monitored.Should().Be(run.History[0].ValidationLoss, "what is watched is what is trained with");
    }

    private static float[] HeadAfter(Dataset data, TrainingOptions options)
    {
        using var run = Plan.Train(data, data, options);
        return [.. run.Model.Network.NamedWeights().Where(found => found.Weight.IsTrainable)
            .SelectMany(found => found.Weight.Value.detach().contiguous().data<float>().ToArray())];
    }
}
