using System.IO.Compression;
using SkiaSharp;

namespace TransferKit.Vision.Tests.Acceptance;

/// <summary>
/// Transfer to real pictures that ImageNet doesn't have: clothes of 28 × 28 gray pixels (Xiao et al., 2017), from Debian's package
/// dataset-fashion-mnist, the first 1,000 of either set.
/// </summary>
[Trait("Lane", "Slow")]
public class FashionMnistTests
{
    private const string Folder = "/usr/share/datasets/fashion-mnist";
    private const int Pictures = 1000, Side = 28, Pixels = 64;

    /// <summary>scikit-learn's logistic regression on the same features: fashion_mnist.py.</summary>
    private const double LogisticRegression = 0.793;

    private static readonly string[] Classes =
        ["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"];

    [SkippableFact]
    public void The_packaged_network_learns_what_scikit_learn_learns_from_its_features_and_more_by_fine_tuning()
    {
        Skip.IfNot(Directory.Exists(Folder), $"needs Debian's package dataset-fashion-mnist, in {Folder}");
        var (train, test) = (Read("train"), Read("t10k"));
        var plan = Backbone.ResNet20(Pretrained.Packaged).ReplaceHead(Classes.Length).WithImageSize(Pixels);

        using var probe = plan.WithPrecision(Precision.Float32).Train(train, test, new TrainingOptions { Strategy = TrainingStrategy.LinearProbe(), Augment = false });
        // The same optimum; a picture on the border may fall to either side of it, as features are rounded otherwise.
        probe.Best!.ValidationAccuracy.Should().BeGreaterThanOrEqualTo(LogisticRegression - (1.01 / Pictures));

        using var tuned = plan.UnfreezeLast(1).Train(train, test, new TrainingOptions
        {
            Epochs = 3, Optimizer = Optimizer.AdamW(0.001), Schedule = Schedule.OneCycle(), Augment = false,
        });
        tuned.Best!.ValidationAccuracy.Should().BeGreaterThan(probe.Best.ValidationAccuracy).And.BeGreaterThan(LogisticRegression + 0.03);
    }

    private static ImageList Read(string set)
    {
        using var labels = Unzip($"{set}-labels-idx1-ubyte.gz", header: 8);
        using var images = Unzip($"{set}-images-idx3-ubyte.gz", header: 16);
        var pixels = new byte[Side * Side];
        return ImageList.Create([.. Enumerable.Range(0, Pictures).Select(_ =>
        {
            images.ReadExactly(pixels);
            return (ImageSource.FromBytes(Encode(pixels)), Classes[labels.ReadByte()]);
        })]);
    }

    private static GZipStream Unzip(string name, int header)
    {
        var content = new GZipStream(File.OpenRead(Path.Join(Folder, name)), CompressionMode.Decompress);
        content.ReadExactly(new byte[header]);
        return content;
    }

    private static byte[] Encode(byte[] pixels)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Side, Side, SKColorType.Gray8, SKAlphaType.Opaque));
        pixels.CopyTo(bitmap.GetPixelSpan());
        using var picture = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        return picture.ToArray();
    }
}
