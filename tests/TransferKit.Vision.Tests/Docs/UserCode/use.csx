// # prediction of everything
using var loaded = Predictor.Load("flowers.tkm");
var bytes = File.ReadAllBytes("a.jpg");
using var stream = File.OpenRead("a.jpg");
Prediction[] predictions =
[
    loaded.Predict("a.jpg"), loaded.Predict(stream), loaded.Predict(bytes), loaded.Predict(ImageSource.FromFile("a.jpg")),
    await loaded.PredictAsync(stream, token), loaded.PredictPixels(new byte[12], width: 2, height: 2),
];

// # what a prediction says
var prediction = predictor.Predict("a.jpg");
Console.WriteLine($"{prediction.Label} ({prediction.Confidence:P1}) {prediction.IsKnown} {prediction.Labels.Count} {prediction.Values.Count}");
foreach (var (label, confidence) in prediction.Top(3))
    Console.WriteLine($"{label}: {confidence:P1}, {prediction.Probabilities.Max()}, {prediction.Logits.Count}");

// # every option of a predictor
using var careful = Predictor.Load("flowers.tkm", new PredictorOptions
{
    Device = ComputeDevice.Cpu, Precision = Precision.Auto, CustomHead = null, CustomBackbone = null, Threshold = 0.8, UnknownLabel = "none",
    TestTimeAugmentation = TestTimeAugmentation.Flip, Images = new ImageOptions(), BatchSize = 8, QueueLimit = 100,
});

// # a predictor without libtorch, and every option of it
using var exported = OnnxPredictor.Load("flowers.onnx");
using var foreign = OnnxPredictor.Load("resnet50.onnx", new OnnxPredictorOptions
{
    ClassNames = ["cat", "dog"], Preprocessing = Preprocessing.ImageNet, Task = LearningTask.Classification, Output = "scores", GivesProbabilities = false,
    ExecutionProviders = ["CUDA"], Threads = 1, ConfigureSession = session => session.EnableProfiling = false,
    Threshold = 0.8, UnknownLabel = "none", TestTimeAugmentation = TestTimeAugmentation.Flip, Images = new ImageOptions(), BatchSize = 8, QueueLimit = 100,
});

// # many pictures
foreach (var result in predictor.PredictMany(Directory.EnumerateFiles("photos")))
    Console.WriteLine(result.IsSuccess ? $"{result.Image}: {result.Prediction!.Label}" : result.Error!.Message);
foreach (var result in predictor.PredictMany([ImageSource.FromFile("a.jpg")]))
    Console.WriteLine(result);
await foreach (var result in predictor.PredictManyAsync(Directory.EnumerateFiles("photos")).WithCancellation(token))
    Console.WriteLine(result);
await foreach (var result in predictor.PredictManyAsync(new[] { ImageSource.FromFile("a.jpg") }.ToAsyncEnumerable(), token))
    Console.WriteLine(result);

// # a busy predictor
try
{
    predictor.Predict("a.jpg");
}
catch (PredictorBusyException)
{
    Console.WriteLine("later");
}
catch (Exception error) when (error is PredictionException or ModelFileException or ImageException)
{
    Console.WriteLine(error.Message);
}

// # saving, loading, exporting
model.Save("flowers.tkm");
model.ExportOnnx("flowers.onnx");
model.ExportOnnx("flowers.onnx", new OnnxOptions { ImageSize = 224, Threshold = 0.8, Softmax = true, IncludePreprocessing = true, FoldBatchNorm = true, Weights = OnnxWeights.Half });
var report8 = model.ExportOnnx("flowers.int8.onnx", new OnnxOptions { Weights = OnnxWeights.Int8, Calibration = data, CalibrationMethod = CalibrationMethod.Entropy, MaximumLoss = 0.01 }, token);
Console.WriteLine($"{report8} {report8!.Float32Accuracy} {report8.Int8Accuracy} {report8.Loss} {report8.Int8Bytes} {report8.Layers.Count(layer => layer.Precision == LayerPrecision.Int8)}");
model.ExportOnnx("flowers.onnx", new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole });
var speed = OnnxSpeed.Compare("flowers.onnx", "flowers.int8.onnx", batchSize: 16, new OnnxPredictorOptions { Threads = 1 });
Console.WriteLine($"{speed} {speed.Factor} {speed.FirstMilliseconds} {speed.SecondMilliseconds} {speed.BatchSize}");
model.ExportSafeTensors("flowers.safetensors");
model.ExportStateDict("flowers.pth");
using var loaded = TransferModel.Load("flowers.tkm");
using var onCpu = TransferModel.Load("flowers.tkm", ComputeDevice.Cpu);

