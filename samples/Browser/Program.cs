// Makes a page that says what pictures show, without a server: it computes in the browser, with the exported model in
// onnxruntime-web, and pictures stay where they are.
//
//   npm ci                                           once, in this folder: fetches onnxruntime-web
//   dotnet run -c Release                            with a network that learns drawn fruit first
//   dotnet run -c Release -- flowers.tkm page/       with a model of your own
//
// Put the folder on any web space, or look at it with any server of files: python3 -m http.server -d page
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

static string TrainOnDrawings()
{
    var drawings = Directory.CreateTempSubdirectory("browser").FullName;
    DrawnFruit.Write(drawings, count: 24, new Random(1));
    using var run = Backbone.ResNet20(Pretrained.Packaged)
        .ReplaceHead(3)
        .WithImageSize(64)
        .Train(ImageFolder.Open(drawings),
            new TrainingOptions { Epochs = 10, BatchSize = 12, Optimizer = Optimizer.AdamW(0.001), Augment = false });
    var model = Path.Join(drawings, "fruit.tkm");
    run.Model.Save(model);
    return model;
}
