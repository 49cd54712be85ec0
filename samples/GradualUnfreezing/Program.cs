// Training in phases: the new head first, then the last stage, then more, each phase at a lower rate. What the backbone knows is
// not washed away by the large steps that a fresh head needs (Howard and Ruder, 2018).
//
//   dotnet run -c Release                          on pictures that it draws, with a small network without weights
//   dotnet run -c Release -- pictures/ resnet50  on pictures of your own (one folder a class), with ImageNet's weights
using SkiaSharp;
using TransferKit;
using TransferKit.Vision;

var work = Directory.CreateTempSubdirectory("gradual-unfreezing").FullName;
var (folder, plan) = args is [var pictures, var name]
    ? (pictures, Backbone.Create(name, Pretrained.Default))
    : (DrawFruit(work), Backbone.ResNet18().WithImageSize(64));
var data = ImageFolder.Open(folder);

// One split for all phases: what a phase is measured on, no phase before it has seen.
var split = data.Split(trainFraction: 0.8, seed: 1);

using var model = plan.ReplaceHead(data.ClassNames.Count).FreezeAll().Build();
Train("head", rate: 0.01);
model.UnfreezeLast(1);
Train("head and last stage", rate: 0.002);
model.UnfreezeLast(2);
Train("head and last two stages", rate: 0.0005);

model.Save(Path.Combine(work, "model.tkm"));
Directory.Delete(work, recursive: true);

void Train(string what, double rate)
{
    var (training, total) = model.Parameters;
    using var run = model.Train(split.Train, split.Validation, new TrainingOptions
    {
        Epochs = 2, BatchSize = 12, Optimizer = Optimizer.AdamW(rate),
    });
    Console.WriteLine($"{what,-25} {training,12:N0} of {total:N0} parameters train: accuracy {run.Best!.ValidationAccuracy:P1}");
}

// Fruit of three colours, so that the sample runs without pictures.
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
            Directory.CreateDirectory(Path.Combine(folder, label));
            using var file = File.Create(Path.Combine(folder, label, $"{label}{i}.png"));
            bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
        }
    return folder;
}
