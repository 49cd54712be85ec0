// A network that isn't in the zoo, built from the same layers and from one that isn't there either: it trains, prints, saves,
// loads and exports as those do.
//
//   dotnet run -c Release                      trains on circles, squares and triangles that it draws
//   dotnet run -c Release -- pictures/         trains on pictures of your own: one folder a class
using SkiaSharp;
using TransferKit;
using TransferKit.Vision;
using static TransferKit.Layers;

// What the command line has wrong is said in a line, without a stack trace.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    if (unhandled.ExceptionObject is not (TransferKitException or ArgumentException))
        return;
    Console.Error.WriteLine($"error: {((Exception)unhandled.ExceptionObject).Message}");
    Environment.Exit(1);
};

var work = Directory.CreateTempSubdirectory("custom-backbone").FullName;
var data = ImageFolder.Open(args is [var pictures] ? pictures : DrawShapes(Path.Join(work, "shapes")));

// The recipe for the network: a name, the layers, and what it expects of its input.
var shapeNet = Backbone.Custom(
    "shapenet", ShapeNet, Preprocessing.ImageNet with { CropSize = 48, ResizeSize = 48 });

using var run = shapeNet.ReplaceHead(data.ClassNames.Count).Train(data, new TrainingOptions
{
    Epochs = 12, BatchSize = 12, Optimizer = Optimizer.AdamW(0.01), Schedule = Schedule.OneCycle(), Augment = false,
});
Console.WriteLine(run.Model.Summary());
Console.WriteLine($"Accuracy on pictures that it didn't train on: {run.Best!.ValidationAccuracy:P0}");

// A file holds the weights, not the layers: whoever loads it says again what the network is.
var saved = Path.Join(work, "shapes.tkm");
run.Model.Save(saved);
using var loaded = TransferModel.Load(saved, new LoadOptions { CustomBackbone = shapeNet });

var onnx = Path.Join(work, "shapes.onnx");
loaded.ExportOnnx(onnx);
Console.WriteLine($"Saved ({new FileInfo(saved).Length / 1024} KiB), loaded, and exported to ONNX "
    + $"({new FileInfo(onnx).Length / 1024} KiB).");
Directory.Delete(work, recursive: true);

// Names are what Freeze and Unfreeze take, and what the weights are called in files. A function, for every network that is made
// needs layers of its own.
static Blueprint ShapeNet() => new(
    [
        ("stem", ConvNormRelu(3, 16)), MaxPool(2, 2),
        ("stage1", ResidualBlock(16, 24)), MaxPool(2, 2),
        ("stage2", ResidualBlock(24, 48)),
    ],
    head => [GlobalAveragePool, Flatten(), Dropout(0.1), ("fc", head.Vector(48))]);

static Layer ConvNormRelu(int from, int to) =>
    Chain(("conv", Conv(from, to, 3)), ("bn", BatchNorm(to)), Relu);

static Layer ResidualBlock(int from, int to) => Residual(
    main: Chain(
        ("conv1", Conv(from, to, 3)), ("bn1", BatchNorm(to)), Relu,
        ("conv2", Conv(to, to, 3)), ("bn2", BatchNorm(to)), ("attention", new EfficientChannelAttention())),
    skip: ("project", Conv(from, to, 1)),
    then: Relu);

static string DrawShapes(string folder)
{
    var random = new Random(1);
    foreach (var shape in new[] { "circle", "square", "triangle" })
        for (var i = 0; i < 30; i++)
        {
            using var bitmap = new SKBitmap(64, 64);
            using var canvas = new SKCanvas(bitmap);
            canvas.Clear(SKColor.FromHsv(random.Next(360), 30, 30));
            using var paint = new SKPaint { Color = SKColor.FromHsv(random.Next(360), 60, 95), IsAntialias = true };
            var (x, y, r) = (random.Next(26, 38), random.Next(26, 38), random.Next(16, 24));
            if (shape == "circle")
                canvas.DrawCircle(x, y, r, paint);
            else if (shape == "square")
                canvas.DrawRect(x - r, y - r, 2 * r, 2 * r, paint);
            else
            {
                using var corners = new SKPathBuilder();
                corners.AddPoly([new(x, y - r), new(x + r, y + r), new(x - r, y + r)], close: true);
                using var path = corners.Detach();
                canvas.DrawPath(path, paint);
            }
            Directory.CreateDirectory(Path.Join(folder, shape));
            using var file = File.Create(Path.Join(folder, shape, $"{i}.png"));
            bitmap.Encode(file, SKEncodedImageFormat.Png, quality: 100);
        }
    return folder;
}
