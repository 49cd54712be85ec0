// Takes a model from TransferKit to where it is used without TransferKit: exports it to ONNX, scores pictures with ONNX Runtime
// and with ML.NET, and checks that both give the probabilities of the Predictor.
//
//   dotnet run -c Release                              trains a network on drawn pictures first
//   dotnet run -c Release -- flowers.tkm photos/       takes a model and pictures of your own
using System.Text.Json;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
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
var onnxPath = Path.Join(folder, "model.onnx");
using (var model = TransferModel.Load(modelPath))
    model.ExportOnnx(onnxPath, new OnnxOptions { IncludePreprocessing = true, Softmax = true });

// What the predictor says, in float32, as the graph computes.
using var predictor = Predictor.Load(modelPath, new PredictorOptions { Precision = Precision.Float32 });
var (files, expected) = (new List<string>(), new List<Prediction>());
foreach (var result in predictor.PredictMany(Directory.GetFiles(pictures, "*", SearchOption.AllDirectories).Order()))
{
    if (result.IsSuccess)
    {
        files.Add(result.Image.Name);
        expected.Add(result.Prediction);
    }
    else
    {
        Console.Error.WriteLine($"{result.Error.Message} It is left out.");
    }
}
if (files.Count == 0)
    throw new ArgumentException($"There is no picture in {pictures}.");

// Pixels as the network saw them when it was measured. Another resizer gives others, and other probabilities.
var preparation = PreparationOf(onnxPath);
var pixels = files.Select(file => preparation.Pixels(ImageSource.FromFile(file))).ToList();
var inRuntime = WithOnnxRuntime(onnxPath, pixels, preparation);
var inMlNet = WithMlNet(onnxPath, pixels, preparation);

var largest = 0f;
foreach (var (i, file) in files.Index())
{
    var difference = Math.Max(Difference(inRuntime[i], expected[i]), Difference(inMlNet[i], expected[i]));
    largest = Math.Max(largest, difference);
    Console.WriteLine($"{Path.GetFileName(file),-16} {expected[i],-20} ONNX Runtime and ML.NET "
        + $"differ by at most {difference:E1}");
}
Directory.Delete(folder, recursive: true);
var agree = largest < 1e-4f;
Console.WriteLine($"The probabilities of {files.Count} pictures {(agree ? "agree" : "differ")}: by at most {largest:E1}.");
return agree ? 0 : 1;

static float Difference(float[] probabilities, Prediction expected) =>
    probabilities.Zip(expected.Probabilities, (mine, theirs) => Math.Abs(mine - theirs)).Max();

// The file says how its pictures are prepared.
static ImagePreparation PreparationOf(string path)
{
    using var session = new InferenceSession(path);
    return new ImagePreparation(Preprocessing.Parse(session.ModelMetadata.CustomMetadataMap["preprocessing"]));
}

// ONNX Runtime: batches of any length. The names of the classes are in the file too.
static List<float[]> WithOnnxRuntime(string path, List<byte[]> pixels, ImagePreparation preparation)
{
    using var session = new InferenceSession(path);
    var classes = JsonSerializer.Deserialize<string[]>(session.ModelMetadata.CustomMetadataMap["classes"])!;
    var images = new DenseTensor<byte>(
        pixels.SelectMany(picture => picture).ToArray(), [pixels.Count, preparation.Height, preparation.Width, 3]);
    using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
    var probabilities = results.Single().AsEnumerable<float>();
    return [.. probabilities.Chunk(classes.Length)];
}

// ML.NET: an ITransformer like any other, to stand in a pipeline with steps of your own.
static List<float[]> WithMlNet(string path, List<byte[]> pixels, ImagePreparation preparation)
{
    var context = new MLContext();
    var schema = SchemaDefinition.Create(typeof(Picture));
    schema["images"].ColumnType = new VectorDataViewType(NumberDataViewType.Byte, preparation.Height, preparation.Width, 3);
    var data = context.Data.LoadFromEnumerable(pixels.Select(picture => new Picture { Pixels = picture }), schema);
    ITransformer transformer = context.Transforms.ApplyOnnxModel("probabilities", "images", path).Fit(data);
    var rows = context.Data.CreateEnumerable<Scores>(transformer.Transform(data), reuseRowObject: false);
    return [.. rows.Select(row => row.Probabilities)];
}

static (string Model, string Pictures) TrainOnDrawings(string folder)
{
    var random = new Random(1);
    DrawnFruit.Write(Path.Join(folder, "train"), count: 24, random);
    DrawnFruit.Write(Path.Join(folder, "test"), count: 4, random);

    var model = Path.Join(folder, "fruit.tkm");
    using var run = Backbone.ResNet20(Pretrained.Packaged)
        .ReplaceHead(3)
        .WithImageSize(64)
        .Train(ImageFolder.Open(Path.Join(folder, "train")),
            new TrainingOptions { Epochs = 4, BatchSize = 12, Optimizer = Optimizer.AdamW(0.001) });
    run.Model.Save(model);
    return (model, Path.Join(folder, "test"));
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
