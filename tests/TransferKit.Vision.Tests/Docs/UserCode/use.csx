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
model.ExportOnnx("flowers.onnx", new OnnxOptions { IncludePreprocessing = OnnxPreprocessing.Whole });
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
var features = model.ExtractFeatures(data, batchSize: 16, token);
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
