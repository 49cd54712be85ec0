using TransferKit.Vision;

namespace Flowers;

/// <summary>
/// The default job, which needs neither data nor network: flowers drawn once, and a network that knows ImageNet's pictures
/// already.
/// </summary>
internal static class DrawnJob
{
    public const int Epochs = 2;
    public const int BatchSize = 8;
    public const double LearningRate = 0.005;

    /// <summary>Few to train on, which is what transfer learning is for; the others say how well it went.</summary>
    public const double TrainFraction = 0.4;
    private const int PicturesPerClass = 80;

    /// <summary>The pictures; drawn if they are not there yet.</summary>
    public static ImageFolder Open() => ImageFolder.Open(DrawnFlowers.Cached(PicturesPerClass, seed: 0), new ImageOptions
    {
        // With few pictures, a network needs to see most of a flower: milder crops than usual.
        TrainTransforms = preprocessing => new Transforms(
            new RandomResizedCrop(preprocessing.CropSize) { Scale = (0.5, 1) },
            new RandomHorizontalFlip(),
            new Normalize(preprocessing.Mean, preprocessing.Std)),
    });
}
