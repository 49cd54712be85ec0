using TransferKit.Vision;

namespace Flowers;

/// <summary>
/// The default job, which needs neither data nor network: flowers drawn once, and a small network from scratch.
/// </summary>
internal static class DrawnJob
{
    public const string Model = "resnet18";
    public const int ImageSize = 64;
    public const int Epochs = 8;
    public const int BatchSize = 16;
    public const double LearningRate = 0.005;
    private const int PicturesPerClass = 300;

    /// <summary>The pictures; drawn if they are not there yet.</summary>
    public static ImageFolder Open() => ImageFolder.Open(DrawnFlowers.Cached(PicturesPerClass, seed: 0), new ImageOptions
    {
        // A network that starts from nothing, with few pictures, needs to see most of a flower: milder crops than usual.
        TrainTransforms = preprocessing => new Transforms(
            new RandomResizedCrop(preprocessing.CropSize) { Scale = (0.5, 1) },
            new RandomHorizontalFlip(),
            new Normalize(preprocessing.Mean, preprocessing.Std)),
    });
}
