using TorchSharp;
using static TransferKit.Layers;

namespace TransferKit.Tests.Training;

public sealed class RecomputedActivationsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    // A third batch of two, whose last maps of one pixel are too small for batch norms.
    private readonly Dataset _data = SyntheticImages.Create(perClass: 9), _validation = SyntheticImages.Create(3, seed: 1);

    private static TrainingOptions Options => new() { Epochs = 2, BatchSize = 8, Optimizer = Optimizer.Sgd(0.02, momentum: 0.9) };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Batch norms, dropout in the head and within blocks, attention, maps that are joined, 16 bits.</summary>
    public static TheoryData<string, Precision> Networks => new()
    {
        { "resnet18", Precision.Float32 }, { "mobilenet_v2", Precision.Float32 }, { "mobilenet_v2", Precision.BFloat16 },
        { "efficientnet_b0", Precision.Float32 }, { "densenet121", Precision.Float32 }, { "vit_tiny_patch16_224", Precision.Float32 },
    };

    [Theory]
    [MemberData(nameof(Networks))]
    public void Losses_and_weights_are_the_same_to_the_bit(string name, Precision precision)
    {
        var plan = Backbone.Create(name, name.StartsWith("vit", StringComparison.Ordinal) ? Zoo.Timm : Zoo.TorchVision)
            .WithImageSize(32).ReplaceHead(Head.Dropout(2)).UnfreezeAll().WithPrecision(precision).On(ComputeDevice.Cpu);
        var kept = Train(plan, Options);
        var recomputed = Train(plan, Options with { RecomputeActivations = true });
        recomputed.Losses.Should().Equal(kept.Losses);
        foreach (var (weight, values) in kept.Weights)
            recomputed.Weights[weight].Should().Equal(values, weight);
    }

    [Fact]
    public void Blocks_but_the_last_run_once_more_in_a_step()
    {
        int[] Runs(bool recomputes)
        {
            var runs = new int[3];
            var plan = Backbone.Custom("counting", () => new(
                [("stem", Chain(("conv", Conv(3, 4, new Kernel2d(3, 4))), ("count", new Counting(() => runs[0]++)))), Block(1), Block(2)],
                output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(4))])).ReplaceHead(2).UnfreezeAll();
            // One step.
            using var run = plan.WithImageSize(32).Train(_data, _validation,
                Options with { Epochs = 1, BatchSize = _data.Count, RecomputeActivations = recomputes });
            return runs;

            Child Block(int number) => ($"block{number}", Residual(("main",
                Chain(("conv", Conv(4, 4, 3)), ("bn", BatchNorm(4)), ("count", new Counting(() => runs[number]++))))));
        }

        var plain = Runs(recomputes: false);
        Runs(recomputes: true).Should().Equal(plain[0] + 1, plain[1] + 1, plain[2]);
    }

    [Fact]
    public void A_run_may_go_on_with_another_choice()
    {
        var plan = NarrowResNet.Plan.ReplaceHead(2).UnfreezeAll().WithPrecision(Precision.Float32);
        var whole = Train(plan, Options);
        var options = Options with { Checkpoints = new CheckpointOptions(_folder) { EverySteps = 1 } };
        using (var stop = new CancellationTokenSource())
        using (plan.Train(_data, _validation, options, new Cancelling(stop), stop.Token))
            stop.IsCancellationRequested.Should().BeTrue();
        var resumed = Train(plan, options with { RecomputeActivations = true });
        resumed.Losses.Should().Equal(whole.Losses);
        foreach (var (weight, values) in whole.Weights)
            resumed.Weights[weight].Should().Equal(values, weight);
    }

    [Theory]
    [InlineData("resnet18", Zoo.TorchVision, "0 4 5 6 7 8 9 10 11")]
    [InlineData("vgg11", Zoo.TorchVision, "0 3 6 8 11 13 16 18 23")]
    [InlineData("vit_tiny_patch16_224", Zoo.Timm, "0 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27")]
    public void Parts_begin_with_blocks_or_stages(string name, Zoo zoo, string starts)
    {
        using var model = Backbone.Create(name, zoo).ReplaceHead(2).Build();
        string.Join(' ', model.Network.BlockStarts()).Should().Be(starts);
    }

    [Fact]
    public void A_module_of_ones_own_runs_once()
    {
        var plan = Backbone.Custom("own", () => new(
            [("stem", Conv(3, 4, new Kernel2d(3, 4))), ("own", Module(torch.nn.BatchNorm2d(4), new Shape(4, 8, 8))),
                ("conv", Conv(4, 4, 3)), ("last", Conv(4, 4, 3))],
            output => [GlobalAveragePool, Flatten(), ("fc", output.Vector(4))])).ReplaceHead(2).UnfreezeAll().WithImageSize(32);
        var options = Options with { RecomputeActivations = true, RestoreBest = false };
        // 18 samples make 3 steps an epoch.
        Train(plan, options).Weights["own.num_batches_tracked"].Should().Equal(6);
    }

    private (double[] Losses, Dictionary<string, double[]> Weights) Train(TransferPlan plan, TrainingOptions options)
    {
        using var run = plan.Train(_data, _validation, options);
        return ([.. run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss })],
            run.Model.Network.NamedWeights().ToDictionary(found => found.Name, found => Values(found.Weight.Value)));

        static double[] Values(torch.Tensor weight)
        {
            using var scope = torch.NewDisposeScope();
            return weight.detach().to_type(torch.ScalarType.Float64).contiguous().data<double>().ToArray();
        }
    }

    /// <summary>Hands its input on, and says that it has run.</summary>
    private sealed class Counting(Action ran) : Layer
    {
        protected internal override T Compute<T>(Operations<T> ops, T input)
        {
            if (ops is TensorOperations)
                ran();
            return input;
        }
    }

    private sealed class Cancelling(CancellationTokenSource stop) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value)
        {
            if (value is { Phase: TrainingPhase.Training, Epoch: 2, Step: 1 })
                stop.Cancel();
        }
    }
}
