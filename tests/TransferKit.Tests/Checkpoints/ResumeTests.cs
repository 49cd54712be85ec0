using TorchSharp;
using TransferKit.Tests.Training;

namespace TransferKit.Tests.Checkpoints;

[Trait("Lane", "Slow")]
public sealed class ResumeTests : IDisposable
{
    private static readonly InMemoryDataset Data = SyntheticImages.Create(perClass: 15);

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public static TheoryData<string> Kinds => ["default optimizer", "sgd", "adam and ema", "swa", "accumulation", "cached features"];

    [Fact]
    public void The_same_run_ends_in_the_same_bits_each_time()
    {
        var options = Recipe("default optimizer").Options;
        // A batch of one is left over, which makes products of a matrix and a vector: what MKL computes differently each time.
        var plan = Backbone.MobileNetV3Small().ReplaceHead(2).UnfreezeAll();
        var data = Data.Subset([.. Enumerable.Range(0, 29)]);
        options = options with { Epochs = 2, BatchSize = 4 };
        using var first = plan.Train(data, Data, options);
        for (var i = 0; i < 4; i++)
        {
            using var again = plan.Train(data, Data, options);
            RequireSame(again, first);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_run_that_was_cut_off_anywhere_ends_as_one_that_was_not(string kind)
    {
        var (plan, options) = Recipe(kind);
        using var whole = plan.Train(Data, options);
        var steps = 3 * 3;
        for (var cut = 1; cut < steps; cut += 3)
        {
            var saved = options with { Checkpoints = Every(folder: $"{kind} {cut}") };
            // Killed without warning: an exception out of the middle of the loop leaves nothing but the files.
            var killed = () => plan.Train(Data, saved, new Killer(cut));
            killed.Should().Throw<NotFiniteNumberException>();
            using var resumed = plan.Train(Data, saved);
            RequireSame(resumed, whole);
        }
    }

    [Fact]
    public void Cancelling_saves_where_the_run_stands()
    {
        var (plan, options) = Recipe("sgd");
        using var whole = plan.Train(Data, options);
        var saved = options with { Checkpoints = new CheckpointOptions(_folder) };
        using var cancellation = new CancellationTokenSource();
        using (var cancelled = plan.Train(Data, saved, new Killer(4, cancellation.Cancel), cancellation.Token))
            cancelled.StopReason.Should().Be(StopReason.Cancelled);
        Directory.GetFiles(_folder).Select(Path.GetFileName).Should().Contain("epoch-0002-step-000001.checkpoint");
        using var resumed = plan.Train(Data, saved);
        RequireSame(resumed, whole);
    }

    [Fact]
    public void Cancelled_while_it_validates_it_goes_on()
    {
        var (plan, options) = Recipe("sgd");
        options = options with { BatchSize = 7 };
        using var whole = plan.Train(Data, options);
        var saved = options with { Checkpoints = new CheckpointOptions(_folder) };
        using var cancellation = new CancellationTokenSource();
        var canceller = new Killer(1, cancellation.Cancel, TrainingPhase.Validation);
        using (var cancelled = plan.Train(Data, saved, canceller, cancellation.Token))
            cancelled.StopReason.Should().Be(StopReason.Cancelled);
        using var resumed = plan.Train(Data, saved);
        RequireSame(resumed, whole);
    }

    [Fact]
    public void A_run_that_begins_anew_moves_the_checkpoints_of_the_one_before()
    {
        var (plan, options) = Recipe("sgd");
        var saved = options with { Checkpoints = new CheckpointOptions(_folder) { KeepBest = 0 } };
        plan.Train(Data, saved).Dispose();
        File.WriteAllText(Path.Join(_folder, ".epoch-0009-step-000000.checkpoint.1.tmp"), "half a file");
        var anew = saved with { Epochs = 1, Seed = 5, Checkpoints = saved.Checkpoints! with { Resume = false } };
        using var first = plan.Train(Data, anew);
        Directory.GetFiles(_folder).Select(Path.GetFileName).Should().Equal("epoch-0002-step-000000.checkpoint");
        Directory.GetFiles(Directory.GetDirectories(_folder, "before-*").Single()).Should().HaveCount(2);
        using var again = plan.Train(Data, anew with { Checkpoints = saved.Checkpoints });
        RequireSame(again, first);
    }

    [Fact]
    public void A_finished_run_is_not_made_again()
    {
        var (plan, options) = Recipe("sgd");
        var saved = options with { Checkpoints = Every("finished") };
        using var first = plan.Train(Data, saved);
        var reports = new Killer(1);
        using var second = plan.Train(Data, saved, reports);
        RequireSame(second, first);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.999)]
    public void A_damaged_checkpoint_falls_back_to_the_one_before_with_a_warning(double place)
    {
        var (plan, options) = Recipe("sgd");
        using var whole = plan.Train(Data, options);
        var log = new Log();
        var saved = options with { Checkpoints = Every("damaged"), Logger = log };
        var killed = () => plan.Train(Data, saved, new Killer(6));
        killed.Should().Throw<NotFiniteNumberException>();
        var newest = Directory.GetFiles(Path.Join(_folder, "damaged")).Order().Last();
        var bytes = File.ReadAllBytes(newest);
        bytes[(int)(place * bytes.Length)] ^= 0xFF;
        File.WriteAllBytes(newest, bytes);
        using var resumed = plan.Train(Data, saved);
        log.Lines.Should().Contain(line => line.Contains("A checkpoint is left out") && line.Contains(newest));
        RequireSame(resumed, whole);
    }

    [Fact]
    public void Going_on_with_another_number_of_threads_is_said()
    {
        var (plan, options) = Recipe("sgd");
        var log = new Log();
        var saved = options with { Epochs = 1, Checkpoints = new CheckpointOptions(_folder), Logger = log };
        var threads = TorchRuntime.Threads;
        plan.Train(Data, saved).Dispose();
        plan.Train(Data, saved with { Epochs = 2 }).Dispose();
        log.Lines.Should().NotContain(line => line.Contains("threads"));
        try
        {
            TorchRuntime.Threads = threads + 1;
            plan.Train(Data, saved with { Epochs = 3 }).Dispose();
        }
        finally
        {
            TorchRuntime.Threads = threads;
        }
        log.Lines.Should().ContainSingle(line => line.Contains($"The number of threads: '{threads}' then, '{threads + 1}' now"));
    }

    [Fact]
    public void Only_the_newest_and_the_best_are_kept()
    {
        var (plan, options) = Recipe("sgd");
        var checkpoints = new CheckpointOptions(_folder) { KeepLast = 2, KeepBest = 1 };
        using var run = plan.Train(Data, options with { Epochs = 5, Checkpoints = checkpoints });
        Directory.GetFiles(_folder).Select(Path.GetFileName).Should().BeEquivalentTo(new[] { run.Best!.Epoch + 1, 5, 6 }.Distinct()
            .Select(epoch => $"epoch-{epoch:0000}-step-000000.checkpoint"));
    }

    [Fact]
    public void Checkpoints_of_another_run_are_refused_with_the_difference()
    {
        var (plan, options) = Recipe("sgd");
        var saved = options with { Epochs = 1, Checkpoints = new CheckpointOptions(_folder) };
        plan.Train(Data, saved).Dispose();
        var other = () => plan.Train(Data, saved with { BatchSize = 4 });
        other.Should().Throw<CheckpointException>().WithMessage("*it belongs to another run: BatchSize is '4', there it is '8'. Choose another folder, "
            + "delete this one, or set Resume to false.");
        plan.Train(Data, saved with { BatchSize = 4, Checkpoints = new CheckpointOptions(_folder) { Resume = false } }).Dispose();
    }

    [Fact]
    public void More_epochs_go_on_from_the_last()
    {
        var (plan, options) = Recipe("sgd");
        using var whole = plan.Train(Data, options);
        var checkpoints = new CheckpointOptions(_folder);
        plan.Train(Data, options with { Epochs = 1, Checkpoints = checkpoints }).Dispose();
        using var more = plan.Train(Data, options with { Checkpoints = checkpoints });
        RequireSame(more, whole);
    }

    [Fact]
    public void A_run_goes_on_where_the_same_is_computed_however_it_was_wished_for()
    {
        var options = Recipe("sgd").Options;
        // Computes in float32 by itself, wherever.
        var plan = Backbone.MobileNetV3Small().ReplaceHead(2);
        using var whole = plan.Train(Data, options);
        var checkpoints = new CheckpointOptions(_folder);
        using (var first = plan.Train(Data, options with { Epochs = 1, Checkpoints = checkpoints }))
            Enum.TryParse($"{first.Model.Live.ComputeType}", out Precision same).Should().BeTrue();
        var named = plan.WithPrecision(Precision.Float32).On(whole.Model.Live.Device.type == DeviceType.CUDA
            ? ComputeDevice.Cuda(0) : ComputeDevice.Cpu);
        using var more = named.Train(Data, options with { Checkpoints = checkpoints });
        RequireSame(more, whole);
        var other = () => plan.WithPrecision(Precision.BFloat16).Train(Data, options with { Epochs = 4, Checkpoints = checkpoints });
        other.Should().Throw<CheckpointException>().WithMessage("*Computes in is 'BFloat16', there it is 'Float32'. "
            + "To compute as there, set WithPrecision(Precision.Float32). *");
    }

    [Fact]
    public void More_epochs_of_a_schedule_over_all_epochs_are_warned_of()
    {
        var (plan, options) = Recipe("sgd");
        var log = new Log();
        options = options with { Schedule = Schedule.OneCycle(), Checkpoints = new CheckpointOptions(_folder), Logger = log };
        plan.Train(Data, options).Dispose();
        plan.Train(Data, options with { Epochs = 4 }).Dispose();
        var rates = (Last: options.Schedule.Rate(0.001, new(8, 9, 3)), Next: options.Schedule.Rate(0.001, new(9, 12, 3)));
        log.Lines.Should().ContainSingle(line => line.StartsWith($"The schedule '{Schedule.OneCycle()}' was made for 3 epochs and now has 4: "
            + FormattableString.Invariant($"the rate was {rates.Last} in the last step and is {rates.Next} in the next.")));
        var ofConstant = new Log();
        var constant = options with
        {
            Epochs = 1,
            Schedule = Schedule.Constant,
            Checkpoints = Every("constant"),
            Logger = ofConstant,
        };
        plan.Train(Data, constant).Dispose();
        plan.Train(Data, constant with { Epochs = 2 }).Dispose();
        ofConstant.Lines.Should().NotContain(line => line.StartsWith("The schedule"));
    }

    [Fact]
    public void Other_pictures_with_the_same_labels_are_warned_of()
    {
        var (plan, options) = Recipe("sgd");
        var log = new Log();
        options = options with { Epochs = 1, Checkpoints = new CheckpointOptions(_folder), Logger = log };
        plan.Train(Data, options).Dispose();
        plan.Train(Data, options with { Epochs = 2 }).Dispose();
        log.Lines.Should().NotContain(line => line.StartsWith("The run goes on with other circumstances"));
        plan.Train(SyntheticImages.Create(perClass: 15, seed: 1), options with { Epochs = 3 }).Dispose();
        log.Lines.Should().ContainSingle(line => line.Contains("The training pictures: '"))
            .And.ContainSingle(line => line.Contains("The validation pictures: '"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_batch_of_which_nothing_could_be_read_is_not_made_up_for(int accumulate)
    {
        var (plan, options) = Recipe("default optimizer");
        options = options with { Epochs = 2, BatchSize = 4, AccumulateBatches = accumulate, Mix = Mix.MixUp() };
        // All of the second batch of the first epoch.
        var broken = new SkippingImages(Data, Sampling.Shuffled.Order(Data.Targets, options.Seed, epoch: 1)[4..8]);
        using var whole = plan.Train(broken, Data, options);
        foreach (var cut in new[] { 1, 2, 6 })
        {
            var saved = options with { Checkpoints = Every(folder: $"{cut}") };
            var killed = () => plan.Train(broken, Data, saved, new Killer(cut));
            killed.Should().Throw<NotFiniteNumberException>();
            using var resumed = plan.Train(broken, Data, saved);
            RequireSame(resumed, whole);
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_a_clear_error()
    {
        var file = Path.Join(_folder, "file");
        File.WriteAllText(file, "");
        var (plan, options) = Recipe("sgd");
        var train = () => plan.Train(Data, options with { Checkpoints = new CheckpointOptions(Path.Join(file, "run")) });
        train.Should().Throw<CheckpointException>().WithMessage("*the checkpoint can't be written*");
    }

    private CheckpointOptions Every(string folder) => new(Path.Join(_folder, folder)) { EverySteps = 1 };

    private static (TransferPlan Plan, TrainingOptions Options) Recipe(string kind)
    {
        var plain = new TrainingOptions { Epochs = 3, BatchSize = 8, Augment = false, FeatureCache = null, RestoreBest = false };
        // With dropout, whose randomness must be taken up too.
        var plan = NarrowResNet.Plan.ReplaceHead(Head.Dropout(2, 0.2)).UnfreezeAll();
        return kind switch
        {
            "default optimizer" => (plan, plain),
            "sgd" => (plan, plain with { Optimizer = Optimizer.Sgd(), RestoreBest = true }),
            "adam and ema" => (plan, plain with
            {
                Optimizer = Optimizer.AdamW(1e-4),
                Average = WeightAverage.Ema(0.9),
                Schedule = Schedule.OneCycle(),
            }),
            "swa" => (plan, plain with { Average = WeightAverage.Swa(fromEpoch: 2) }),
            "accumulation" => (plan, plain with { BatchSize = 4, AccumulateBatches = 2, ClipNorm = 1 }),
            _ => (plan.FreezeAll().Unfreeze("layer4"), plain with { FeatureCache = new() }),
        };
    }

    private static void RequireSame(TrainingResult actual, TrainingResult expected)
    {
        actual.History.Select(Numbers).Should().Equal(expected.History.Select(Numbers));
        actual.Model.Evaluation!.Loss.Should().Be(expected.Model.Evaluation!.Loss);
        (actual.StopReason, actual.Best?.Epoch).Should().Be((expected.StopReason, expected.Best?.Epoch));
        foreach (var (mine, theirs) in actual.Model.Network.NamedWeights().Zip(expected.Model.Network.NamedWeights()))
            mine.Weight.Value.equal(theirs.Weight.Value).all().item<bool>().Should().BeTrue($"{mine.Name} is the same bit for bit");
    }

    private static (double, double, double, double, double) Numbers(EpochResult epoch) =>
        (epoch.TrainLoss, epoch.TrainAccuracy, epoch.ValidationLoss, epoch.ValidationAccuracy, epoch.LearningRate);

    /// <summary>Ends the run at a batch, counted from the start over all epochs.</summary>
    private sealed class Killer(int batch, Action? instead = null, TrainingPhase phase = TrainingPhase.Training)
        : IProgress<TrainingProgress>
    {
        private int _seen;

        public void Report(TrainingProgress value)
        {
            if (value.Phase != phase || ++_seen != batch)
                return;
            if (instead is null)
                throw new NotFiniteNumberException("killed");
            instead();
        }
    }
}
