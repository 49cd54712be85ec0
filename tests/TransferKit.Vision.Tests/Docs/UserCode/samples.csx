// # the README
using var run = Backbone.ResNet50(Pretrained.Default)
    .ReplaceHead(2).Unfreeze("layer4", "fc")
    .Train(ImageFolder.Open("data/flowers"));
run.Model.Save("flowers.tkm");
run.WriteReport("report.html");
using var loaded = Predictor.Load("flowers.tkm");
Console.WriteLine(loaded.Predict("unknown.jpg"));

// # samples/CrossValidation
using var result = plan.CrossValidate(data.KFold(5, options.Seed), options);
foreach (var (fold, (_, evaluation)) in result.Folds.Index())
    Console.WriteLine($"fold {fold + 1}: {evaluation.Count} pictures to measure on, {evaluation.Accuracy:P1} of them right");

// # samples/CustomBackbone
using var loaded = TransferModel.Load("shapes.tkm", new LoadOptions { CustomBackbone = plan });
Console.WriteLine(loaded.Summary());

// # samples/Explain
foreach (var file in Directory.GetFiles("photos").Order())
{
    var explanation = model.Explain(file);
    explanation.Save($"{explanation.Map.ClassName}.png");
}

// # samples/FeatureExtraction
using var live = plan.ReplaceHead(data.ClassNames.Count).Build();
var features = live.ExtractFeatures(data);
var right = features.Indices.Index().Count(row => data.Labels[features.Nearest(row.Index, count: 1)[0].Index] == data.Labels[row.Item]);

// # samples/GradualUnfreezing
using var run = plan.Train(data, new TrainingOptions
{
    Epochs = 6, Optimizer = Optimizer.AdamW(0.005), Strategy = TrainingStrategy.GradualUnfreezing(epochsPerStage: 2),
    LearningRates = LearningRates.LayerDecay(1 / 2.6),
});

// # samples/OnnxDeploy
model.ExportOnnx("flowers.onnx", new OnnxOptions { IncludePreprocessing = true, Softmax = true });
byte[] pixels = new ImagePreparation(model.Preprocessing).Pixels("a.jpg");

// # samples/WebApi
app.MapPost("/predict", async (HttpRequest request, Predictor shared, CancellationToken cancelled) =>
    (await shared.PredictAsync(request.Body, cancelled)).Top(3).Select(found => $"{found.Label}: {found.Confidence:P1}"));

// # samples/Flowers
using var run = plan.Train(data, data, options, TrainingProgress.ToConsole(), token);
foreach (var (name, values) in new[] { ("training", run.History.Select(epoch => epoch.TrainLoss)), ("validation", run.History.Select(epoch => epoch.ValidationLoss)) })
    Console.WriteLine($"{name}: {string.Join(' ', values)}");
Console.WriteLine(run.Model.Evaluate(data));
