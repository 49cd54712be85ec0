namespace TransferKit.Vision;

/// <summary>Takes the color out; the picture keeps its three channels (torchvision's Grayscale(3)).</summary>
public sealed record Grayscale : ColorTransform
{
    private protected override void Change(PixelBuffer pixels) => PixelBlend.MixWithGray(pixels, factor: 0);
}
