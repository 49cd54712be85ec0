// Shows why a model takes pictures for what it says: writes each picture with the parts that decided in yellow to red.
//
//   dotnet run -c Release                                       trains a network on drawn pictures, and explains those
//   dotnet run -c Release -- flowers.tkm photo.jpg photos/      explains pictures of your own
using SkiaSharp;
using TransferKit;
using TransferKit.Vision;

// What the command line has wrong is said in a line, without a stack trace.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    if (unhandled.ExceptionObject is not (TransferKitException or ArgumentException or IOException))
        return;
    Console.Error.WriteLine($"error: {((Exception)unhandled.ExceptionObject).Message}");
    Environment.Exit(1);
};

var folder = Directory.CreateDirectory("explained").FullName;
if (args.Length == 0)
    args = TrainOnDrawings(folder);

using var model = TransferModel.Load(args[0]);
var files = args.Skip(1)
    .SelectMany(path => Directory.Exists(path) ? Directory.GetFiles(path, "*", SearchOption.AllDirectories)
        : File.Exists(path) ? [path] : throw new FileNotFoundException($"There is no file or folder {path}."))
    .Order().ToArray();

foreach (var file in files)
{
    try
    {
        var explanation = model.Explain(file);
        // Pictures of one name may lie in several folders.
        var name = $"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(file)))}-{Path.GetFileNameWithoutExtension(file)}";
        var target = Path.Join(folder, $"{name}-{explanation.Map.ClassName}.png");
        explanation.Save(target);
        var (y, x) = explanation.Map.Peak;
        Console.WriteLine($"{Path.GetFileName(file),-16} {explanation.Map.ClassName,-10} decided at ({x}, {y}): {target}");
    }
    catch (ImageException error)
    {
        Console.Error.WriteLine($"{error.Message} It is left out.");
    }
}
Console.WriteLine($"Pale parts of the pictures in {folder} counted for little, red ones most.");

// A warm disc or a cold square, somewhere among gray lines: the network must find the shape, wherever it is.
static string[] TrainOnDrawings(string folder)
{
    var drawings = Directory.CreateTempSubdirectory("explain").FullName;
    var random = new Random(1);
    foreach (var (label, isDisc) in new[] { ("disc", true), ("square", false) })
    {
        for (var i = 0; i < 80; i++)
            Draw(Path.Join(drawings, "train", label, $"{label}{i}.png"), isDisc, random);
        for (var i = 0; i < 3; i++)
            Draw(Path.Join(drawings, "test", $"{label}{i}.png"), isDisc, random);
    }

    using var run = Backbone.ResNet20(Pretrained.Packaged)
        .ReplaceHead(2).UnfreezeLast(1)
        .WithImageSize(160)
        .Train(
            ImageFolder.Open(Path.Join(drawings, "train")),
            new TrainingOptions { Epochs = 5, BatchSize = 16, Optimizer = Optimizer.AdamW(0.001), Augment = false });
    var model = Path.Join(folder, "shapes.tkm");
    run.Model.Save(model);

    // The whole run on one page, with heat maps of the pictures that it found hardest.
    run.WriteReport(Path.Join(folder, "report.html"));
    return [model, Path.Join(drawings, "test")];
}

static void Draw(string file, bool isDisc, Random random)
{
    const int Side = 160;
    using var bitmap = new SKBitmap(Side, Side);
    using var canvas = new SKCanvas(bitmap);
    canvas.Clear(SKColor.FromHsv(random.Next(360), 10, random.Next(70, 95)));
    using var pencil = new SKPaint { Color = SKColors.Gray, StrokeWidth = 4, IsAntialias = true };
    for (var i = 0; i < 8; i++)
        canvas.DrawLine(random.Next(Side), random.Next(Side), random.Next(Side), random.Next(Side), pencil);
    var color = SKColor.FromHsv(isDisc ? random.Next(0, 50) : random.Next(180, 250), 85, random.Next(60, 90));
    using var paint = new SKPaint { Color = color, IsAntialias = true };
    float radius = random.Next(18, 28), x = random.Next(36, Side - 36), y = random.Next(36, Side - 36);
    if (isDisc)
        canvas.DrawCircle(x, y, radius, paint);
    else
        canvas.DrawRect(SKRect.Create(x - radius, y - radius, 2 * radius, 2 * radius), paint);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    using var stream = File.Create(file);
    bitmap.Encode(stream, SKEncodedImageFormat.Png, quality: 100);
}
