using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Tuning;

public sealed class TuningTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 20);
    private static readonly TransferPlan Plan = SpotsNetwork.Plan;
    private static readonly TuningOptions Options = new()
    {
        Trials = 5, Training = new TrainingOptions { Epochs = 3, BatchSize = 16, ValidationFraction = 0.5 },
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("transferkit-tuning-").FullName;

    private TuningOptions Kept => Options with { Folder = _folder };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_search_is_the_same_each_time_and_no_worse_than_the_defaults()
    {
        var (first, second) = (Tune(Options), Tune(Options));

        Numbers(first).Should().Equal(Numbers(second));
        first.Trials.Select(trial => trial.Number).Should().Equal(1, 2, 3, 4, 5);
        (first.Defaults.Plan, first.Defaults.Options, first.Defaults.IsFinished, first.Defaults.Epochs)
            .Should().Be((Plan, Options.Training, true, 3));
        first.Best.IsFinished.Should().BeTrue();
        first.Best.Score.Should().BeGreaterThanOrEqualTo(first.Defaults.Score);
        first.Trials.Count(trial => trial.IsFinished).Should().BeInRange(
            2, 3, "the best of the first three is finished, and the fourth if it is better, beside the defaults");
        first.Trials.Select(trial => $"{trial.Options}").Should().OnlyHaveUniqueItems();
        first.Best.AccuracyInterval.Should().Be(ConfidenceInterval.Wilson((long)Math.Round(20 * first.Best.Accuracy), 20));
        Numbers(Tune(Options with { Seed = 1, Trials = 8 })).Should().NotEqual(Numbers(Tune(Options with { Trials = 8 })));
    }

    [Fact]
    public void A_trial_is_what_its_plan_and_options_train()
    {
        var tuned = Tune(Options);
        using var run = tuned.Plan.Train(Data, tuned.Options);
        using var best = tuned.TrainBest();

        run.Best!.Monitored.Should().Be(tuned.Best.Score);
        run.Best.ValidationLoss.Should().Be(tuned.Best.Loss);
        best.History.Select(epoch => epoch.TrainLoss).Should().Equal(run.History.Select(epoch => epoch.TrainLoss));
    }

    [Fact]
    public void A_search_that_was_ended_goes_on_and_finds_the_same()
    {
        var whole = Tune(Options);
        using var cancellation = new CancellationTokenSource();
        var told = new List<ProbeProgress>();
        var ending = new Ending(told, after: 5, cancellation);
        FluentActions.Invoking(() => Plan.Tune(Data, Timeout.InfiniteTimeSpan, Kept, ending, cancellation.Token))
            .Should().Throw<OperationCanceledException>();
        var (rest, none) = (new List<ProbeProgress>(), new List<ProbeProgress>());
        var resumed = Tune(Kept, rest);
        var again = Tune(Kept, none);

        Numbers(resumed).Should().Equal(Numbers(whole));
        Numbers(again).Should().Equal(Numbers(whole));
        (told.Count + rest.Count).Should().Be(whole.Trials.Sum(trial => trial.Epochs), "no epoch is made twice");
        none.Should().BeEmpty();
        var epochs = new List<TrainingProgress>();
        using var best = again.TrainBest(new Listed<TrainingProgress>(epochs));
        epochs.Should().BeEmpty("the model lies in the folder");
        best.Best!.Monitored.Should().Be(again.Best.Score);
        best.Model.Evaluate(again.Validation).Accuracy.Should().Be(again.Best.Accuracy);
    }

    [Fact]
    public void A_folder_serves_further_searches()
    {
        Tune(Kept);
        var steps = new List<ProbeProgress>();
        Tune(Kept with { Trials = 6 }, steps);
        steps.Should().NotContain(step => step.Step.StartsWith("trial 1:")).And.Contain(step => step.Step.StartsWith("trial 6:"));
        var others = SyntheticImages.Create(perClass: 20, seed: 1);
        Plan.Tune(others, Timeout.InfiniteTimeSpan, Kept, new Listed<ProbeProgress>(steps));
        steps.Should().Contain(step => step.Step.StartsWith("trial 1:"), "other pictures are another search");
    }

    [Fact]
    public void Samples_that_cannot_be_told_from_others_are_searched_anew()
    {
        var steps = new List<ProbeProgress>();
        for (var search = 0; search < 2; search++)
            Plan.Tune(new CountedImages(Data), Timeout.InfiniteTimeSpan, Kept with { Trials = 1 }, new Listed<ProbeProgress>(steps));
        steps.Should().HaveCount(2 * 3);
    }

    [Fact]
    public void Frozen_layers_see_samples_once_for_all_trials()
    {
        var data = new CountedImages(SyntheticImages.Create(perClass: 20));
        var plan = Plan.FreezeAll();
        var request = TrainingRequest.Of(data, Options.Training with { Augment = false });
        using var features = new SharedFeatures();
        List<double> losses = [], alone = [];
        foreach (var rate in new[] { 0.01, 0.02, 0.03 })
        {
            var options = request.Options with { Optimizer = Optimizer.AdamW(rate) };
            using (var run = plan.TrainOn(request with { Options = options, Features = features }, null, default))
                losses.Add(run.History[^1].ValidationLoss);
            data.Reads.Should().Be(40, "20 to learn from and 20 to measure on");
        }
        foreach (var rate in new[] { 0.01, 0.02, 0.03 })
        {
            using var run = plan.Train(Data, request.Options with { Optimizer = Optimizer.AdamW(rate) });
            alone.Add(run.History[^1].ValidationLoss);
        }
        losses.Should().Equal(alone);
        features.MemoryBytes.Should().Be(40 * 4 * sizeof(float));
    }

    [Fact]
    public void Time_decides_when_it_ends_and_the_defaults_are_finished_in_any_case()
    {
        var tuned = Plan.Tune(Data, TimeSpan.FromTicks(1), Options with { Trials = null });
        tuned.Trials.Should().ContainSingle();
        (tuned.Best.Epochs, tuned.IsWithinChance).Should().Be((3, true));
        $"{tuned}".Should().Contain("the defaults").And.EndWith("None of 1 trials is better than the defaults.");
    }

    [Fact]
    public void Pretrained_networks_are_unfrozen_more_and_more()
    {
        var plan = Backbone.ResNet20(Pretrained.Packaged).ReplaceHead(2);
        var space = new TuningSpace(plan, new TrainingOptions(), new CountedImages(Data), seed: 0);
        var drawn = Enumerable.Range(2, 60).Select(number => space[number]).ToList();

        drawn.Select(trial => trial.Words.Split("; ")[0]).Distinct().Should().BeEquivalentTo(
            "the head", "the last stage", "the last 2 stages", "everything");
        drawn.Select(trial => trial.Plan.Head!.GetType()).Distinct().Should().BeEquivalentTo(
            [typeof(LinearHead), typeof(DropoutHead), typeof(MlpHead), typeof(ConcatPoolHead)]);
        drawn.Select(trial => (trial.Options.Augment, trial.Options.CachedViews, trial.Options.Mix is null)).Distinct()
            .Should().BeEquivalentTo([(false, 0, true), (true, 3, true), (true, 0, true), (true, 0, false)]);
        drawn.Select(trial => trial.Options.Schedule).Distinct().Should().HaveCount(3);
        drawn.Select(trial => trial.Options.Optimizer.LearningRate).Should().OnlyContain(rate => rate >= 3e-5 && rate <= 1e-2);
        drawn.Select(trial => trial.Options.Optimizer.WeightDecay).Should().OnlyContain(decay => decay >= 1e-4 && decay <= 0.1);
        drawn.Should().OnlyContain(trial => trial.Words.StartsWith("the head;") == (trial.Plan.Freezing == plan.FreezeAll().Freezing));
        var plain = new TuningSpace(plan, new TrainingOptions { Augment = false }, Data, seed: 0);
        Enumerable.Range(2, 40).Should().OnlyContain(number => !plain[number].Options.Augment);
    }

    [Fact]
    public void Numbers_are_tuned_by_their_loss()
    {
        var data = new InMemoryDataset(TorchSharp.torch.randn(24, 3, 32, 32),
            Targets.Regression([.. Enumerable.Range(0, 24).Select(i => new[] { i / 10f })]), ["age"]);
        var tuned = Plan.ReplaceHead(1).Tune(data, Timeout.InfiniteTimeSpan, Options with { Trials = 3 });
        tuned.Best.Score.Should().BeLessThanOrEqualTo(tuned.Defaults.Score).And.BePositive();
        (tuned.Best.AccuracyInterval, tuned.Score).Should().Be((null, Score.Loss));
        $"{tuned}".Should().Contain("loss");
    }

    [Fact]
    public void Tables_have_all_trials()
    {
        var tuned = Tune(Options);
        var (csv, text) = (Path.Join(_folder, "trials.csv"), $"{tuned}");
        tuned.SaveCsv(csv);
        var lines = File.ReadAllLines(csv);
        lines.Should().HaveCount(6);
        lines[0].Should().Be("trial,finished,epochs,score,accuracy_low,accuracy_high,loss,seconds,settings,error");
        lines[2].Should().Contain(",\"as planned; linear, 2 classes; rate ", "a cell with commas is in quotation marks");
        text.Split('\n').Should().HaveCount(7);
        text.Split('\n')[1].Should().StartWith("*").And.Contain($"{tuned.Best.AccuracyInterval}");
        tuned.Chart().ToSvg().Should().Contain("trained to the end").And.Contain($"the best: trial {tuned.Best.Number}");
    }

    [Fact]
    public void What_is_wrong_is_said_at_once()
    {
        Wrong(Options with { Trials = 0 }, "*Trials is 0, but must be at least 1.*");
        Wrong(Options with { Trials = null }, "*The search would never end: give it a budget, or set Trials.*");
        Wrong(Options with { Training = Options.Training with { Epochs = 0 } }, "*Epochs is 0*");
        Wrong(Options with { Training = new TrainingOptions { Checkpoints = new CheckpointOptions(_folder) } }, "*set Folder.*");
        FluentActions.Invoking(() => Plan.Tune(Data, TimeSpan.FromSeconds(-2))).Should().Throw<ArgumentException>()
            .WithMessage("*The budget is -00:00:02, but must be above 0*");
        FluentActions.Invoking(() => Plan.ReplaceHead(3).Tune(Data, TimeSpan.FromSeconds(1))).Should().Throw<ArgumentException>()
            .WithMessage("The data has 2 classes, the model has 3*");

        static void Wrong(TuningOptions options, string message) =>
            FluentActions.Invoking(() => Tune(options)).Should().Throw<ArgumentException>().WithMessage(message);
    }

    private static TuningResult Tune(TuningOptions options, List<ProbeProgress>? told = null) =>
        Plan.Tune(Data, Timeout.InfiniteTimeSpan, options, told is null ? null : new Listed<ProbeProgress>(told));

    private static IEnumerable<(int, int, double, double, string)> Numbers(TuningResult tuned) =>
        tuned.Trials.Select(trial => (trial.Number, trial.Epochs, trial.Score, trial.Loss, trial.Settings));

    /// <summary>Ends a search after some steps.</summary>
    private sealed class Ending(List<ProbeProgress> told, int after, CancellationTokenSource cancellation)
        : IProgress<ProbeProgress>
    {
        public void Report(ProbeProgress value)
        {
            told.Add(value);
            if (told.Count == after)
                cancellation.Cancel();
        }
    }

    /// <summary>Samples that count how often they are read, of which it isn't known how they are augmented.</summary>
    private sealed class CountedImages(Dataset source, int[]? reads = null) : Dataset
    {
        private readonly int[] _reads = reads ?? [0];

        public int Reads => _reads[0];

        public override IReadOnlyList<string> ClassNames => source.ClassNames;

        public override Targets Targets => source.Targets;

        public override Dataset Subset(IReadOnlyList<int> indices) => new CountedImages(source.Subset(indices), _reads);

        public override IEnumerable<Batch> Read(ReadOptions options, CancellationToken cancellationToken = default) =>
            source.Read(options, cancellationToken).Select(batch =>
            {
                _reads[0] += batch.Indices.Count;
                return batch;
            });
    }
}
