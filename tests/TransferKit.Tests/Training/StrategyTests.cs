using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public sealed class StrategyTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 15);
    private static readonly TransferPlan Plan = NarrowResNet.Plan.ReplaceHead(Head.Dropout(2)).FreezeAll();
    private static readonly TrainingOptions Quick = new() { BatchSize = 8, Augment = false };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Fine_tuning_is_the_head_for_an_epoch_and_then_everything_at_graduated_rates()
    {
        var starts = new Starts();
        using var run = Plan.Train(Data, Quick with { Epochs = 2, Strategy = TrainingStrategy.FineTune(), Observers = [starts] });
        run.History.Select(epoch => epoch.Epoch).Should().Equal(1, 2, 3);
        var (head, rest) = (starts.All[0].Options, starts.All[1].Options);
        starts.All.Should().HaveCount(2);
        starts.Training[0].Should().BeLessThan(starts.Training[1] / 100);
        starts.Training[1].Should().Be(run.Model.CountParameters().Total);
        (head.Epochs, head.Optimizer.LearningRate, head.LearningRates).Should().Be((1, 2e-3, LearningRates.Uniform));
        (rest.Epochs, rest.LearningRates).Should().Be((2, LearningRates.Slice(1e-5, 1e-3)));
        rest.Schedule.Factor(new SchedulePosition(0, 100, 50)).Should().BeApproximately(0.2, 1e-12, "fastai's div is 5");
        rest.Schedule.Factor(new SchedulePosition(29, 100, 50)).Should().BeApproximately(1, 1e-12, "fastai's pct_start is 0.3");
        rest.Schedule.Factor(new SchedulePosition(99, 100, 50)).Should().BeApproximately(1e-5, 1e-12, "fastai's div_final is 1e5");
        rest.Seed.Should().NotBe(head.Seed, "or both would see the same pictures in the same order");
        head.Schedule.Factor(new SchedulePosition(99, 100, 100)).Should().BeApproximately(1e-5, 1e-12);
    }

    [Fact]
    public void Progress_of_phases_counts_through()
    {
        var reports = new List<TrainingProgress>();
        using var run = Plan.Train(Data, Quick with { Epochs = 2, Strategy = TrainingStrategy.FineTune() }, new Recorder(reports.Add));
        reports.Should().OnlyContain(report => report.Epochs == 3);
        reports.Where(report => report.Finished is not null).Select(report => report.Finished).Should().Equal(run.History);
        reports.Select(report => report.Epoch).Should().BeInAscendingOrder().And.Contain([1, 2, 3]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(9)]
    public void Fine_tuning_that_was_cut_off_in_any_phase_ends_as_one_that_was_not(int batch)
    {
        using var whole = Plan.Train(Data, Quick with { Epochs = 2, Strategy = TrainingStrategy.FineTune() });
        var saved = Quick with { Checkpoints = new CheckpointOptions(_folder) { EverySteps = 1 } };
        var seen = 0;
        var killed = () => Plan.Train(Data, saved with { Epochs = 2, Strategy = TrainingStrategy.FineTune() }, new Recorder(report =>
        {
            if (report.Phase == TrainingPhase.Training && ++seen == batch)
                throw new NotFiniteNumberException("killed");
        }));
        killed.Should().Throw<NotFiniteNumberException>();
        using var resumed = Plan.Train(Data, saved with { Epochs = 2, Strategy = TrainingStrategy.FineTune() });
        resumed.History.Select(epoch => (epoch.Epoch, epoch.TrainLoss, epoch.ValidationLoss))
            .Should().Equal(whole.History.Select(epoch => (epoch.Epoch, epoch.TrainLoss, epoch.ValidationLoss)));
        resumed.Best!.Epoch.Should().Be(whole.Best!.Epoch);
        foreach (var (mine, theirs) in resumed.Model.Network.NamedWeights().Zip(whole.Model.Network.NamedWeights()))
            mine.Weight.Value.equal(theirs.Weight.Value).all().item<bool>().Should().BeTrue(mine.Name);
        Directory.GetDirectories(_folder).Select(Path.GetFileName).Should().BeEquivalentTo("phase-1", "phase-2");
    }

    [Fact]
    public void The_model_ends_with_the_weights_of_the_best_epoch_of_all_phases()
    {
        // A score by which the very first epoch is the best.
        var calls = 0;
        var falling = Score.Of("falling", higherIsBetter: true, _ => -calls++);
        using var best = NarrowResNet.Plan.ReplaceHead(2).Train(Data, Quick with { Epochs = 1, Strategy = TrainingStrategy.FineTune(), Monitor = falling });
        best.Best!.Epoch.Should().Be(1);
        best.Model.Evaluation!.Loss.Should().Be(best.History[0].ValidationLoss);
        var validation = Data.Split(0.8).Validation;
        best.Model.Evaluate(validation).Loss.Should().BeApproximately(best.History[0].ValidationLoss, 1e-4);
        best.History[1].ValidationLoss.Should().NotBeApproximately(best.History[0].ValidationLoss, 1e-3);
    }

    [Fact]
    public void Cancelling_ends_all_phases()
    {
        using var cancellation = new CancellationTokenSource();
        var starts = new Starts();
        using var run = Plan.Train(Data,
            Quick with { Epochs = 2, Strategy = TrainingStrategy.FineTune(), Observers = [starts] },
            new Recorder(_ => cancellation.Cancel()), cancellation.Token);
        (run.StopReason, run.History.Count).Should().Be((StopReason.Cancelled, 0));
        starts.All.Should().ContainSingle("the second phase never begins");
    }

    [Fact]
    public void Gradual_unfreezing_adds_a_stage_after_every_few_epochs()
    {
        var starts = new Starts();
        using var run = NarrowResNet.Plan.ReplaceHead(2).Train(Data, Quick with
        {
            Epochs = 5,
            Strategy = TrainingStrategy.GradualUnfreezing(epochsPerStage: 2),
            Observers = [starts],
        });
        run.History.Select(epoch => epoch.Epoch).Should().Equal(1, 2, 3, 4, 5);
        starts.All.Select(start => start.Options.Epochs).Should().Equal(2, 2, 1);
        using var model = NarrowResNet.Plan.ReplaceHead(2).Build();
        starts.Training.Should().Equal(
            Enumerable.Range(0, 3).Select(stages => model.FreezeAll().UnfreezeLast(stages).CountParameters().Training));
    }

    [Fact]
    public void Progressive_resizing_grows_the_images_and_keeps_the_last_size()
    {
        var sizes = new Dictionary<int, HashSet<long>>();
        var data = new ResizedImages(Data);
        using var run = Backbone.ResNet18().ReplaceHead(2).Train(data, data, Quick with
        {
            Epochs = 3,
            Strategy = TrainingStrategy.ProgressiveResizing(32, 48),
            Observers =
            [
                new Recorder(report => sizes.TryAdd(report.Epoch, [.. data.Sizes])), new Recorder(_ => data.Sizes.Clear()),
            ],
        });
        sizes[1].Should().Equal(32);
        sizes[3].Should().Equal(48);
        run.History.Should().HaveCount(3);
        run.Best!.Epoch.Should().BeGreaterThan(1, "scores at another size don't compare");
        (run.Model.Preprocessing.CropSize, run.Model.Preprocessing.ResizeSize).Should().Be((48, 55));
        run.Model.Save(Path.Join(_folder, "model.tkm"));
        using var loaded = TransferModel.Load(Path.Join(_folder, "model.tkm"));
        loaded.Preprocessing.CropSize.Should().Be(48);
    }

    [Fact]
    public void Progressive_resizing_refuses_networks_that_are_built_for_one_size()
    {
        var train = () => Backbone.Create("vit_b_16", Pretrained.None).WithImageSize(32).ReplaceHead(2)
            .Train(Data, Quick with { Strategy = TrainingStrategy.ProgressiveResizing(32, 48) });
        train.Should().Throw<InvalidOperationException>().WithMessage("vit_b_16 is built for images of 32 px*");
    }

    [Fact]
    public void Mistakes_of_strategies_are_listed_with_the_others()
    {
        var options = new TrainingOptions
        {
            Epochs = 1, BatchSize = 0, Strategy = TrainingStrategy.ProgressiveResizing(64, 32), Observers = [null!],
        };
        options.Invoking(wrong => wrong.Validate()).Should().Throw<ArgumentException>()
            .WithMessage("*BatchSize is 0*progressive resizing has 2 image sizes*64, 32, but must grow*observer is null*");
        new TrainingOptions { Strategy = TrainingStrategy.FineTune(rate: 0, headEpochs: 0) }.Invoking(wrong => wrong.Validate())
            .Should().Throw<ArgumentException>().WithMessage("*rate of fine-tuning is 0*head's epochs of fine-tuning are 0*");
    }

    private sealed class Recorder(Action<TrainingProgress> report) : IProgress<TrainingProgress>, ITrainingObserver
    {
        public void Report(TrainingProgress value) => report(value);

        public void Progressed(TrainingProgress progress) => report(progress);
    }

    private sealed class Starts : ITrainingObserver
    {
        public List<TrainingStart> All { get; } = [];

        /// <summary>Parameters that train in each phase.</summary>
        public IReadOnlyList<long> Training => [.. All.Select(start => start.Parameters)];

        public void Started(TrainingStart start) => All.Add(start);
    }

    /// <summary>Pictures in the size that the model asks for.</summary>
    private sealed class ResizedImages(Dataset source) : Dataset
    {
        public HashSet<long> Sizes { get; } = [];

        public override IReadOnlyList<string> ClassNames => source.ClassNames;

        public override Targets Targets => source.Targets;

        public override Dataset Subset(IReadOnlyList<int> indices) => new ResizedImages(source.Subset(indices));

        public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default)
        {
            foreach (var batch in source.Read(options, cancellationToken))
            {
                using (batch)
                {
                    long size = options.Preprocessing.CropSize;
                    Sizes.Add(size);
                    yield return new Batch(torch.nn.functional.interpolate(batch.Images, [size, size]).DetachFromDisposeScope(),
                        batch.Targets.alias().DetachFromDisposeScope(), batch.Indices);
                }
            }
        }
    }
}
