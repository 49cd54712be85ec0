namespace Flowers;

/// <summary>The default job, which needs neither data nor network: flowers drawn once, and a small network from scratch.</summary>
internal static class DrawnJob
{
    public const string Model = "resnet18";
    public const int ImageSize = 64;
    public const int Epochs = 8;
    public const double LearningRate = 0.01;
    private const int PicturesPerClass = 200;

    /// <summary>The folder of pictures; drawn if it is not there yet.</summary>
    public static string Folder() => DrawnFlowers.Cached(PicturesPerClass, seed: 0);
}
