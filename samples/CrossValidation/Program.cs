// How good is a recipe, and how sure is that? With few pictures one split tells little: each of five parts is measured once by a
// model that trained on the other four.
//
//   dotnet run -c Release                          on pictures that it draws, with the weights of a package
//   dotnet run -c Release -- pictures/ resnet18  on pictures of your own (one folder a class), with published weights
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

var work = Directory.CreateTempSubdirectory("cross-validation").FullName;
var (folder, plan) = args is [var pictures, var name]
    ? (pictures, Backbone.Create(name, Pretrained.Default))
    : (DrawFruit(work), Backbone.ResNet20(Pretrained.Packaged).WithImageSize(64));
var data = ImageFolder.Open(folder);
plan = plan.ReplaceHead(data.ClassNames.Count);

// Every fold starts from the same weights; the parts are stratified, and the same for the same seed.
var options = new TrainingOptions
{
    Epochs = 3, BatchSize = 12, Optimizer = Optimizer.AdamW(0.001), Seed = 1,
    // The best of several epochs would flatter the recipe: the fold that chooses must not be the fold that measures.
    RestoreBest = false,
};
using var result = plan.CrossValidate(data.KFold(5, options.Seed), options);

foreach (var (fold, (_, evaluation)) in result.Folds.Index())
    Console.WriteLine($"fold {fold + 1}: {evaluation.Count} pictures to measure on, {evaluation.Accuracy:P1} of them right");
Console.WriteLine(result);
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
