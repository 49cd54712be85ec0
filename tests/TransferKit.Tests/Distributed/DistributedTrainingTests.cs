using TorchSharp;
using TransferKit.Tests.Backbones;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Distributed;

public sealed class DistributedTrainingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    // 43 samples leave a last batch of 3, of which a fourth rank has none.
    private readonly Dataset _train = SyntheticImages.Create(perClass: 22).Take(43), _validation = SyntheticImages.Create(7, seed: 1);

    private static TrainingOptions Options => new()
    {
        Epochs = 9,
        BatchSize = 8,
        Optimizer = Optimizer.Sgd(0.02, momentum: 0.9),
        Seed = 3,
    };

    /// <summary>In float32, also where the processor is quicker in bfloat16.</summary>
    private static TransferPlan Narrow => NarrowResNet.Plan.WithPrecision(Precision.Float32);

    /// <summary>The head and a stage of batch norms that stay as they are, dropout between.</summary>
    private static TransferPlan Frozen => Narrow.ReplaceHead(Head.Mlp(2, 32, 0.5)).FreezeAll().Unfreeze("layer4.1.conv1");

    /// <summary>With batch norms that train.</summary>
    private static TransferPlan Trained => Narrow.ReplaceHead(2).FreezeAll().UnfreezeLast(1);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(2, 9)]
    [InlineData(4, 2)]
    public void Ranks_learn_what_one_process_learns(int ranks, int epochs)
    {
        var options = Options with { Epochs = epochs };
        var alone = Train(Frozen, _train, options).Single();
        foreach (var rank in Train(Frozen, _train, options, ranks))
            rank.ShouldBe(alone, 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Four_ranks_are_where_one_process_is_after_fifty_steps(bool normsTrain)
    {
        // 5 steps an epoch.
        var options = Options with { Epochs = 10, DropLast = true, SyncBatchNorm = normsTrain };
        var plan = SpotsNetwork.Plan.UnfreezeAll();
        if (!normsTrain)
            plan = plan.Freeze("stem.bn");
        var alone = Train(plan, _train, options).Single();
        foreach (var rank in Train(plan, _train, options, ranks: 4))
            rank.ShouldBe(alone, 1e-5);
    }

    [Fact]
    public void Batch_norms_over_all_ranks_give_what_one_process_gives()
    {
        var options = Options with { SyncBatchNorm = true, DropLast = true, Epochs = 2 };
        var alone = Train(Trained, _train, options).Single();
        foreach (var rank in Train(Trained, _train, options, ranks: 2))
            rank.ShouldBe(alone, 1e-5);
        Train(Trained, _train, options with { SyncBatchNorm = false }, ranks: 2)[0].Distance(alone).Should().BeGreaterThan(1e-3,
            "each rank then normalizes by its own half");
    }

    [Fact]
    public void All_that_belongs_to_a_step_is_that_of_one_process()
    {
        var options = Options with
        {
            Epochs = 3,
            AccumulateBatches = 2,
            ClipNorm = 0.1,
            Average = WeightAverage.Ema(0.8),
            Schedule = Schedule.OneCycle(),
            Loss = Loss.CrossEntropy(labelSmoothing: 0.1, classWeights: ClassWeights.Of(1, 3)),
            Sampling = Sampling.Balanced,
            EarlyStopping = new EarlyStopping(2),
        };
        var alone = Train(Frozen, _train, options).Single();
        foreach (var rank in Train(Frozen, _train, options, ranks: 3))
            rank.ShouldBe(alone, 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Activations_that_are_computed_anew_give_the_same_bits(bool normsTogether)
    {
        var options = Options with { Epochs = 2, DropLast = true, SyncBatchNorm = normsTogether };
        var plan = Narrow.ReplaceHead(2).UnfreezeAll();
        Train(plan, _train, options with { RecomputeActivations = true }, ranks: 2)[0]
            .ShouldBe(Train(plan, _train, options, ranks: 2)[0], 0);
    }

    [Fact]
    public void As_many_ranks_give_the_same_bits_again()
    {
        var options = Options with { Epochs = 2 };
        var first = Train(Trained, _train, options, ranks: 2);
        var second = Train(Trained, _train, options, ranks: 2);
        first[0].ShouldBe(second[0], 0);
        first[0].ShouldBe(first[1], 0);
    }

    [Fact]
    public void Sums_that_are_done_late_as_on_GPUs_give_the_same_bits()
    {
        var options = Options with { Epochs = 2 };
        var log = new Log();
        // A rank has nothing of the last batch.
        Train(Frozen, _train, options with { Logger = log }, ranks: 4, sumsLate: true)[0]
            .ShouldBe(Train(Frozen, _train, options, ranks: 4)[0], 0);
        // In parts.
        options = options with { RecomputeActivations = true, DropLast = true };
        var plan = Narrow.ReplaceHead(2).UnfreezeAll();
        Train(plan, _train, options, ranks: 2, sumsLate: true)[0].ShouldBe(Train(plan, _train, options, ranks: 2)[0], 0);
        log.Lines.Should().Contain(line => line.Contains("Gradients are summed by: threads.", StringComparison.Ordinal));
    }

    [Fact]
    public void That_GPUs_do_not_sum_is_said_by_the_first_rank()
    {
        var log = new Log();
        Train(Frozen, _train, Options with { Epochs = 1, Logger = log }, ranks: 2, obstacle: "Rank 1 has none");
        log.Lines.Should().ContainSingle(line => line.Contains(
            "Gradients are summed through the host's memory, and not between GPUs: Rank 1 has none.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    [InlineData(3)]
    public void A_run_that_was_ended_goes_on_with_any_number_of_ranks(int later)
    {
        var options = Options with { Epochs = 3, Checkpoints = new CheckpointOptions(_folder) { EverySteps = 1 } };
        var whole = Train(Frozen, _train, options with { Checkpoints = null }).Single();
        using var stop = new CancellationTokenSource();

        var ended = ThreadGroup.Run(2, group =>
        {
            using var run = Frozen.Train(_train, _validation, options with { Distributed = group },
                new Progress(progress => { if (progress is { Epoch: 2, Step: 3 }) stop.Cancel(); }), group.Rank == 0 ? stop.Token : default);
            return run.StopReason;
        });

        ended.Should().Equal(StopReason.Cancelled, StopReason.Cancelled);
        foreach (var rank in Train(Frozen, _train, options, later))
            rank.ShouldBe(whole, 1e-5);
    }

    [Fact]
    public void The_first_rank_alone_is_watched_and_saves()
    {
        var observers = new[] { new CountingObserver(), new CountingObserver() };
        ThreadGroup.Run(2, group =>
        {
            using var run = Frozen.Train(_train, _validation,
                Options with { Epochs = 1, Distributed = group, Observers = [observers[group.Rank]] });
            return 0;
        });
        observers.Select(observer => observer.Epochs).Should().Equal(1, 0);
    }

    [Fact]
    public void A_rank_with_other_options_or_data_is_named()
    {
        Fail(group => Options with { Distributed = group, Optimizer = Optimizer.Sgd(group.Rank == 1 ? 0.2 : 0.1) }, _ => _train)
            .Should().AllSatisfy(error => error.Should().BeOfType<DistributedException>().Which.Message.Should()
                .Be("Rank 1 of 2 is about to make another run: Optimizer.LearningRate is '0.2', on rank 0 it is '0.1'. "
                    + "All ranks need the same program, options and data."));
        Fail(group => Options with { Distributed = group }, group => SyntheticImages.Create(22, seed: group.Rank))
            .Should().AllSatisfy(error => error!.Message.Should().StartWith("Rank 1 of 2 is about to make another run: The training pictures"));
    }

    [Fact]
    public void A_sample_that_one_rank_cannot_read_ends_all_and_one_that_none_can_is_left_out()
    {
        Fail(group => Options with { Distributed = group },
                group => group.Rank == 1 ? new SkippingImages(_train, 5) : new SkippingImages(_train))
            .Should().AllSatisfy(error => error.Should().BeOfType<DistributedException>().Which.Message.Should().Be(
                "Rank 1 of 2 can't read the sample 5, which Rank 0 of 2 can: the dataset left it out. All ranks need the same files."));

        // The dropped units depend on how many samples there are.
        var plan = Narrow.ReplaceHead(2).FreezeAll().Unfreeze("layer4.1.conv1");
        var options = Options with { Epochs = 2 };
        var damaged = new SkippingImages(_train, 5, 6, 7, 8);
        var alone = Train(plan, damaged, options).Single();
        foreach (var rank in Train(plan, damaged, options, ranks: 3))
        {
            rank.ShouldBe(alone, 1e-5);
            rank.Skipped.Should().BeEquivalentTo([5, 6, 7, 8]);
        }
    }

    [Fact]
    public void A_rank_that_fails_or_leaves_ends_the_others()
    {
        var errors = ThreadGroup.Try(3, group =>
        {
            using var run = Frozen.Train(_train, _validation, Options with { Distributed = group }, new Progress(progress =>
            {
                if (progress.Step == 3)
                    throw new IOException("the disk is gone.");
            }));
            return 0;
        }).Select(outcome => outcome.Error).ToList();
        errors[0].Should().BeOfType<IOException>();
        errors.Skip(1).Should().AllSatisfy(error => error.Should().BeOfType<DistributedException>()
            .Which.Message.Should().Be("Rank 0 of 3 has failed: the disk is gone."));

        ThreadGroup.Try(2, group =>
        {
            if (group.Rank == 1)
                return 0;
            using var run = Frozen.Train(_train, _validation, Options with { Distributed = group });
            return 0;
        })[0].Error.Should().BeOfType<DistributedException>()
            .Which.Message.Should().Be("Rank 1 of 2 has failed: it has ended, while others had not.");
    }

    [Fact]
    public void What_cannot_be_divided_is_said_before_it_costs_time()
    {
        Fail(group => Options with { Distributed = group, BatchSize = 1 }, _ => _train)[0]!.Message.Should()
            .Contain("BatchSize is 1, but must be at least 2, one for each rank.");
        Fail(group => Options with { Distributed = group, BatchSize = 2, DropLast = true }, _ => _train, Trained)[0]!.Message.Should()
            .Contain("BatchSize is 2, 1 for each of 2 ranks, and the batch norm ").And.Contain("or set SyncBatchNorm");
        Fail(group => Options with { Distributed = group, SyncBatchNorm = true, BatchSize = 6 }, _ => _train, Trained)[0]!.Message.Should()
            .Contain("The last batch of an epoch has 1 samples for 2 ranks, and SyncBatchNorm needs one of each");
    }

    private Exception?[] Fail(Func<ProcessGroup, TrainingOptions> options, Func<ProcessGroup, Dataset> data, TransferPlan? plan = null) =>
    [
        .. ThreadGroup.Try(2, group =>
        {
            using var run = (plan ?? Frozen).Train(data(group), _validation, options(group));
            return 0;
        }).Select(outcome => outcome.Error),
    ];

    private Learned[] Train(TransferPlan plan, Dataset train, TrainingOptions options, int ranks = 1,
        bool sumsLate = false, string? obstacle = null) => ThreadGroup.Run(ranks, group =>
        {
            using var run = plan.Train(train, _validation, options with { Distributed = group });
            return Learned.Of(run);
        }, sumsLate, obstacle);

    /// <summary>What comes out of a training.</summary>
    private sealed record Learned(Dictionary<string, float[]> Weights, double[] Losses, int[] Skipped)
    {
        public static Learned Of(TrainingResult run) => new(
            run.Model.Network.NamedWeights().Where(found => found.Weight.Value.is_floating_point())
                .ToDictionary(found => found.Name, found => found.Weight.Value.detach().contiguous().data<float>().ToArray()),
            [.. run.History.SelectMany(epoch => new[] { epoch.TrainLoss, epoch.ValidationLoss, epoch.TrainAccuracy, epoch.ValidationAccuracy })],
            [.. run.Skipped.Select(sample => sample.Index)]);

        /// <summary>The largest difference, relative to the largest number of its kind.</summary>
        public double Distance(Learned other) => Weights.Select(own => Between(own.Value, other.Weights[own.Key]))
            .Append(Between(Losses, other.Losses)).Max();

        public void ShouldBe(Learned other, double tolerance)
        {
            Losses.Length.Should().Be(other.Losses.Length);
            Distance(other).Should().BeLessThanOrEqualTo(tolerance);
        }

        private static double Between<T>(IReadOnlyList<T> a, IReadOnlyList<T> b)
            where T : IConvertible =>
            a.Zip(b).Max(pair => Math.Abs(pair.First.ToDouble(null) - pair.Second.ToDouble(null)))
            / Math.Max(b.Max(value => Math.Abs(value.ToDouble(null))), 1e-12);
    }

    private sealed class Progress(Action<TrainingProgress> told) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => told(value);
    }

    private sealed class CountingObserver : ITrainingObserver
    {
        public int Epochs { get; private set; }

        public void EpochFinished(EpochResult epoch) => Epochs++;
    }
}
