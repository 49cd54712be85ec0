// Takes a model from TransferKit to where it is used without TransferKit: exports it to ONNX, scores pictures with ONNX Runtime
// and with ML.NET, and checks that both give the labels of the Predictor.
//
//   dotnet run -c Release                              trains a small network on drawn pictures first
//   dotnet run -c Release -- flowers.tkm photos/       takes a model and pictures of your own
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
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

var folder = Directory.CreateTempSubdirectory("onnx-deploy").FullName;
var (modelPath, pictures) = args is [var saved, var photos] ? (saved, photos) : TrainOnDrawings(folder);

// The export. With the preprocessing inside, whoever uses the graph only has to resize.
var onnxPath = Path.Combine(folder, "model.onnx");
Preprocessing preprocessing;
using (var model = TransferModel.Load(modelPath))
{
    model.ExportOnnx(onnxPath, new OnnxOptions { IncludePreprocessing = true, Softmax = true });
    preprocessing = model.Preprocessing;
}

// In float32, as the graph computes.
using var predictor = Predictor.Load(modelPath, new PredictorOptions { Precision = Precision.Float32 });
var (files, expected) = (new List<string>(), new List<string>());
foreach (var result in predictor.PredictMany(Directory.GetFiles(pictures, "*", SearchOption.AllDirectories).Order()))
{
    if (result.IsSuccess)
    {
        files.Add(result.Image.Name);
        expected.Add(result.Prediction.Label);
    }
    else
    {
        Console.Error.WriteLine($"{result.Error.Message} It is left out.");
    }
}
if (files.Count == 0)
    throw new ArgumentException($"There is no picture in {pictures}.");
var pixels = files.Select(file => Pixels(file, preprocessing)).ToList();
var inRuntime = WithOnnxRuntime(onnxPath, pixels, preprocessing.CropSize);
var inMlNet = WithMlNet(onnxPath, pixels, preprocessing.CropSize);

var differences = 0;
foreach (var (i, file) in files.Index())
{
    var agree = inRuntime[i] == expected[i] && inMlNet[i] == expected[i];
    differences += agree ? 0 : 1;
    Console.WriteLine($"{Path.GetFileName(file),-16} Predictor: {expected[i],-10} ONNX Runtime: {inRuntime[i],-10} "
        + $"ML.NET: {inMlNet[i],-10} {(agree ? "" : "differs")}");
}
Console.WriteLine(differences == 0
    ? $"The labels of all {files.Count} pictures agree."
    : $"The labels of {differences} of {files.Count} pictures differ.");
Directory.Delete(folder, recursive: true);
return differences == 0 ? 0 : 1;

// ONNX Runtime: batches of any length. The class names are in the file.
static List<string> WithOnnxRuntime(string path, List<byte[]> pixels, int size)
{
    using var session = new InferenceSession(path);
    var classes = JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["classes"])!;
    var images = new DenseTensor<byte>(pixels.SelectMany(picture => picture).ToArray(), [pixels.Count, size, size, 3]);
    using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
    var probabilities = results.Single().AsEnumerable<float>();
    return [.. probabilities.Chunk(classes.Length).Select(one => classes[one.IndexOf(one.Max())])];
}

// ML.NET: an ITransformer like any other, to stand in a pipeline with steps of your own.
static List<string> WithMlNet(string path, List<byte[]> pixels, int size)
{
    using var session = new InferenceSession(path);
    var classes = JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["classes"])!;

    var context = new MLContext();
    var schema = SchemaDefinition.Create(typeof(Picture));
    schema["images"].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, size, size, 3);
    var data = context.Data.LoadFromEnumerable(pixels.Select(picture => new Picture { Pixels = picture }), schema);
    ITransformer transformer = context.Transforms.ApplyOnnxModel("probabilities", "images", path).Fit(data);
    return [.. context.Data.CreateEnumerable<Scores>(transformer.Transform(data), reuseRowObject: false)
        .Select(row => classes[row.Probabilities.IndexOf(row.Probabilities.Max())])];
}

// Resizes the shorter side, cuts out the middle, and drops the alpha channel: red, green, blue, row by row.
static byte[] Pixels(string file, Preprocessing preprocessing)
{
    using var picture = SKImage.FromEncodedData(file) ?? throw new InvalidDataException($"{file} is no picture.");
    var size = preprocessing.CropSize;
    var scale = (float)preprocessing.ResizeSize / Math.Min(picture.Width, picture.Height);
    using var crop = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
    using (var canvas = new SKCanvas(crop))
    {
        canvas.Translate((size - picture.Width * scale) / 2, (size - picture.Height * scale) / 2);
        canvas.Scale(scale);
        canvas.DrawImage(picture, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
    }
    return [.. crop.Bytes.Where((_, i) => i % 4 != 3)];
}

// Fruit of three colours, which even a network that starts from nothing learns to tell apart within seconds.
static (string Model, string Pictures) TrainOnDrawings(string folder)
{
    var random = new Random(1);
    foreach (var set in new[] { "train", "test" })
        foreach (var (label, hue) in new[] { ("cherry", 0f), ("lime", 120f), ("plum", 260f) })
            for (var i = 0; i < (set == "train" ? 24 : 4); i++)
                Draw(Path.Combine(folder, set, label, $"{label}{i}.png"), hue, random);

    var model = Path.Combine(folder, "fruit.tkm");
    using var run = Backbone.ResNet18(Pretrained.None)
        .ReplaceHead(3)
        .WithImageSize(64)
        .Train(ImageFolder.Open(Path.Combine(folder, "train")),
            new TrainingOptions { Epochs = 4, BatchSize = 12, Optimizer = Optimizer.AdamW(0.001) });
    run.Model.Save(model);
    return (model, Path.Combine(folder, "test"));
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

/// <summary>A row of ML.NET's data.</summary>
internal sealed class Picture
{
    [ColumnName("images")]
    public required byte[] Pixels { get; init; }
}

/// <summary>What the model makes of a row.</summary>
internal sealed class Scores
{
    [ColumnName("probabilities")]
    public float[] Probabilities { get; set; } = [];
}