// # evaluation
var result = model.Evaluate(data, new EvaluationOptions { BatchSize = 64, TestTimeAugmentation = TestTimeAugmentation.Flip }, token);
Console.WriteLine($"{result.Accuracy:P1} ± {result.AccuracyInterval}, {result.Loss}, {result.BalancedAccuracy}, {result.CohensKappa}, {result.LogLoss}, {result.RocAuc}");
Console.WriteLine($"{result.TopAccuracy(5)} {result.Average(Averaging.Macro).F1} {result.AveragePrecision} {result.CalibrationError} {result.R2} {result.MeanAbsoluteError}");
foreach (var one in result.Classes)
    Console.WriteLine($"{one.Name} {one.Precision} {one.Recall} {one.F1} {one.Support}");
foreach (var pair in result.MostConfused())
    Console.WriteLine(pair);

// # the hardest samples and curves
var result = model.Evaluate(data);
foreach (var worst in result.TopLosses(5))
    Console.WriteLine($"{data.Sources[worst.Index]} {worst.Loss} {worst.Expected} {worst.Predicted}");
foreach (var point in result.RocCurve(0))
    Console.WriteLine($"{point.FalsePositiveRate} {point.TruePositiveRate}");
foreach (var point in result.PrecisionRecallCurve(0))
    Console.WriteLine($"{point.Recall} {point.Precision}");
foreach (var bin in result.Reliability(10))
    Console.WriteLine($"{bin.Lower} {bin.Upper} {bin.Confidence} {bin.Accuracy}");

// # calibration
var calibration = model.Calibrate(data, cancellationToken: token);
Console.WriteLine($"{calibration.Temperature}: {calibration.Before.CalibrationError} → {calibration.After.CalibrationError} {model.Temperature}");

// # explanations
model.Explain("a.jpg").Save("why.png");
var explanation = model.Explain(ImageSource.FromFile("a.jpg"), ExplanationMethod.Occlusion(size: 32), className: "daisy");
var (y, x) = explanation.Map.Peak;
Console.WriteLine($"{explanation.Map.ClassName} at ({x}, {y})");
ExplanationMethod[] methods =
    [ExplanationMethod.GradCam, ExplanationMethod.GradCamPlusPlus, ExplanationMethod.Occlusion(), ExplanationMethod.AttentionRollout];

// # features
using var image = TorchSharp.torch.zeros(1, 3, 224, 224);
using var logits = model.Forward(image);
using var vector = model.ExtractFeatures(image);
var features = model.ExtractFeatures(data, batchSize: 16, cancellationToken: token);
foreach (var neighbor in features.Nearest(row: 0, count: 5).Concat(features.NearestTo(features[1])))
    Console.WriteLine($"{neighbor.Index} {neighbor.Similarity}");
float[,] plane = features.PrincipalComponents();

// # neighbors that vote
var byOthers = model.EvaluateNeighbors(data, data);
var result = model.EvaluateNeighbors(data, data, new NeighborOptions { Neighbors = 10, Temperature = 0.1, BatchSize = 64 }, token);
Console.WriteLine($"{byOthers.Accuracy:P1} {result.Accuracy:P1}");

// # heat maps of tensors
using var image = TorchSharp.torch.zeros(3, 224, 224);
HeatMap map = model.Explain(image, ExplanationMethod.GradCam, className: "daisy");
Console.WriteLine($"{map.Width} {map.Height} {map[0, 0]}");

// # backbones beside each other
Console.WriteLine(string.Join('\n', BackboneComparison.Candidates));
var compared = Backbone.Compare(data, [Backbone.ResNet18(Pretrained.Default), Backbone.MobileNetV3Large(Pretrained.Default)], new ComparisonOptions
{
    Folds = 10, Seed = 1, BatchSize = 64, CacheFolder = "cache", Download = true, FineTuning = new TrainingOptions { Epochs = 1 },
}, new Progress<ProbeProgress>(now => Console.WriteLine(now)), token);
Console.WriteLine($"{compared}\n{string.Join('\n', compared.Front)}\n{string.Join('\n', compared.Failed)}");
compared.Chart().Save("accuracy over time.svg");
var best = compared.Best(maxLatency: TimeSpan.FromMilliseconds(20), maxBytes: 50 << 20);
using var run = best.Plan.Train(data);
var usual = Backbone.Compare(data);

// # a learning curve
var curve = data.EstimateLearningCurve(plan, new LearningCurveOptions { Fractions = [0.05, 0.1, 0.2, 0.4, 0.8], Folds = 5 }, cancellationToken: token);
Console.WriteLine($"{curve}\n{curve.Law} {curve.AccuracyAt(2000):P1} {curve.IntervalAt(2000)} {curve.SamplesFor(0.95)}");
curve.Chart().Save("curve.svg");
foreach (var one in curve.Classes)
    Console.WriteLine($"{one.Name} {one.Samples} {one.Recall} {one.Gain}");

