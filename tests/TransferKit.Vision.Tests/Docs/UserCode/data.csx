// # folders
ImageDataset folder = ImageFolder.Open("data/flowers");
var monday = ImageFolder.Open("data/monday", classes: model.ClassNames);
var (train, validation, test) = ImageFolder.OpenSplits("data/flowers");

// # every option of pictures
var upright = ImageFolder.Open("data/flowers", new ImageOptions
{
    ApplyOrientation = true, Background = System.Drawing.Color.White, Cache = new PixelCacheOptions { MemoryBytes = 1L << 30, FileBytes = 1L << 32, Folder = "cache", ShorterSide = 256 },
    DecodingMemoryBytes = 1L << 30, PixelLimit = 100_000_000, Unreadable = UnreadableImages.Skip, Logger = null,
    TrainTransforms = Transforms.Train, EvaluateTransforms = Transforms.Evaluate,
});

// # lists and tables
var table = ImageList.FromCsv("flowers.csv", pathColumn: "file", labelColumn: "species");
var tags = ImageList.MultiLabelFromCsv("scenes.csv", separator: '|');
var columns = ImageList.MultiLabelFromCsvColumns("weather.csv", ["sun", "rain"]);
var ages = ImageList.RegressionFromCsv("faces.csv", ["age"]);
var own = ImageList.Create([(ImageSource.FromFile("1.jpg"), "daisy"), ("2.jpg", "tulip")]);
var several = ImageList.CreateMultiLabel([(ImageSource.FromFile("1.jpg"), ["red", "round"])]);
var values = ImageList.CreateRegression([(ImageSource.FromFile("1.jpg"), [0.5f])], ["age"]);

// # sources
ImageSource[] sources =
[
    "a.jpg", ImageSource.FromFile("a.jpg"), ImageSource.FromBytes(File.ReadAllBytes("a.jpg")), ImageSource.FromStream(() => File.OpenRead("a.jpg")),
    ImageSource.FromPixels(new byte[12], width: 2, height: 2),
];

// # every verb of a dataset
var few = data.Filter(source => source.Name.EndsWith(".jpg", StringComparison.Ordinal)).Filter((source, label) => label != "other")
    .Take(100).Subset([0, 1, 2]).Concat(data).With(new ImageOptions());
few = few.MapClasses(new Dictionary<string, string?> { ["tulips"] = "tulip", ["other"] = null });
few.Preview(16, "preview.png");
Console.WriteLine(few.Inspect(data));
Console.WriteLine($"{few.Count} {few.Labels.Count} {few.Sources.Count} {few.Skipped.Count} {few.Ignored.Count} {few.Targets.Task}");

// # parts
var patients = data.GroupsBy(source => Path.GetFileName(source.Name).Split('_')[0]);
ImageSplit[] splits =
[
    data.Split(0.8), data.SplitByGroup(0.8, patients, seed: 1), data.SplitByNames(["1.jpg"]), .. data.KFold(5), .. data.KFoldByGroup(5, patients),
];
var (train, validation) = splits[0];
Console.WriteLine($"{train.Sources.Count} {validation.Sources.Count}");

// # training transforms of one's own
var augmented = data.With(new ImageOptions
{
    TrainTransforms = preprocessing => new Transforms(
        new RandomResizedCrop(preprocessing.CropSize), new RandomHorizontalFlip(), new ColorJitter { Brightness = 0.2, Contrast = 0.2 },
        new RandomRotation(10), new Normalize(preprocessing.Mean, preprocessing.Std), new RandomErasing()),
});

// # every transform
Transforms all = new(
    new Resize(256), new ResizeTo(256, 256), new CenterCrop(224), new RandomCrop(224), new CornerCrop(224, Corner.TopLeft), new Pad(4),
    new HorizontalFlip(), new VerticalFlip(), new Rotate(10), new Affine(), new RandomAffine(10), new RandomPerspective(), new GaussianBlur(3),
    new Grayscale(), new Invert(), new Posterize(4), new Solarize(0.5), new AutoContrast(), new Equalize(), new AdjustBrightness(1.1),
    new AdjustContrast(1.1), new AdjustHue(0.1), new AdjustSaturation(1.1), new AdjustSharpness(1.1), new RandomApply(new Grayscale(), 0.1),
    new AutoAugment(AutoAugmentPolicy.ImageNet), new RandAugment { Magnitude = 7 }, new TrivialAugmentWide(), new AugMix(),
    new Perspective(new(0, 0), new(9, 0), new(9, 9), new(0, 9)));

// # a transform of one's own
var noisy = new Lambda("noise", (pixels, random) =>
{
    for (var y = 0; y < pixels.Height; y++)
        foreach (ref var pixel in pixels[y])
            pixel.Red = (byte)random.Next(256);
});

// # several looks at a picture
foreach (var crop in Transforms.Evaluate(Preprocessing.ImageNet).TenCrop())
    Console.WriteLine(crop.Count);
TestTimeAugmentation[] looks = [TestTimeAugmentation.Flip, TestTimeAugmentation.FiveCrop, TestTimeAugmentation.TenCrop, TestTimeAugmentation.Random(8)];

// # pixels and values as the network gets them
var prepared = new ImagePreparation(model.Preprocessing);
byte[] bytes = prepared.Pixels("a.jpg");
float[] floats = prepared.Values(ImageSource.FromFile("a.jpg"));

// # tensors instead of pictures
using var images = TorchSharp.torch.rand(4, 3, 32, 32);
Dataset tensors = new InMemoryDataset(images, [0, 1, 0, 1], ["a", "b"]);
Dataset numbers = new InMemoryDataset(images, Targets.Regression([[1f], [2f], [3f], [4f]]), ["age"]);
Targets[] targets = [Targets.Classes([0, 1], 2), Targets.MultiLabel([[0], [0, 1]], 2)];

// # batches
foreach (var batch in data.Read(new ReadOptions { BatchSize = 8, Preprocessing = model.Preprocessing, Augment = true, Seed = 1, Epoch = 2, Workers = 2 }, token))
    using (batch)
        Console.WriteLine($"{batch.Images.shape[0]} {batch.Targets.shape[0]} {batch.Indices.Count}");

// # pictures that can't be read
try
{
    ImageFolder.Open("nowhere");
}
catch (DatasetException error)
{
    Console.WriteLine($"{error.Path}: {error.Message}");
}
catch (ImageException error)
{
    Console.WriteLine($"{error.Path}: {error.Message}");
}
