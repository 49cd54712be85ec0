// A backbone as a feature extractor: each picture becomes a vector, and pictures with similar vectors look alike. Nothing trains.
//
//   dotnet run -c Release                          on pictures that it draws, with the weights of a package
//   dotnet run -c Release -- pictures/ resnet18  on pictures of your own (one folder a class), with published weights
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

var work = Directory.CreateTempSubdirectory("feature-extraction").FullName;
if (args is not [_, _])
    DrawnFruit.Write(work, count: 20, new Random(1));
var (folder, plan) = args is [var pictures, var name]
    ? (pictures, Backbone.Create(name, Pretrained.Default))
    : (work, Backbone.ResNet20(Pretrained.Packaged).WithImageSize(64));
var data = ImageFolder.Open(folder);

// A head for these classes, which nobody asks.
using var model = plan.ReplaceHead(data.ClassNames.Count).Build();
var features = model.ExtractFeatures(data);

// The nearest other picture, by the angle between the vectors, gives the label.
var right = 0;
foreach (var (row, index) in features.Indices.Index())
{
    var nearest = features.Nearest(row, count: 1)[0].Index;
    right += data.Labels[nearest] == data.Labels[index] ? 1 : 0;
    if (row % Math.Max(features.Count / 6, 1) == 0)
        Console.WriteLine($"{Name(index)} looks most like {Name(nearest)}");
}
Console.WriteLine($"{right} of {features.Count} pictures have a nearest neighbor of their own class "
    + $"({features.Features} features each).");
Directory.Delete(work, recursive: true);

string Name(int index) => Path.GetFileName(data.Sources[index].Name);
