using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class TrainingEngineTests
{
    private static readonly TrainingOptions Quick = new() { Epochs = 2, BatchSize = 8, Optimizer = Optimizer.Sgd(0.002) };

    [Fact]
    public void Training_learns_what_sets_the_classes_apart()
    {
        using var run = Backbone.ResNet18().ReplaceHead(2).Train(SyntheticImages.Create(perClass: 24), Quick with { Epochs = 4 });
        run.StopReason.Should().Be(StopReason.Completed);
        run.History.Should().HaveCount(4);
        run.History[^1].TrainLoss.Should().BeLessThan(run.History[0].TrainLoss);
        run.Best!.ValidationAccuracy.Should().BeGreaterThan(0.9);
        run.Model.ClassNames.Should().Equal("class 0", "class 1");
    }

    [Fact]
    public void The_same_seed_gives_the_same_losses_and_another_seed_others()
    {
        var data = SyntheticImages.Create(perClass: 12);
        double[] Losses(int seed)
        {
            using var run = NarrowResNet.Plan.ReplaceHead(Head.Dropout(2)).Train(data, Quick with { Seed = seed });
            return [.. run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss })];
        }

        var first = Losses(seed: 1);
        Losses(seed: 1).Should().Equal(first);
        Losses(seed: 2).Should().NotEqual(first);
    }

    [Fact]
    public void Progress_counts_every_batch_and_ends_each_epoch_with_its_result()
    {
        var reports = new List<TrainingProgress>();
        using var run = Backbone.SqueezeNet1_1().ReplaceHead(2)
            .Train(SyntheticImages.Create(perClass: 10), Quick, new Recorder(reports));
        var training = reports.Where(report => report.Phase == TrainingPhase.Training).ToList();
        training.Select(report => (report.Epoch, report.Step)).Should().Equal((1, 1), (1, 2), (2, 1), (2, 2));
        training.Should().OnlyContain(report => report.Steps == 2 && report.Epochs == 2);
        reports.Where(report => report.Finished is not null).Select(report => report.Finished).Should().Equal(run.History);
    }

    [Fact]
    public void Cancelling_ends_after_the_batch_and_keeps_the_model()
    {
        using var cancellation = new CancellationTokenSource();
        var reports = new List<TrainingProgress>();
        using var run = Backbone.SqueezeNet1_1().ReplaceHead(2).Train(SyntheticImages.Create(perClass: 20), Quick,
            new Recorder(reports, _ => cancellation.Cancel()), cancellation.Token);
        run.StopReason.Should().Be(StopReason.Cancelled);
        run.History.Should().BeEmpty();
        run.Best.Should().BeNull();
        reports.Should().ContainSingle();
        using var logits = run.Model.Forward(torch.zeros(1, 3, 64, 64));
        logits.shape.Should().Equal(1, 2);
    }

    [Fact]
    public void A_loss_that_is_no_number_stops_the_run()
    {
        var train = () => NarrowResNet.Plan.ReplaceHead(2)
            .Train(SyntheticImages.Create(perClass: 16), Quick with { Optimizer = Optimizer.Sgd(learningRate: 1e30) });
        train.Should().Throw<TrainingDivergedException>().Which.Epoch.Should().Be(1);
    }

    [Fact]
    public void Data_of_another_class_count_is_refused_with_the_cure()
    {
        var train = () => NarrowResNet.Plan.ReplaceHead(2).Train(SyntheticImages.Create(perClass: 4, classes: 3), Quick);
        train.Should().Throw<ArgumentException>()
            .WithMessage("The data has 3 classes, the model has 2: call ReplaceHead(3) on the plan.*");
    }

    [Fact]
    public void A_model_in_which_nothing_trains_is_refused()
    {
        using var model = Backbone.SqueezeNet1_1().FreezeAll().Build();
        using var images = torch.zeros(2, 3, 32, 32);
        var data = new InMemoryDataset(images, [0, 999], [.. Enumerable.Range(0, 1000).Select(label => $"class {label}")]);
        var train = () => model.Train(data, data, Quick);
        train.Should().Throw<InvalidOperationException>().WithMessage("Nothing trains*");
    }

    [Fact]
    public void A_model_trains_in_phases_and_stays_the_callers()
    {
        var data = SyntheticImages.Create(perClass: 8);
        using var model = NarrowResNet.Plan.ReplaceHead(2).FreezeAll().Build();
        using (model.Train(data, Quick with { Epochs = 1 }))
        {
        }
        model.CountParameters().Training.Should().Be(2 * NarrowResNet.Features + 2);
        using (var second = model.Unfreeze("layer4").Train(data, Quick with { Epochs = 1 }))
            second.Model.Should().BeSameAs(model);
        model.Evaluate(data).Count.Should().Be(16);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_model_ends_with_the_weights_of_the_best_epoch_or_the_last(bool restoreBest)
    {
        var data = SyntheticImages.Create(perClass: 16);
        var (train, validation) = data.Split(0.5);
        // A rate that makes later epochs worse than earlier ones, so that the two differ.
        using var run = NarrowResNet.Plan.ReplaceHead(2).WithPrecision(Precision.Float32).Train(train, validation,
            Quick with { Epochs = 6, Optimizer = Optimizer.Sgd(0.05), RestoreBest = restoreBest });
        run.Best.Should().NotBe(run.History[^1]);
        var expected = restoreBest ? run.Best! : run.History[^1];
        run.Model.Evaluation!.Loss.Should().Be(expected.ValidationLoss);
        run.Model.Evaluate(validation).Loss.Should().BeApproximately(expected.ValidationLoss, 1e-5 * expected.ValidationLoss);
    }

    [Theory]
    [InlineData("sgd")]
    [InlineData("adam")]
    [InlineData("adamw")]
    [InlineData("rmsprop")]
    [InlineData("lion")]
    [InlineData("lamb")]
    public void Every_optimizer_lowers_the_loss(string name)
    {
        var optimizer = name switch
        {
            "sgd" => Optimizer.Sgd(0.002),
            "adam" => Optimizer.Adam(0.001),
            "adamw" => Optimizer.AdamW(0.001),
            "rmsprop" => Optimizer.RmsProp(0.0001),
            "lion" => Optimizer.Lion(0.0001),
            _ => Optimizer.Lamb(0.003),
        };
        using var run = NarrowResNet.Plan.ReplaceHead(2)
            .Train(SyntheticImages.Create(perClass: 8), Quick with { Optimizer = optimizer, Epochs = 3 });
        run.History[^1].TrainLoss.Should().BeLessThan(run.History[0].TrainLoss);
    }

    [Fact]
    public void Five_hundred_steps_leave_live_tensors_and_memory_flat()
    {
        var data = SyntheticImages.Create(perClass: 200, size: 17);
        using var model = Backbone.SqueezeNet1_1().ReplaceHead(2).FreezeAll().Build();
        var live = new List<long>();
        var resident = new List<double>();
        var reports = new Recorder([], report =>
        {
            live.Add(torch.Tensor.TotalCount);
            if (report is { Phase: TrainingPhase.Training, Step: 100 or 400 })
                resident.Add(MemoryUse.Measure().ResidentMiB);
        });
        using var run = model.Train(data, data, new TrainingOptions { Epochs = 3, BatchSize = 1, Augment = false }, reports);
        live.Should().HaveCountGreaterThan(500);
        live[^2].Should().BeLessThanOrEqualTo(live[10] + 4, "the garbage collector may take some, but none may come");
        (resident[^1] - resident[0]).Should().BeLessThan(50, "MiB are the garbage collector's and the allocator's own");
    }

    private sealed class Recorder(List<TrainingProgress> reports, Action<TrainingProgress>? then = null) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            reports.Add(value);
            then?.Invoke(value);
        }
    }
}
