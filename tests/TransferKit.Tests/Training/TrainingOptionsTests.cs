using Microsoft.Extensions.Logging.Abstractions;

namespace TransferKit.Tests.Training;

public class TrainingOptionsTests
{
    /// <summary>All that is wrong in options of one kind, and what is said of it.</summary>
    private static readonly Dictionary<string, (TrainingOptions Options, string[] Errors)> Wrong = new()
    {
        ["numbers"] = (new()
        {
            Epochs = 0, BatchSize = -1, ValidationFraction = 1, CachedViews = -1, Workers = -2, AccumulateBatches = 0, ClipNorm = 0,
            ClipValue = double.NaN,
        },
        [
            "Epochs is 0, but must be at least 1.", "BatchSize is -1, but must be at least 1.",
            "ValidationFraction is 1, but must lie between 0 and 1, both excluded.", "CachedViews is -1, but must be at least 0.",
            "Workers is -2, but must be 0 (automatic) or more.", "AccumulateBatches is 0, but must be at least 1.",
            "ClipNorm is 0, but must be above 0, or null.", "ClipValue is NaN, but must be above 0, or null.",
        ]),
        ["no validation samples"] = (new() { ValidationFraction = 0 },
            ["ValidationFraction is 0, but must lie between 0 and 1, both excluded."]),
        ["nothing"] = (new()
        {
            Optimizer = null!, Schedule = null!, LearningRates = null!, Sampling = null!, Strategy = null!, Observers = null!, Logger = null!,
        },
        [
            "Optimizer is null.", "Schedule is null.", "LearningRates is null.", "Sampling is null.", "Strategy is null.",
            "Observers is null.", "Logger is null.",
        ]),
        ["no observer"] = (new() { Observers = [null!] }, ["An observer is null."]),
        ["feature cache"] = (new() { FeatureCache = new() { MemoryBytes = -1, FileBytes = -2, Folder = "no such folder" } },
        [
            "FeatureCache.MemoryBytes is -1, but must be at least 0.", "FeatureCache.FileBytes is -2, but must be at least 0.",
            "FeatureCache.Folder 'no such folder' doesn't exist.",
        ]),
        ["checkpoints"] = (new() { Checkpoints = new("a") { EveryEpochs = 0, EverySteps = 0, KeepLast = 0, KeepBest = -1 } },
        [
            "Checkpoints.EveryEpochs is 0, but must be at least 1.", "Checkpoints.EverySteps is 0, but must be at least 1.",
            "Checkpoints.KeepLast is 0, but must be at least 1.", "Checkpoints.KeepBest is -1, but must be at least 0.",
        ]),
        ["early stopping"] = (new() { EarlyStopping = new(Patience: -1, MinimumDelta: -0.5) },
        [
            "The patience of early stopping is -1, but must be at least 0.",
            "The minimum delta of early stopping is -0.5, but must be at least 0.",
        ]),
        ["ema"] = (new() { Average = WeightAverage.Ema(1) }, ["The decay of averaged weights is 1, but must lie in [0, 1)."]),
        ["swa"] = (new() { Average = WeightAverage.Swa(0) }, ["Weights are averaged from epoch 0, but epochs count from 1."]),

        ["sgd"] = (new() { Optimizer = Optimizer.Sgd(learningRate: -1, momentum: 1, weightDecay: -1) },
        [
            "The learning rate is -1, but must be a number above 0.", "The momentum is 1, but must lie in [0, 1).",
            "The weight decay is -1, but must be at least 0.",
        ]),
        ["nesterov"] = (new() { Optimizer = Optimizer.Sgd(momentum: 0, nesterov: true) }, ["Nesterov needs a momentum above 0."]),
        ["adam"] = (new() { Optimizer = Optimizer.Adam(learningRate: 0, beta1: 1, beta2: -0.1, weightDecay: -1) },
        [
            "The learning rate is 0, but must be a number above 0.", "Beta1 is 1, but must lie in [0, 1).",
            "Beta2 is -0.1, but must lie in [0, 1).", "The weight decay is -1, but must be at least 0.",
        ]),
        ["adamw"] = (new() { Optimizer = Optimizer.AdamW(learningRate: double.NaN) },
            ["The learning rate is NaN, but must be a number above 0."]),
        ["rmsprop"] = (new()
        {
            Optimizer = Optimizer.RmsProp(learningRate: double.PositiveInfinity, alpha: 1, epsilon: 0, momentum: 1, weightDecay: -1),
        },
        [
            "The learning rate is Infinity, but must be a number above 0.", "Alpha is 1, but must lie in [0, 1).",
            "The momentum is 1, but must lie in [0, 1).", "The weight decay is -1, but must be at least 0.",
            "Epsilon is 0, but must be above 0.",
        ]),
        ["lion"] = (new() { Optimizer = Optimizer.Lion(learningRate: 0, beta1: 1, beta2: 1, weightDecay: -1) },
        [
            "The learning rate is 0, but must be a number above 0.", "Beta1 is 1, but must lie in [0, 1).",
            "Beta2 is 1, but must lie in [0, 1).", "The weight decay is -1, but must be at least 0.",
        ]),
        ["lamb"] = (new() { Optimizer = Optimizer.Lamb(learningRate: 0, beta1: 1, beta2: 1, weightDecay: -1) },
        [
            "The learning rate is 0, but must be a number above 0.", "Beta1 is 1, but must lie in [0, 1).",
            "Beta2 is 1, but must lie in [0, 1).", "The weight decay is -1, but must be at least 0.",
        ]),

        ["slice"] = (new() { LearningRates = LearningRates.Slice(0, double.NaN) },
            ["The low rate is 0, but must be a number above 0.", "The high rate is NaN, but must be a number above 0."]),
        ["layer decay"] = (new() { LearningRates = LearningRates.LayerDecay(1.5) }, ["The layer decay is 1.5, but must lie in (0, 1]."]),
        ["head"] = (new() { LearningRates = LearningRates.HeadMultiplier(0) },
            ["The head's multiple of the rate is 0, but must be a number above 0."]),

        ["step"] = (new() { Schedule = Schedule.Step(every: 0, gamma: 0) },
        [
            "The schedule's number of epochs between two drops is 0, but must be at least 1.",
            "The schedule's gamma is 0, but must lie in (0, 1].",
        ]),
        ["milestones"] = (new() { Schedule = Schedule.MultiStep([0, 3, 3], gamma: 1.5) },
        [
            "The schedule's milestone is 0, but must be at least 1 and above the one before.",
            "The schedule's milestone is 3, but must be at least 1 and above the one before.",
            "The schedule's gamma is 1.5, but must lie in (0, 1].",
        ]),
        ["exponential"] = (new() { Schedule = Schedule.Exponential(0) }, ["The schedule's gamma is 0, but must lie in (0, 1]."]),
        ["cosine"] = (new() { Schedule = Schedule.Cosine(1) }, ["The schedule's minimum is 1, but must lie in [0, 1)."]),
        ["restarts"] = (new() { Schedule = Schedule.CosineRestarts(first: 0, multiplier: 0, minimum: -0.5) },
        [
            "The schedule's first cosine is 0, but must have at least 1 epoch.", "The schedule's multiplier is 0, but must be at least 1.",
            "The schedule's minimum is -0.5, but must lie in [0, 1).",
        ]),
        ["one cycle"] = (new() { Schedule = Schedule.OneCycle(1, 0, 0, -0.5, 1) },
        [
            "The schedule's rise is 1, but must lie between 0 and 1, both excluded.", "The schedule's start is 0, but must be above 0.",
            "The schedule's end is 0, but must be above 0.", "The schedule's low momentum is -0.5, but must lie in [0, 1).",
            "The schedule's high momentum is 1, but must lie in [0, 1).",
        ]),
        ["polynomial"] = (new() { Schedule = Schedule.Polynomial(0) }, ["The schedule's power is 0, but must be above 0."]),
        ["plateau"] = (new()
        {
            Schedule = Schedule.ReduceOnPlateau(factor: 1, patience: -1, threshold: -1, cooldown: -1, minimum: 1, epsilon: -1),
        },
        [
            "The schedule's factor is 1, but must lie between 0 and 1, both excluded.",
            "The schedule's patience is -1, but must be at least 0.", "The schedule's threshold is -1, but must be at least 0.",
            "The schedule's cooldown is -1, but must be at least 0.", "The schedule's epsilon is -1, but must be at least 0.",
            "The schedule's minimum is 1, but must lie in [0, 1).",
        ]),
        ["warm-up"] = (new() { Schedule = Schedule.Cosine(1).WithWarmUp(WarmUp.Steps(0), start: 0) },
        [
            "The schedule's minimum is 1, but must lie in [0, 1).", "The warm-up is 0 steps, but must be longer than 0.",
            "The schedule's warm-up's start is 0, but must lie in (0, 1].",
        ]),
        ["warm-up in epochs"] = (new() { Schedule = Schedule.Constant.WithWarmUp(WarmUp.Epochs(double.NaN)) },
            ["The warm-up is NaN epochs, but must be longer than 0."]),
        ["warm-up of all"] = (new() { Schedule = Schedule.Constant.WithWarmUp(WarmUp.Fraction(1)) },
            ["The warm-up is 1 of the run, but must lie between 0 and 1, both excluded."]),

        ["cross-entropy"] = (new() { Loss = Loss.CrossEntropy(labelSmoothing: 1, ClassWeights.Of(1, -1)) },
            ["The label smoothing is 1, but must lie in [0, 1).", "The class weights are 1, -1, but each must be a number of at least 0."]),
        ["focal"] = (new() { Loss = Loss.Focal(gamma: -1, ClassWeights.Of(0, 0)) },
            ["The focal loss's gamma is -1, but must be at least 0.", "The class weights are 0, 0, but one must be above 0."]),
        ["binary cross-entropy"] = (new() { Loss = Loss.BinaryCrossEntropy(labelSmoothing: -0.5, ClassWeights.Of(double.NaN)) },
            ["The label smoothing is -0.5, but must lie in [0, 1).", "The class weights are NaN, but each must be a number of at least 0."]),
        ["huber"] = (new() { Loss = Loss.Huber(0) }, ["The Huber loss's delta is 0, but must be above 0."]),

        ["mixup"] = (new() { Mix = Mix.OneOf(Mix.MixUp(0), Mix.CutMix(double.NaN), null!) },
        [
            "MixUp's alpha is 0, but must be a number above 0.", "CutMix's alpha is NaN, but must be a number above 0.",
            "One of Mix.OneOf is null.",
        ]),
        ["no mix"] = (new() { Mix = Mix.OneOf() }, ["Mix.OneOf has nothing to choose from: give it one way of mixing or more."]),

        ["fine-tuning"] = (new() { Strategy = TrainingStrategy.FineTune(rate: 0, headEpochs: 0) },
        [
            "The rate of fine-tuning is 0, but must be a number above 0.",
            "The head's epochs of fine-tuning are 0, but must be at least 1.",
        ]),
        ["gradual unfreezing"] = (new() { Strategy = TrainingStrategy.GradualUnfreezing(0) },
            ["The epochs per stage of gradual unfreezing are 0, but must be at least 1."]),
        ["progressive resizing"] = (new() { Epochs = 1, Strategy = TrainingStrategy.ProgressiveResizing(64, 64) },
        [
            "Epochs is 1, but progressive resizing has 2 image sizes.",
            "The sizes of progressive resizing are 64, 64, but must grow, from 1 on.",
        ]),
        ["no sizes"] = (new() { Strategy = TrainingStrategy.ProgressiveResizing() }, ["Progressive resizing has no image sizes."]),
        ["linear probe"] = (new() { Strategy = TrainingStrategy.LinearProbe(l2: 0) },
            ["The L2 penalty of the linear probe is 0, but must be a number above 0."]),
        ["linear probes"] = (new() { Strategy = TrainingStrategy.LinearProbeGrid(0.1, -1) },
            ["A rate of the linear probes is -1, but must be a number above 0."]),
    };

