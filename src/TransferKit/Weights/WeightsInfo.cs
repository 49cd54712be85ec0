namespace TransferKit;

/// <summary>One set of ImageNet-1K weights that torchvision publishes, as its documentation describes it.</summary>
/// <param name="Model">The model, named as in torchvision: "resnet50".</param>
/// <param name="Name">The weights' name: "IMAGENET1K_V2".</param>
/// <param name="IsDefault">Whether these are torchvision's best weights of the model, its <c>DEFAULT</c>.</param>
/// <param name="Url">Where the file is published.</param>
/// <param name="Sha256">The first hexadecimal digits (8 or 10) of the file's SHA-256.</param>
/// <param name="Accuracy1">Top-1 accuracy on ImageNet-1K's validation images, in percent; null without a classifier.</param>
/// <param name="Accuracy5">Top-5 accuracy on ImageNet-1K's validation images, in percent; null without a classifier.</param>
/// <param name="Parameters">Number of parameters of the model with its classifier for 1000 classes.</param>
/// <param name="Gflops">Multiply-adds of one image at <see cref="Preprocessing.CropSize"/>, in 10⁹.</param>
/// <param name="FileSizeMiB">Size of the file, in MiB.</param>
/// <param name="MinSize">Smallest height and width that the model takes, in pixels.</param>
/// <param name="Preprocessing">How images were prepared when the accuracies were measured.</param>
/// <param name="Licence">SPDX identifier of the weights' licence. CC-BY-NC-4.0 forbids commercial use.</param>
/// <param name="Source">A page that tells how the weights were trained.</param>
public sealed record WeightsInfo(
    string Model,
    string Name,
    bool IsDefault,
    Uri Url,
    string Sha256,
    double? Accuracy1,
    double? Accuracy5,
    long Parameters,
    double Gflops,
    double FileSizeMiB,
    int MinSize,
    Preprocessing Preprocessing,
    string Licence,
    Uri Source)
{
    /// <summary>The file's name: the last part of <see cref="Url"/>.</summary>
    public string FileName => Url.Segments[^1];

    /// <summary>The name of the same weights in torchvision before 0.16; null where it was never another.</summary>
    internal string? OlderFileName { get; init; }
}
