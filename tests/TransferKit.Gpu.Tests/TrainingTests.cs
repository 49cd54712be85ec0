using TorchSharp;
using TransferKit.Tests.Training;
using TransferKit.Vision.Tests;

namespace TransferKit.Gpu.Tests;

/// <summary>Training on a GPU: the CPU's losses in float32, and sound ones in 16 bits.</summary>
public sealed class TrainingTests
{
    private static readonly TrainingOptions Quick = new() { Epochs = 2, BatchSize = 16, Optimizer = Optimizer.Sgd(0.001) };

    // Large enough that a norm of the last stage has many values to go by: few make rounding errors grow from step to step.
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 32, size: 96);

    // What rounding errors may grow to in a few steps.
    private const double Grown = 2e-2;
    private static readonly TransferPlan Plan = Backbone.ResNet18().ReplaceHead(2).WithPrecision(Precision.Float32);

    public static TheoryData<string> Kinds =>
    [
        "everything", "last stage, features kept", "last stage, nothing kept", "norms follow", "adamw, norm clipped, averaged",
        "values clipped", "mixed", "accumulated", "layer decay", "lion", "lamb", "rmsprop",
    ];

    [SkippableTheory]
    [MemberData(nameof(Kinds))]
    public void Losses_are_the_CPUs(string kind)
    {
        var plain = Plan.UnfreezeAll();
        var lastStage = Plan.FreezeAll().UnfreezeLast(1);
        var (plan, options) = kind switch
        {
            "everything" => (plain, Quick),
            "last stage, features kept" => (lastStage, Quick with { Augment = false }),
            "last stage, nothing kept" => (lastStage, Quick with { FeatureCache = null }),
            "norms follow" => (lastStage.WithBatchNorm(BatchNormMode.FollowTraining), Quick),
            "adamw, norm clipped, averaged" => (plain,
                Quick with { Optimizer = Optimizer.AdamW(1e-4), ClipNorm = 0.5, Average = WeightAverage.Ema(0.9) }),
            "values clipped" => (plain, Quick with { ClipValue = 0.01 }),
            "mixed" => (plain, Quick with { Mix = Mix.OneOf(Mix.MixUp(), Mix.CutMix()) }),
            "accumulated" => (plain, Quick with { BatchSize = 8, AccumulateBatches = 2 }),
            "layer decay" => (plain, Quick with { LearningRates = LearningRates.LayerDecay() }),
            "lion" => (lastStage, Quick with { Optimizer = Optimizer.Lion(1e-5) }),
            "lamb" => (plain, Quick with { Optimizer = Optimizer.Lamb(1e-4) }),
            _ => (lastStage, Quick with { Optimizer = Optimizer.RmsProp(1e-5) }),
        };
        Gpu.RequireTheCpusNumbers(device =>
        {
            using var run = plan.On(device).Train(Data, options);
            return run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss });
        }, Grown);
    }

    [SkippableTheory]
    [InlineData(Precision.BFloat16)]
    [InlineData(Precision.Float16)]
    [InlineData(Precision.Auto)]
    public void Sixteen_bits_learn_as_well(Precision precision)
    {
        var device = Gpu.Device;
        Skip.If(precision == Precision.Float16 && !Gpu.IsCuda, "Float16 needs a GPU.");
        using var run = Plan.UnfreezeAll().On(device).WithPrecision(precision)
            .Train(Data, Quick with { Epochs = 4 });
        run.History[^1].TrainLoss.Should().BeLessThan(run.History[0].TrainLoss);
        run.Best!.ValidationAccuracy.Should().BeGreaterThan(0.9);
        run.Model.Network.NamedWeights().Should().OnlyContain(found => found.Weight.Value.dtype == found.Weight.Type);
    }

    [SkippableFact]
    public void A_float16_gradient_that_overflows_costs_a_step_and_halves_the_scale()
    {
        var device = Gpu.Device.Resolve();
        using var scope = torch.NewDisposeScope();
        var scaler = new LossScaler(torch.ScalarType.Float16);
        var weight = torch.ones(3, device: device, requires_grad: true);
        scaler.Scale((weight * 1e36).sum()).backward();
        scaler.Unscale([weight]).Should().BeFalse();
        scaler.State.Should().Be((LossScaler.First / 2, 0));
        weight.grad = null;
        scaler.Scale((weight * 2).sum()).backward();
        scaler.Unscale([weight]).Should().BeTrue();
        Gpu.Values(weight.grad!).Should().Equal(2, 2, 2);
    }

    [SkippableFact]
    public void A_run_that_is_resumed_ends_as_one_that_was_not_cut_off()
    {
        var plan = Plan.UnfreezeAll().On(Gpu.Device);
        using var whole = plan.Train(Data, Quick);
        using var folder = new TemporaryFolder();
        var saved = Quick with { Checkpoints = new CheckpointOptions(folder.Path) { EverySteps = 1 } };
        using var cancellation = new CancellationTokenSource();
        using (plan.Train(Data, saved, new Canceller(cancellation), cancellation.Token))
        {
        }
        using var resumed = plan.Train(Data, saved);
        resumed.History.Should().HaveCount(2);
        for (var i = 0; i < 2; i++)
            // Some of cuDNN's ways back add in no fixed order.
            resumed.History[i].TrainLoss.Should().BeApproximately(whole.History[i].TrainLoss, Grown * whole.History[i].TrainLoss);
    }

    [SkippableFact]
    public void A_model_moves_between_devices_as_a_file()
    {
        using var images = torch.randn(2, 3, 96, 96);
        using var folder = new TemporaryFolder();
        var file = Path.Join(folder.Path, "model.tkm");
        Gpu.RequireTheCpusNumbers(device =>
        {
            if (!File.Exists(file))
                using (var run = Plan.On(device).Train(Data, Quick))
                    run.Model.Save(file);
            using var model = TransferModel.Load(file, new LoadOptions { Device = device, Precision = Precision.Float32 });
            using var logits = model.Forward(images);
            return Gpu.Values(logits);
        });
    }

    [SkippableTheory]
    [InlineData(LearningTask.MultiLabel)]
    [InlineData(LearningTask.Regression)]
    public void Other_tasks_train_too(LearningTask task)
    {
        using var images = torch.randn(24, 3, 96, 96);
        var targets = task == LearningTask.MultiLabel
            ? Targets.MultiLabel([.. Enumerable.Range(0, 24).Select(i => (int[])[i % 2, 2])], 3)
            : Targets.Regression([.. Enumerable.Range(0, 24).Select(i => new[] { i % 3f, i % 2f, 1f })]);
        var data = new InMemoryDataset(images, targets, ["a", "b", "c"]);
        Gpu.RequireTheCpusNumbers(device =>
        {
            using var run = Plan.ReplaceHead(3).FreezeAll().UnfreezeLast(1).On(device).Train(data, data, Quick);
            return run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss });
        }, Grown);
    }

    private sealed class Canceller(CancellationTokenSource source) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is { Epoch: 2, Step: 1, Phase: TrainingPhase.Training })
                source.Cancel();
        }
    }
}
