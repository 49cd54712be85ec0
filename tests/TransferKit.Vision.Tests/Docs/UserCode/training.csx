// # no options at all
using var plain = plan.Train(data);
using var given = plan.Train(data, null);
using var both = plan.Train(data, data, null, null, default);
using var further = model.Train(data, null);
using var halves = model.Train(data, data);

// # a split made before
var (train, validation) = data.Split(0.8, seed: 1);
using var run = plan.Train(train, validation, new TrainingOptions { Epochs = 3 }, cancellationToken: token);
Console.WriteLine($"{run.Best?.ValidationAccuracy:P1} after {run.History.Count} epochs: {run.StopReason}");

// # every option
using var run = plan.Train(data, new TrainingOptions
{
    Epochs = 3, BatchSize = 16, Optimizer = Optimizer.AdamW(1e-3, weightDecay: 0.05), Schedule = Schedule.Cosine().WithWarmUp(WarmUp.Epochs(1)),
    LearningRates = LearningRates.LayerDecay(0.8), Loss = Loss.CrossEntropy(labelSmoothing: 0.1), ClipNorm = 1, ClipValue = 5,
    AccumulateBatches = 2, RecomputeActivations = true, Average = WeightAverage.Ema(), Sampling = Sampling.Balanced, DropLast = true, Mix = Mix.OneOf(Mix.MixUp(), Mix.CutMix()),
    Monitor = Score.MacroF1, EarlyStopping = new EarlyStopping(Patience: 3), Checkpoints = new CheckpointOptions("runs/1"),
    ValidationFraction = 0.1, Strategy = TrainingStrategy.SinglePhase, Augment = false, FeatureCache = null, CachedViews = 4, RestoreBest = false,
    Seed = 7, Workers = 4, Logger = Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance,
    Observers = [new HistoryFile("history.csv"), new TensorBoardLog("logs")],
});

// # optimizers
Optimizer[] optimizers =
[
    Optimizer.Sgd(0.01, momentum: 0.9, nesterov: true), Optimizer.Adam(), Optimizer.AdamW(), Optimizer.RmsProp(), Optimizer.Lion(), Optimizer.Lamb(),
    Optimizer.Sgd() with { LearningRate = 0.1, WeightDecay = 1e-4, DecayEverything = true },
];

// # schedules
Schedule[] schedules =
[
    Schedule.Constant, Schedule.Step(7), Schedule.MultiStep([3, 6]), Schedule.Exponential(0.9), Schedule.Cosine(), Schedule.CosineRestarts(2),
    Schedule.OneCycle(), Schedule.Polynomial(2), Schedule.ReduceOnPlateau(patience: 2), Schedule.Cosine().WithWarmUp(WarmUp.Fraction(0.1)),
    Schedule.Step(3).WithWarmUp(WarmUp.Steps(100), start: 0.1),
];
schedules[4].Chart(baseRate: 0.01, epochs: 10).Save("cosine.svg");

// # losses
Loss[] losses =
[
    Loss.CrossEntropy(classWeights: ClassWeights.Balanced), Loss.CrossEntropy(classWeights: ClassWeights.Of(1, 2)), Loss.Focal(), Loss.BinaryCrossEntropy(),
    Loss.MeanSquared, Loss.MeanAbsolute, Loss.Huber(), Loss.DefaultFor(LearningTask.Regression),
];

// # learning rates
LearningRates[] rates =
    [LearningRates.Uniform, LearningRates.LayerDecay(), LearningRates.Slice(1e-5, 1e-3), LearningRates.HeadMultiplier(10)];

// # strategies
TrainingStrategy[] strategies =
[
    TrainingStrategy.SinglePhase, TrainingStrategy.FineTune(rate: 1e-3, headEpochs: 2), TrainingStrategy.LinearProbe(l2: 0.1),
    TrainingStrategy.GradualUnfreezing(), TrainingStrategy.ProgressiveResizing(128, 160, 224), TrainingStrategy.LinearProbeGrid(),
    TrainingStrategy.LinearProbeGrid(0.01, 0.1),
];
using var run = model.Train(data, options with { Strategy = strategies[1] });

// # samplings, averages, scores
Sampling[] samplings = [Sampling.Shuffled, Sampling.Balanced, Sampling.Weighted([1, 2, 0.5])];
WeightAverage[] averages = [WeightAverage.Ema(0.999), WeightAverage.Swa(fromEpoch: 3)];
Score[] scores =
[
    Score.Accuracy, Score.Loss, Score.BalancedAccuracy, Score.MacroF1, Score.Of("recall of ill", higherIsBetter: true, result => result.Classes[0].Recall),
];