    /// <summary>The least and greatest values that there are, one step from <see cref="Wrong"/>.</summary>
    private static readonly Dictionary<string, TrainingOptions> AtLimits = new()
    {
        ["numbers"] = new()
        {
            Epochs = 1, BatchSize = 1, ValidationFraction = double.Epsilon, CachedViews = 0, Workers = 0, AccumulateBatches = 1,
            ClipNorm = double.Epsilon, ClipValue = double.Epsilon, FeatureCache = new() { MemoryBytes = 0, FileBytes = 0 },
            Checkpoints = new("a") { EveryEpochs = 1, EverySteps = 1, KeepLast = 1, KeepBest = 0 },
            EarlyStopping = new(Patience: 0, MinimumDelta: 0),
        },
        ["ema"] = new() { Average = WeightAverage.Ema(0) },
        ["swa"] = new() { Average = WeightAverage.Swa(1) },
        ["sgd"] = new() { Optimizer = Optimizer.Sgd(learningRate: double.Epsilon, momentum: 0, weightDecay: 0) },
        ["nesterov"] = new() { Optimizer = Optimizer.Sgd(momentum: double.Epsilon, nesterov: true) },
        ["adam"] = new() { Optimizer = Optimizer.Adam(beta1: 0, beta2: 0, weightDecay: 0) },
        ["rmsprop"] = new() { Optimizer = Optimizer.RmsProp(alpha: 0, epsilon: double.Epsilon, momentum: 0, weightDecay: 0) },
        ["lion"] = new() { Optimizer = Optimizer.Lion(beta1: 0, beta2: 0, weightDecay: 0) },
        ["lamb"] = new() { Optimizer = Optimizer.Lamb(beta1: 0, beta2: 0, weightDecay: 0) },
        ["layer decay"] = new() { LearningRates = LearningRates.LayerDecay(1) },
        ["step"] = new() { Schedule = Schedule.Step(every: 1, gamma: 1) },
        ["milestones"] = new() { Schedule = Schedule.MultiStep([1, 2], gamma: 1) },
        ["exponential"] = new() { Schedule = Schedule.Exponential(1) },
        ["cosine"] = new() { Schedule = Schedule.Cosine(0).WithWarmUp(WarmUp.Steps(1), start: 1) },
        ["restarts"] = new() { Schedule = Schedule.CosineRestarts(first: 1, multiplier: 1, minimum: 0) },
        ["one cycle"] = new() { Schedule = Schedule.OneCycle(double.Epsilon, double.Epsilon, double.Epsilon, 0, 0) },
        ["plateau"] = new()
        {
            Schedule = Schedule.ReduceOnPlateau(
                factor: double.Epsilon, patience: 0, threshold: 0, cooldown: 0, minimum: 0, epsilon: 0),
        },
        ["warm-up"] = new() { Schedule = Schedule.Constant.WithWarmUp(WarmUp.Fraction(double.Epsilon)) },
        ["cross-entropy"] = new() { Loss = Loss.CrossEntropy(labelSmoothing: 0, ClassWeights.Of(0, double.Epsilon)) },
        ["focal"] = new() { Loss = Loss.Focal(gamma: 0) },
        ["fine-tuning"] = new() { Epochs = 2, Strategy = TrainingStrategy.FineTune(rate: double.Epsilon, headEpochs: 1) },
        ["gradual unfreezing"] = new() { Strategy = TrainingStrategy.GradualUnfreezing(1) },
        ["progressive resizing"] = new() { Epochs = 2, Strategy = TrainingStrategy.ProgressiveResizing(1, 2) },
    };

