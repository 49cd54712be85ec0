// A backbone as a feature extractor: each picture becomes a vector, and pictures with similar vectors look alike. Nothing trains.
//
//   dotnet run -c Release                          on pictures that it draws, with a small network without weights
//   dotnet run -c Release -- pictures/ resnet18  on pictures of your own (one folder a class), with ImageNet's weights
using SkiaSharp;
using TransferKit;
using TransferKit.Vision;

var work = Directory.CreateTempSubdirectory("feature-extraction").FullName;
var (folder, plan) = args is [var pictures, var name]
    ? (pictures, Backbone.Create(name, Pretrained.Default))
    : (DrawFruit(work), Backbone.SqueezeNet1_1().WithImageSize(64));
var data = ImageFolder.Open(folder);

using var model = plan.Build();
var features = new float[data.Count][];
var reading = new ReadOptions
{
    Preprocessing = model.Preprocessing, Order = [.. Enumerable.Range(0, data.Count)], BatchSize = 16,
};
foreach (var batch in data.Read(reading))
    using (batch)
    {
        // [N, features]: what the last layer sees.
        using var vectors = model.ExtractFeatures(batch.Images);
        using var onCpu = vectors.cpu();
        var length = (int)vectors.shape[1];
        foreach (var (row, vector) in onCpu.data<float>().ToArray().Chunk(length).Index())
            features[batch.Indices[row]] = vector;
    }

// The nearest other picture, by the angle between the vectors, gives the label.
var right = 0;
for (var i = 0; i < data.Count; i++)
{
    var nearest = Enumerable.Range(0, data.Count).Where(j => j != i).MaxBy(j => Cosine(features[i], features[j]));
    right += data.Labels[nearest] == data.Labels[i] ? 1 : 0;
    if (i % (data.Count / 6) == 0)
        Console.WriteLine($"{Name(i)} looks most like {Name(nearest)}");
}
Console.WriteLine($"{right} of {data.Count} pictures have a nearest neighbour of their own class "
    + $"({features[0].Length} features each).");
Directory.Delete(work, recursive: true);

string Name(int i) => Path.GetFileName(data.Sources[i].Name);

static double Cosine(float[] a, float[] b) =>
    Dot(a, b) / Math.Sqrt(Dot(a, a) * Dot(b, b) + 1e-12);

static double Dot(float[] a, float[] b)
{
    var sum = 0.0;
    for (var i = 0; i < a.Length; i++)
        sum += (double)a[i] * b[i];
    return sum;
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
