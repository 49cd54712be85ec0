using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public sealed class CrossValidationTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 18);
    private static readonly TransferPlan Plan = NarrowResNet.Plan.ReplaceHead(2);
    private static readonly TrainingOptions Quick =
        new() { BatchSize = 8, Augment = false, Strategy = TrainingStrategy.LinearProbe() };

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Scores_have_mean_and_spread_over_folds_that_cover_the_data()
    {
        using var result = Plan.CrossValidate(Data.KFold(3), Quick);
        result.Folds.Should().HaveCount(3);
        result.Folds.Sum(fold => fold.Evaluation.Count).Should().Be(Data.Count);
        result.Scores.Select(score => score.Name).Should().Equal("loss", "accuracy", "balanced accuracy", "macro F1");
        var values = result.Folds.Select(fold => fold.Run.Best!.ValidationLoss).ToList();
        result["loss"].Values.Should().Equal(values, (a, b) => Math.Abs(a - b) < 1e-9);
        result["loss"].Mean.Should().BeApproximately(values.Average(), 1e-9);
        result.Invoking(scores => scores["f2"]).Should().Throw<ArgumentException>()
            .WithMessage("There is no score 'f2', but loss, accuracy*");
        var disposed = result.Folds[0].Run.Model;
        disposed.Invoking(model => model.Forward(torch.zeros(1, 3, 32, 32))).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Observers_which_follow_one_run_are_refused()
    {
        var validate = () => Plan.CrossValidate(Data.KFold(3), Quick with { Observers = [new HistoryFile("history.csv")] });
        validate.Should().Throw<ArgumentException>().WithMessage("Observers follow a single run*");
    }

    [Fact]
    public void A_fold_that_cannot_be_trained_is_found_before_the_first_is()
    {
        var (ones, twos) = (Labeled(0), Labeled(1));
        var begun = false;
        var validate = () => Plan.CrossValidate([new(Data, Data), new(ones, twos)], Quick, progress: new Watcher(() => begun = true));
        validate.Should().Throw<ArgumentException>()
            .WithMessage("Fold 2 of 2 can't be trained: Validation samples are of classes that no training sample is of: class 1.*");
        var odd = new DatasetSplit(Data.Take(9), Data);
        validate = () => NarrowResNet.Plan.ReplaceHead(Head.ConcatPool(2)).CrossValidate([new(Data.Take(8), Data), odd],
            Quick with { Strategy = TrainingStrategy.SinglePhase }, progress: new Watcher(() => begun = true));
        validate.Should().Throw<ArgumentException>().WithMessage("Fold 2 of 2 can't be trained: The last of 9 training samples*");
        begun.Should().BeFalse();
    }

    [Fact]
    public void A_class_of_one_sample_is_cross_validated_too()
    {
        var data = Data.Subset([0, 1, 2, 4, 6, 8, 10, 12, 14, 16]);
        data.Labels.Count(label => label == 1).Should().Be(1);
        using var result = Plan.CrossValidate(data.KFold(3), Quick);
        result.Folds.Sum(fold => fold.Evaluation.Count).Should().Be(9);
    }

    private static Dataset Labeled(int label) =>
        Data.Subset([.. Enumerable.Range(0, Data.Count).Where(i => Data.Labels[i] == label)]);

    private sealed class Watcher(Action watch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => watch();
    }

    [Fact]
    public void The_spread_is_that_of_a_sample() =>
        new ScoreSummary("accuracy", [0.9, 0.8, 1.0]).ToString().Should().Be("accuracy 0.9000 ± 0.1000");

    [Fact]
    public void Models_that_are_kept_live_until_the_result_is_disposed()
    {
        TransferModel model;
        using (var result = Plan.CrossValidate(Data.KFold(2), Quick, keepModels: true))
        {
            model = result.Folds[1].Run.Model;
            model.Forward(torch.zeros(1, 3, 32, 32)).Dispose();
        }
        model.Invoking(gone => gone.Forward(torch.zeros(1, 3, 32, 32))).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Folds_that_are_done_are_not_made_again()
    {
        var options = new TrainingOptions
        {
            Epochs = 1, BatchSize = 8, Augment = false, Monitor = Score.MacroF1, Checkpoints = new CheckpointOptions(_folder),
        };
        using var cancellation = new CancellationTokenSource();
        var cut = () => Plan.FreezeAll().CrossValidate(Data.KFold(2), options, progress: new Cancel(cancellation, atFinished: 1),
            cancellationToken: cancellation.Token);
        cut.Should().Throw<OperationCanceledException>();
        Directory.GetDirectories(_folder).Select(Path.GetFileName).Should().Contain("fold-1");
        using var whole = Plan.FreezeAll().CrossValidate(Data.KFold(2), options with { Checkpoints = null });
        var trained = new TrainedBatches();
        using var resumed = Plan.FreezeAll().CrossValidate(Data.KFold(2), options, progress: trained);
        trained.Count.Should().Be(3, "the second fold's 18 samples are left, by 8");
        foreach (var score in whole.Scores)
            resumed[score.Name].Values.Should().Equal(score.Values, (a, b) => Math.Abs(a - b) < 1e-9);
    }

    private sealed class TrainedBatches : IProgress<TrainingProgress>
    {
        public int Count { get; private set; }

        public void Report(TrainingProgress value) => Count += value.Phase == TrainingPhase.Training ? 1 : 0;
    }

    private sealed class Cancel(CancellationTokenSource source, int atFinished) : IProgress<TrainingProgress>
    {
        private int _finished;

        public void Report(TrainingProgress value)
        {
            if (value.Finished is not null && ++_finished == atFinished)
                source.Cancel();
        }
    }
}
