namespace TransferKit.Vision;

/// <summary>Takes the colour out; the picture keeps its three channels (torchvision's Grayscale(3)).</summary>
public sealed record Grayscale : ColorTransform
{
    private protected override void Change(PixelBuffer pixels) => PixelBlend.MixWithGrey(pixels, factor: 0);
}
