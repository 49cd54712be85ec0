// Makes a page that says what pictures show, without a server: it computes in the browser, with the exported model in
// onnxruntime-web, and pictures stay where they are.
//
//   npm ci                                           once, in this folder: fetches onnxruntime-web
//   dotnet run -c Release                            with a network that learns drawn fruit first
//   dotnet run -c Release -- flowers.tkm page/       with a model of your own
//
// Put the folder on any web space, or look at it with any server of files: python3 -m http.server -d page
using SkiaSharp;
using TransferKit;
using TransferKit.Vision;

// What the command line has wrong is said in a line, without a stack trace.
AppDomain.CurrentDomain.UnhandledException += (_, unhandled) =>
{
    if (unhandled.ExceptionObject is not (TransferKitException or ArgumentException or InvalidOperationException or IOException))
        return;
    Console.Error.WriteLine($"error: {((Exception)unhandled.ExceptionObject).Message}");
    Environment.Exit(1);
};

var files = new DirectoryInfo(Path.Join(AppContext.BaseDirectory, "page"));
if (!File.Exists(Path.Join(files.FullName, "ort.wasm.bundle.min.mjs")))
    throw new FileNotFoundException("The page computes with onnxruntime-web: run npm ci in samples/Browser, and build again.");

var page = Directory.CreateDirectory(args is [_, var folder, ..] ? folder : "page").FullName;
foreach (var file in files.GetFiles())
    file.CopyTo(Path.Join(page, file.Name), overwrite: true);

// The graph resizes, crops and normalizes, and its file has the names of the classes: the page knows nothing of the model.
using (var model = TransferModel.Load(args is [var saved, ..] ? saved : TrainOnDrawings()))
    model.ExportOnnx(Path.Join(page, "model.onnx"), new() { IncludePreprocessing = OnnxPreprocessing.Whole, Softmax = true });
var megabytes = new DirectoryInfo(page).GetFiles().Sum(file => file.Length) / 1_000_000;
Console.WriteLine($"The page lies in {page} and has {megabytes} MB. To look at it: python3 -m http.server -d {page}");

// Fruit of three colors, which a network with ImageNet's weights learns to tell apart within seconds.
static string TrainOnDrawings()
{
    var drawings = Directory.CreateTempSubdirectory("browser").FullName;
    var random = new Random(1);
    foreach (var (label, hue) in new[] { ("cherry", 0f), ("lime", 120f), ("plum", 260f) })
        for (var i = 0; i < 24; i++)
            Draw(Path.Join(drawings, label, $"{label}{i}.png"), hue, random);

    using var run = Backbone.ResNet20(Pretrained.Packaged)
        .ReplaceHead(3)
        .WithImageSize(64)
        .Train(ImageFolder.Open(drawings),
            new TrainingOptions { Epochs = 10, BatchSize = 12, Optimizer = Optimizer.AdamW(0.001), Augment = false });
    var model = Path.Join(drawings, "fruit.tkm");
    run.Model.Save(model);
    return model;
}

static void Draw(string file, float hue, Random random)
{
    using var bitmap = new SKBitmap(96, 80);
    using var canvas = new SKCanvas(bitmap);
    var color = SKColor.FromHsv((hue + random.Next(-12, 12) + 360) % 360, 85, random.Next(70, 95));
    using var paint = new SKPaint { Color = color, IsAntialias = true };
    canvas.Clear(new SKColor(235, 230, 220));
    canvas.DrawCircle(random.Next(34, 62), random.Next(32, 48), random.Next(18, 30), paint);
    Directory.CreateDirectory(Path.GetDirectoryName(file)!);
    using var stream = File.Create(file);
    bitmap.Encode(stream, SKEncodedImageFormat.Png, quality: 100);
}
