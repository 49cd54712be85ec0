using TorchSharp;

namespace TransferKit.Tests.Training;

[Trait("Lane", "Slow")]
public class FailedTrainingTests
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 12);
    private static readonly TransferPlan Plan = NarrowResNet.Plan.ReplaceHead(2).WithPrecision(Precision.Float32);

    private static readonly TrainingOptions Quick =
        new() { Epochs = 4, BatchSize = 8, Augment = false, Optimizer = Optimizer.Sgd(0.002) };

    [Fact]
    public void A_model_whose_training_is_refused_is_what_it_was()
    {
        using var model = Plan.Build();
        using (model.Train(Data, Data, Quick with { Epochs = 1 }))
        {
        }
        model.Calibrate(Data);
        var before = (model.ClassNames, model.Temperature, model.Evaluation, model.Plan, model.Preprocessing, model.Task);
        using var images = torch.zeros(8, 3, 32, 32);
        var others = new InMemoryDataset(images, [0, 1, 0, 1, 0, 1, 0, 1], ["cat", "dog"]);
        foreach (var (data, options, message) in new[]
        {
            (Data, Quick with { Loss = Loss.Huber() }, "The loss*"), (others, Quick, "The model knows the classes class 0, class 1;*"),
            (Data, Quick with { BatchSize = 1 }, "BatchSize is 1, and the batch norm *"),
        })
            model.Invoking(built => built.Train(data, data, options))
                .Should().Throw<ArgumentException>().WithMessage(message).Which.TrainingHistory().Should().BeEmpty();
        (model.ClassNames, model.Temperature, model.Evaluation, model.Plan, model.Preprocessing, model.Task).Should().Be(before);
    }

    public static TheoryData<string> Strategies => ["at once", "gradual", "probe", "fine-tune", "resizing"];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_run_that_ends_before_its_first_epoch_puts_everything_back(string name)
    {
        using var model = Plan.UnfreezeLast(1).Build();
        var (before, plan, preprocessing) = (Weights(model), model.Plan, model.Preprocessing);
        var options = Quick with { Strategy = Strategy(name) };
        var train = () => model.Train(Data, Data, options, new Watcher(report => throw new NotFiniteNumberException("failed")));
        train.Should().Throw<NotFiniteNumberException>().Which.TrainingHistory().Should().BeEmpty();
        (model.Plan, model.Preprocessing, model.Evaluation).Should().Be((plan, preprocessing, null));
        model.ClassNames.Should().Equal("0", "1");
        RequireEqual(Weights(model), before);
    }

    [Theory]
    [InlineData("at once")]
    [InlineData("gradual")]
    [InlineData("fine-tune")]
    public void A_run_that_fails_later_leaves_the_best_weights_and_the_history(string name)
    {
        using var model = Plan.UnfreezeLast(1).Build();
        var plan = model.Plan;
        var finished = new List<EpochResult>();
        var train = () => model.Train(Data, Data, Quick with { Strategy = Strategy(name), Monitor = Score.Loss }, new Watcher(report =>
        {
            if (report.Finished is { } epoch)
                finished.Add(epoch);
            if (report is { Epoch: 4, Phase: TrainingPhase.Training })
                throw new NotFiniteNumberException("failed");
        }));
        var history = train.Should().Throw<NotFiniteNumberException>().Which.TrainingHistory();
        history.Should().Equal(finished).And.HaveCount(3);
        var best = history.MinBy(epoch => epoch.ValidationLoss)!;
        model.Evaluation!.Loss.Should().Be(best.ValidationLoss);
        model.Evaluate(Data).Loss.Should().BeApproximately(best.ValidationLoss, 1e-4);
        model.ClassNames.Should().Equal("class 0", "class 1");
        model.Plan.Should().Be(plan);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_run_that_diverges_leaves_weights_that_are_numbers(bool restoreBest)
    {
        using var model = Plan.Build();
        var train = () => model.Train(Data, Data, Quick with { RestoreBest = restoreBest }, new Watcher(report =>
        {
            if (report is { Epoch: 3, Step: 1, Phase: TrainingPhase.Training })
                model.Network.NamedWeights().First().Weight.Value.detach().fill_(float.NaN);
        }));
        var error = train.Should().Throw<TrainingDivergedException>().Which;
        error.History.Should().HaveCount(2).And.Equal(error.TrainingHistory());
        var expected = restoreBest ? error.History.MaxBy(epoch => epoch.ValidationAccuracy)! : error.History[^1];
        model.Evaluation!.Loss.Should().Be(expected.ValidationLoss);
        model.Evaluate(Data).Loss.Should().BeApproximately(expected.ValidationLoss, 1e-4);
    }

    [Fact]
    public void A_run_that_diverges_at_once_leaves_the_weights_it_began_with()
    {
        using var model = Plan.Build();
        var before = Weights(model);
        var train = () => model.Train(Data, Data, Quick with { Optimizer = Optimizer.Sgd(1e30) });
        train.Should().Throw<TrainingDivergedException>().Which.History.Should().BeEmpty();
        RequireEqual(Weights(model), before);
    }

    [Fact]
    public void Watched_scores_that_the_task_does_not_have_are_refused()
    {
        var numbers = new InMemoryDataset(torch.zeros(4, 3, 32, 32), Targets.Regression([[1], [2], [3], [4]]), ["age"]);
        var train = () => Backbone.SqueezeNet1_1().ReplaceHead(1).Train(numbers, numbers, Quick with { Monitor = Score.Accuracy });
        train.Should().Throw<ArgumentException>()
            .WithMessage("Monitor is 'accuracy', which Regression doesn't have: take loss or a Score.Of your own.*");
        var several = new InMemoryDataset(torch.zeros(4, 3, 32, 32), Targets.MultiLabel([[0], [1], [0, 1], []], 2), ["a", "b"]);
        train = () => Backbone.SqueezeNet1_1().ReplaceHead(2).Train(several, several, Quick with { Monitor = Score.BalancedAccuracy });
        train.Should().Throw<ArgumentException>().WithMessage("*take loss, accuracy, macro F1 or a Score.Of your own.*");
    }

    [Fact]
    public void Training_where_gradients_are_not_recorded_is_refused_at_the_door()
    {
        using var model = Plan.Build();
        using (torch.no_grad())
        {
            Plan.Invoking(plan => plan.Train(Data, Quick)).Should().Throw<InvalidOperationException>()
                .WithMessage("Training needs gradients, and this thread computes without: call it outside of torch.no_grad().");
            model.Invoking(built => built.FindLearningRate(Data)).Should().Throw<InvalidOperationException>();
        }
        using (torch.inference_mode())
            model.Invoking(built => built.Train(Data, Quick)).Should().Throw<InvalidOperationException>()
                .WithMessage("*call it outside of torch.inference_mode().");
    }

    private static TrainingStrategy Strategy(string name) => name switch
    {
        "gradual" => TrainingStrategy.GradualUnfreezing(2),
        "probe" => TrainingStrategy.LinearProbe(),
        "fine-tune" => TrainingStrategy.FineTune(headEpochs: 2),
        "resizing" => TrainingStrategy.ProgressiveResizing(32, 48),
        _ => TrainingStrategy.SinglePhase,
    };

    private static List<float[]> Weights(TransferModel model) =>
    [
        .. model.Network.NamedWeights().Where(found => found.Weight.Type == torch.ScalarType.Float32)
            .Select(found => found.Weight.Value.detach().contiguous().data<float>().ToArray()),
    ];

    private static void RequireEqual(List<float[]> actual, List<float[]> expected)
    {
        foreach (var (mine, theirs) in actual.Zip(expected))
            mine.AsSpan().SequenceEqual(theirs).Should().BeTrue();
    }

    private sealed class Watcher(Action<TrainingProgress> watch) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => watch(value);
    }
}
