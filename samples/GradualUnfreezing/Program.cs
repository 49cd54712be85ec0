// Training in phases: the new head first, then the last stage, then more, each phase at a lower rate. What the backbone knows is
// not washed away by the large steps that a fresh head needs (Howard and Ruder, 2018).
//
//   dotnet run -c Release                          on pictures that it draws, with the weights of a package
//   dotnet run -c Release -- pictures/ resnet50  on pictures of your own (one folder a class), with published weights
using SkiaSharp;
using TransferKit;
using TransferKit.Vision;

// What the command line has wrong is said in a line, without a stack trace.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    if (unhandled.ExceptionObject is not (TransferKitException or ArgumentException))
        return;
    Console.Error.WriteLine($"error: {((Exception)unhandled.ExceptionObject).Message}");
    Environment.Exit(1);
};

var work = Directory.CreateTempSubdirectory("gradual-unfreezing").FullName;
var (folder, plan) = args is [var pictures, var name]
    ? (pictures, Backbone.Create(name, Pretrained.Default))
    : (DrawFruit(work), Backbone.ResNet20(Pretrained.Packaged).WithImageSize(64));
var data = ImageFolder.Open(folder);

using var run = plan.ReplaceHead(data.ClassNames.Count).Train(data, new TrainingOptions
{
    Epochs = 6, BatchSize = 12, Optimizer = Optimizer.AdamW(0.005),
    // Two epochs for the head, two with the last stage, two with the last two: model.UnfreezeLast and model.Train do it by hand.
    Strategy = TrainingStrategy.GradualUnfreezing(epochsPerStage: 2),
    LearningRates = LearningRates.LayerDecay(1 / 2.6),
});
foreach (var epoch in run.History)
    Console.WriteLine($"epoch {epoch.Epoch}: loss {epoch.TrainLoss:F3}, accuracy {epoch.ValidationAccuracy:P1}");
var (training, total) = run.Model.CountParameters();
Console.WriteLine($"In the end {training:N0} of {total:N0} parameters trained.");
run.Model.Save(Path.Join(work, "model.tkm"));
Directory.Delete(work, recursive: true);

// Fruit of three colors, so that the sample runs without pictures.
static string DrawFruit(string folder)
{
    var random = new Random(1);
    foreach (var (label, hue) in new[] { ("cherry", 0), ("lime", 120), ("plum", 260) })
        for (var i = 0; i < 20; i++)
        {
            using var bitmap = new SKBitmap(96, 80);
            using var canvas = new SKCanvas(bitmap);
            var color = SKColor.FromHsv((hue + random.Next(-12, 12) + 360) % 360, 85, random.Next(70, 95));
            using var paint = new SKPaint { Color = color };
            canvas.Clear(new SKColor(235, 230, 220));
            canvas.DrawCircle(random.Next(34, 62), random.Next(32, 48), random.Next(18, 30), paint);
            Directory.CreateDirectory(Path.Join(folder, label));
            using var file = File.Create(Path.Join(folder, label, $"{label}{i}.png"));
            bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
        }
    return folder;
}
