namespace TransferKit;

/// <summary>One set of published weights, as torchvision or timm describe it.</summary>
public sealed record WeightsInfo
{
    internal WeightsInfo()
    {
    }

    /// <summary>The model as <see cref="Backbone.Create(string)"/> takes it: "resnet50", or timm's "resnet50.a1_in1k".</summary>
    public required string Model { get; init; }

    /// <summary>The weights' name: "IMAGENET1K_V2", or timm's tag, "a1_in1k".</summary>
    public required string Name { get; init; }

    /// <summary>Whether these are the model's weights that its library takes unless told otherwise.</summary>
    public required bool IsDefault { get; init; }

    /// <summary>Where the file is published.</summary>
    public required Uri Url { get; init; }

    /// <summary>The first hexadecimal digits (8 or 10) of the file's SHA-256; null where they aren't known.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Top-1 accuracy on ImageNet-1K's validation images, in percent; null where it isn't known.</summary>
    public required double? Top1Accuracy { get; init; }

    /// <summary>Top-5 accuracy on ImageNet-1K's validation images, in percent; null where it isn't known.</summary>
    public required double? Top5Accuracy { get; init; }

    /// <summary>Classes that the file's last layer tells apart; 0: the file gives features and has no such layer.</summary>
    public int Classes { get; init; } = Architectures.ImageNetClasses;

    /// <summary>
    /// Number of parameters of the model with its classifier, in timm's case to a hundredth of a million; null where timm doesn't
    /// tell.
    /// </summary>
    public required long? Parameters { get; init; }

    /// <summary>
    /// Multiply-adds of one image at <see cref="Preprocessing.CropSize"/>, in 10⁹; null where they aren't known.
    /// </summary>
    public double? Gflops { get; init; }

    /// <summary>Size of the file, in MiB; null where it isn't known.</summary>
    public double? FileSizeMiB { get; init; }

    /// <summary>Smallest height and width that the model takes, in pixels; null where that isn't known.</summary>
    public int? MinimumImageSize { get; init; }

    /// <summary>How images were prepared when the accuracies were measured.</summary>
    public required Preprocessing Preprocessing { get; init; }

    /// <summary>
    /// The weights' license, by its SPDX identifier or as the Hugging Face hub calls it. CC-BY-NC-4.0 forbids commercial use.
    /// </summary>
    public required string License { get; init; }

    /// <summary>A page that tells how the weights were trained.</summary>
    public required Uri Source { get; init; }

    /// <summary>The file's name: the last part of <see cref="Url"/>.</summary>
    public string FileName => Url.Segments[^1];

    /// <summary>The name of the same weights in torchvision before 0.16; null where it was never another.</summary>
    internal string? OlderFileName { get; init; }
}