// # settings
var tuned = plan.Tune(data, TimeSpan.FromMinutes(10), new TuningOptions
{
    Training = options with { Epochs = 9 }, Trials = 20, Seed = 1, Folder = "runs/tuning",
}, new Progress<ProbeProgress>(now => Console.WriteLine(now)), token);
Console.WriteLine($"{tuned}\n{tuned.Best} {tuned.Best.AccuracyInterval} {tuned.Defaults.Score} {tuned.IsWithinChance} {tuned.Score}");
foreach (var trial in tuned.Trials.Where(trial => trial.Error is null))
    Console.WriteLine($"{trial.Number} {trial.IsFinished} {trial.Epochs} {trial.Accuracy} {trial.Loss} {trial.Settings} {trial.Plan} {trial.Options}");
tuned.Chart().Save("trials.svg");
tuned.SaveCsv("trials.csv");
tuned.WriteReport("tuning.html");
Console.WriteLine(tuned.ToCSharp());
using var run = tuned.TrainBest(cancellationToken: token);
using var again = tuned.Plan.Train(data, tuned.Options);

// # all of it in one line
using var found = AutoTrain.Run(data, TimeSpan.FromMinutes(10), new AutoTrainOptions
{
    Candidates = [Backbone.ResNet18(Pretrained.Default), Backbone.MobileNetV2(Pretrained.Default)], ComparisonShare = 0.3,
    ComparedPictures = 1000, Comparison = new ComparisonOptions { Folds = 3 }, Tuning = new TuningOptions { Seed = 1 }, Folder = "autotrain",
}, new Progress<AutoTrainProgress>(now => Console.WriteLine(now)), token);
Console.WriteLine($"{found}\n{found.ModelPath} {found.ReportPath} {found.Calibration} {found.LeftOut.Count} {found.Inspection} {found.Comparison} {found.Tuning}");
foreach (var decision in found.Decisions)
    Console.WriteLine($"{decision.What}: {decision.Why}");
Console.WriteLine($"{found.ToCSharp()} {found.Run.Best} {found.Model.Temperature}");
found.WriteReport("report.html", new ReportOptions { Title = "Flowers" });

// # labels that are wrong
var doubtful = data.FindLabelErrors(plan, new LabelErrorOptions { Neighbors = 5, Training = options }, cancellationToken: token);
doubtful.WriteReport("labels.html", pictures: 50);
doubtful.SaveCsv("labels.csv");
ImageDataset cleaned = data.Without(doubtful.Indices), mended = data.Relabel(doubtful.Suggestions);
foreach (var error in doubtful.Errors)
    Console.WriteLine($"{error.Name} {error.Label} {error.Suggested} {error.Margin}");
foreach (var pair in doubtful.Conflicts)
    Console.WriteLine($"{pair.FirstName} {pair.SecondName} {pair.Distance}");
foreach (var odd in doubtful.Outliers)
    Console.WriteLine($"{odd.Name} {odd.Distance} {doubtful.Evaluation.Accuracy}");

// # pictures that are worth labeling
var pool = ImageFolder.OpenUnlabeled("new pictures");
var next = data.SelectForLabeling(pool, 50, plan, new LabelingOptions
{
    Strategy = LabelingStrategy.Margin, Seed = 1, BatchSize = 16, CacheFolder = null,
}, cancellationToken: token);
IReadOnlyList<string> copied = next.CopyTo("to label");
next.SaveCsv("to label.csv");
foreach (var one in next.Samples)
    Console.WriteLine($"{one.Index} {one.Name} {one.Suggested} {one.Probability} {one.Margin} {one.Entropy}");
var rest = pool.Without(next.Indices);
var byModel = model.SelectForLabeling(pool, 50, labeled: data, new LabelingOptions { Strategy = LabelingStrategy.Coreset });

// # a map
var map = data.Map(plan, new MapOptions { Perplexity = 20, Iterations = 500, Seed = 1, BatchSize = 16, CacheFolder = null }, cancellationToken: token);
map.WriteReport("map.html", data.FindLabelErrors(plan));
map.SaveCsv("map.csv");
using var run = plan.Train(data, options);
run.WriteReport("report.html", new ReportOptions { Map = map });
var features = model.ExtractFeatures(data);
float[,] places = features.TSne(perplexity: 20, iterations: 500, token);
Console.WriteLine($"{map} {features.Trustworthiness(places, neighbors: 10)}");

// # MLflow
var log = new MlflowLog("flowers", "runs/mlflow.jsonl")
{
    TrackingUri = new Uri("https://mlflow.example.org"), Authorization = new("Bearer", "token"), RunName = "resnet",
};
using (var run = plan.Train(data, options with { Observers = [log] }))
    run.Model.Save("model.tkm");
log.LogArtifact("model.tkm", "models");
log.Flush();
Console.WriteLine(log.RunId);