    public static TheoryData<string> Kinds => [.. Wrong.Keys];

    [Fact]
    public void Every_default_is_that_of_the_documentation()
    {
        var defaults = new TrainingOptions();
        var expected = new Dictionary<string, object?>
        {
            ["Epochs"] = 5, ["BatchSize"] = 32, ["Optimizer"] = Optimizer.AdamW(learningRate: 0.001), ["Schedule"] = Schedule.Constant,
            ["LearningRates"] = LearningRates.Uniform, ["Loss"] = null, ["ClipNorm"] = null, ["ClipValue"] = null,
            ["AccumulateBatches"] = 1, ["Average"] = null, ["Sampling"] = Sampling.Shuffled, ["DropLast"] = false, ["Mix"] = null,
            ["Monitor"] = null, ["EarlyStopping"] = null, ["Checkpoints"] = null, ["ValidationFraction"] = 0.2,
            ["Strategy"] = TrainingStrategy.SinglePhase, ["Augment"] = true,
            ["FeatureCache"] = new FeatureCacheOptions
            {
                MemoryBytes = 1_073_741_824, FileBytes = 8_589_934_592, Folder = Path.GetTempPath(),
            },
            ["CachedViews"] = 0, ["RestoreBest"] = true, ["Seed"] = 0, ["Workers"] = 0, ["Logger"] = NullLogger.Instance,
            ["Distributed"] = ProcessGroup.Alone, ["SyncBatchNorm"] = false,
            ["RecomputeActivations"] = false,
            ["Observers"] = Array.Empty<ITrainingObserver>(),
        };
        typeof(TrainingOptions).GetProperties().Select(option => option.Name).Should().BeEquivalentTo(expected.Keys);
        foreach (var option in typeof(TrainingOptions).GetProperties())
            option.GetValue(defaults).Should().Be(expected[option.Name], option.Name);
        defaults.Invoking(options => options.Validate()).Should().NotThrow();
        new CheckpointOptions("runs").Should().Be(new CheckpointOptions("runs")
        {
            EveryEpochs = 1, EverySteps = null, KeepLast = 2, KeepBest = 1, Resume = true,
        });
        new EarlyStopping().Should().Be(new EarlyStopping(Patience: 5, MinimumDelta: 0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_error_is_reported_at_once(string kind)
    {
        var (options, errors) = Wrong[kind];
        options.Invoking(wrong => wrong.Validate()).Should().Throw<ArgumentException>()
            .Which.Message.Should().Be($"The training options are wrong: {string.Join(" ", errors)}");
    }

    [Fact]
    public void Errors_of_all_kinds_are_reported_together()
    {
        var options = new TrainingOptions
        {
            Epochs = 0, Optimizer = Optimizer.Lion(0), Schedule = Schedule.Polynomial(0), LearningRates = LearningRates.LayerDecay(0),
            Strategy = TrainingStrategy.LinearProbe(0), Loss = Loss.Huber(0), Mix = Mix.MixUp(0), Average = WeightAverage.Swa(0),
            EarlyStopping = new(-1), Checkpoints = new("a") { KeepLast = 0 }, FeatureCache = new() { FileBytes = -1 }, Logger = null!,
        };
        options.Invoking(wrong => wrong.Validate()).Should().Throw<ArgumentException>()
            .Which.Message.Split(". ").Should().HaveCount(12);
    }

    public static TheoryData<string> LimitKinds => [.. AtLimits.Keys];

    [Theory]
    [MemberData(nameof(LimitKinds))]
    public void Values_at_their_limits_are_valid(string kind) =>
        AtLimits[kind].Invoking(options => options.Validate()).Should().NotThrow();
}