// # checkpoints
var saved = options with
{
    Checkpoints = new CheckpointOptions("runs/1") { EveryEpochs = 2, EverySteps = 500, KeepLast = 2, KeepBest = 1, Resume = true },
};

// # several processes
ProcessGroup world = MpiGroup.World;
var shared = options with { Distributed = world, SyncBatchNorm = true };
if (world.Rank == 0)
    Console.WriteLine($"{world.Size} processes");
var evaluation = model.Evaluate(data, new EvaluationOptions { Distributed = world });
var features = model.ExtractFeatures(data, distributed: world);
var compared = Backbone.Compare(data, options: new ComparisonOptions { Distributed = world });
var inspection = data.Inspect(distributed: world);
foreach (var result in predictor.PredictMany(Directory.EnumerateFiles("photos"), world).Concat(predictor.PredictMany(data.Sources, world)))
    Console.WriteLine(result);

// # kept features
var kept = options with
{
    FeatureCache = new FeatureCacheOptions { MemoryBytes = 1L << 30, FileBytes = 8L << 30, Folder = "cache" }, CachedViews = 2,
};

// # progress, by the library and by hand
using var shown = plan.Train(data, progress: TrainingProgress.ToConsole());
using var told = plan.Train(data, options, new Progress<TrainingProgress>(now => Console.WriteLine($"{now.Epoch}: {now.Loss:F3}, {now.Phase}")), token);

// # cross-validation
using var result = plan.CrossValidate(data.KFold(5), options, keepModels: true, cancellationToken: token);
Console.WriteLine($"{result["accuracy"].Mean:P1} ± {result["accuracy"].StandardDeviation:P1}");
foreach (var (fold, evaluation) in result.Folds)
    Console.WriteLine($"{fold.StopReason}: {evaluation.Accuracy:P1}");

// # a learning rate
var sweep = model.FindLearningRate(data, options, low: 1e-6, high: 1, steps: 50, cancellationToken: token);
sweep.Chart().Save("rates.svg");
Console.WriteLine($"{sweep.Valley} {sweep.Steepest} {sweep.MinimumOverTen}");

// # phases by hand
using var live = plan.FreezeAll().Build();
live.Train(data, options).Dispose();
live.UnfreezeLast(1).Unfreeze("layer3").Freeze("layer3.0").UnfreezeAll().FreezeAll();
live.Train(data, options with { Epochs = 2 }).Dispose();

// # training that fails
try
{
    using var run = plan.Train(data, options);
}
catch (TrainingDivergedException error)
{
    Console.WriteLine($"{error.Message}, after {error.TrainingHistory().Count} epochs");
}
catch (Exception error) when (error is TrainingMemoryException or WeightsException or DeviceException or CheckpointException or TorchRuntimeException)
{
    Console.WriteLine(error.Message);
}
catch (TransferKitException error)
{
    Console.WriteLine(error.Message);
}

// # what a run says of itself
using var run = plan.Train(data, options);
foreach (var epoch in run.History)
    Console.WriteLine($"{epoch.Epoch} {epoch.TrainLoss} {epoch.ValidationLoss} {epoch.TrainAccuracy} {epoch.LearningRate} {epoch.TrainTime}");
Console.WriteLine($"{run.FrozenLayers} {run.Phases.Count} {run.Warnings.Count} {run.ObserverErrors.Count} {run.Train.Count} {run.Validation.Count}");
foreach (var sample in run.Skipped)
    Console.WriteLine($"{sample.Index} of {sample.Data.Count}: {sample.Reason?.Message ?? "no reason"} ({sample})");
run.WriteReport("report.html", new ReportOptions { Title = "Flowers", Test = data, TopLosses = 12, CorrectPredictions = 4, TrainingSamples = 8, Method = ExplanationMethod.GradCam });

// # other classes, later
model.ReplaceHead(data.ClassNames).ReplaceHead(Head.Dropout(2)).ReplaceHead(2);
model.ClassNames = ["daisy", "tulip"];
Console.WriteLine($"{model.Plan} {model.Preprocessing} {model.Training.Count} {model.CountParameters().Total} {model.WeightsReport}");

// # watching a run by hand
using var run = plan.Train(data, options with { Observers = [new EpochPrinter()] });

// # deterministic small runs
using var first = plan.Train(data, options with { Seed = 3, Workers = 1 });
using var second = plan.Train(data, options with { Seed = 3, Workers = 1 });
Console.WriteLine(first.History[^1].TrainLoss == second.History[^1].TrainLoss);

// # options are checked at once
try
{
    new TrainingOptions { Epochs = 0, BatchSize = 0 }.Validate();
}
catch (ArgumentException error)
{
    Console.WriteLine(error.Message);
}
