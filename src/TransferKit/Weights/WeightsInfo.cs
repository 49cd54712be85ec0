namespace TransferKit;

/// <summary>One set of ImageNet-1K weights that torchvision publishes, as its documentation describes it.</summary>
public sealed record WeightsInfo
{
    internal WeightsInfo()
    {
    }

    /// <summary>The model, named as in torchvision: "resnet50".</summary>
    public required string Model { get; init; }

    /// <summary>The weights' name: "IMAGENET1K_V2".</summary>
    public required string Name { get; init; }

    /// <summary>Whether these are torchvision's best weights of the model, its <c>DEFAULT</c>.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>Where the file is published.</summary>
    public required Uri Url { get; init; }

    /// <summary>The first hexadecimal digits (8 or 10) of the file's SHA-256.</summary>
    public required string Sha256 { get; init; }

    /// <summary>Top-1 accuracy on ImageNet-1K's validation images, in percent; null without a classifier.</summary>
    public required double? Top1Accuracy { get; init; }

    /// <summary>Top-5 accuracy on ImageNet-1K's validation images, in percent; null without a classifier.</summary>
    public required double? Top5Accuracy { get; init; }

    /// <summary>Number of parameters of the model with its classifier for 1000 classes.</summary>
    public required long Parameters { get; init; }

    /// <summary>Multiply-adds of one image at <see cref="Preprocessing.CropSize"/>, in 10⁹.</summary>
    public required double Gflops { get; init; }

    /// <summary>Size of the file, in MiB.</summary>
    public required double FileSizeMiB { get; init; }

    /// <summary>Smallest height and width that the model takes, in pixels.</summary>
    public required int MinimumImageSize { get; init; }

    /// <summary>How images were prepared when the accuracies were measured.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>SPDX identifier of the weights' license. CC-BY-NC-4.0 forbids commercial use.</summary>
    public required string License { get; init; }

    /// <summary>A page that tells how the weights were trained.</summary>
    public required Uri Source { get; init; }

    /// <summary>The file's name: the last part of <see cref="Url"/>.</summary>
    public string FileName => Url.Segments[^1];

    /// <summary>The name of the same weights in torchvision before 0.16; null where it was never another.</summary>
    internal string? OlderFileName { get; init; }
}
